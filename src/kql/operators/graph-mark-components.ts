import { COMPONENTS, MAX_GRAPH } from "../plan/components.ts";
import { extend, type OperatorLowering } from "../plan/context.ts";
import { graphOf, graphRelation } from "../plan/graphs.ts";
import { sharedReader } from "../plan/sharing.ts";
import type { PlanColumn, PlanNode } from "../plan/types.ts";

const UNORDERED = { order: [], serialized: false } as const;

/** `graph-mark-components`: every node gets the number of the connected component that it belongs to. */
const graphMarkComponents: OperatorLowering = (node, input, context) => {
  const graph = graphOf(node, input, context);
  const kind = node.parameter("kind")?.text ?? "weak";
  if (kind !== "weak" && kind !== "strong") return context.refuse(node, `kind is weak or strong, not ${kind}.`);
  const name = node.parameter("with_component_id")?.name || "ComponentId";
  const udf = COMPONENTS[kind];
  context.use([udf]);
  const [edges, all, nodes] = [graph.edges(), graph.nodes(), graph.nodes()];
  const [from, to, count, list, id] = Array.from({ length: 5 }, () => context.id()) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const size = `CASE WHEN count(*) > ${MAX_GRAPH} THEN error('graph-mark-components takes at most ${MAX_GRAPH} nodes and as many edges') ELSE count(*) END`;
  const ends: PlanNode = {
    op: "aggregate",
    input: edges.node,
    keys: [],
    items: [
      { id: from, sql: `CASE WHEN ${size} >= 0 THEN COALESCE(list(${edges.from}), []) END` },
      { id: to, sql: `COALESCE(list(${edges.to}), [])` },
    ],
  };
  const counted: PlanNode = { op: "aggregate", input: all.node, keys: [], items: [{ id: count, sql: size }] };
  const both: PlanNode = { op: "join", type: "CROSS", left: ends, right: counted, on: "" };
  const components = extend(both, [{ id: list, sql: `${udf.name}(${from}, ${to}, ${count})` }]);
  const marked = extend({ op: "join", type: "CROSS", left: nodes.node, right: components, on: "" }, [
    { id, sql: `${list}[${nodes.number}]` },
  ]);
  const internal: PlanColumn[] = [{ id: nodes.number, name: "", type: "long" }, nodes.key];
  const properties = nodes.columns.filter((column) => column.name !== name);
  const columns = [...internal, ...properties, { id, name, type: "long" } as const];
  const reader = sharedReader({ ...UNORDERED, node: marked, columns }, context);
  return graphRelation({
    ...graph,
    nodes: () => {
      const relation = reader();
      const [number, key, ...rest] = relation.columns as [PlanColumn, PlanColumn, ...PlanColumn[]];
      return { ...relation, columns: rest, number: number.id, key };
    },
  });
};

export default graphMarkComponents;
