import { type Context, extend, type OperatorLowering } from "../plan/context.ts";
import { type Graph, graphOf, nodeId } from "../plan/graphs.ts";
import type { PlanColumn, PlanNode, Relation } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

/** Columns with Kusto's ids of nodes, in front of the others. */
function withIds(
  clause: SyntaxNode,
  relation: Relation,
  ids: readonly { readonly name: string; readonly key: PlanColumn }[],
  context: Context,
): Relation {
  const items = ids.map(({ key }) => ({ id: context.id(), sql: nodeId(clause, key, context).sql }));
  const front = ids.map(({ name }, i): PlanColumn => ({ id: items[i]?.id ?? "", name, type: "long" }));
  return {
    node: extend(relation.node, items),
    columns: [...front, ...relation.columns],
    order: [],
    serialized: false,
  };
}

function nodes(clause: SyntaxNode, graph: Graph, context: Context): Relation {
  const reading = graph.nodes();
  const id = clause.parameter("with_node_id")?.name;
  return withIds(clause, reading, id ? [{ name: id, key: reading.key }] : [], context);
}

function edges(clause: SyntaxNode, graph: Graph, context: Context): Relation {
  const reading = graph.edges();
  const wanted = (["source", "target"] as const).flatMap((end) => {
    const name = clause.parameter(`with_${end}_id`)?.name;
    return name ? [{ name, number: end === "source" ? reading.from : reading.to, of: graph.nodes() }] : [];
  });
  const node = wanted.reduce<PlanNode>(
    (left, { number, of }) => ({ op: "join", type: "INNER", left, right: of.node, on: `${number} = ${of.number}` }),
    reading.node,
  );
  const ids = wanted.map(({ name, of }) => ({ name, key: of.key }));
  return withIds(clause, { ...reading, node }, ids, context);
}

/** `graph-to-table`: the nodes or the edges. Both at once would be two results. */
const graphToTable: OperatorLowering = (node, input, context) => {
  const graph = graphOf(node, input, context);
  const [clause, another] = node.items("OutputClause");
  if (!clause || another)
    return context.unsupported(
      node,
      "graph-to-table with two outputs",
      "Ask for each of them with a query of its own.",
    );
  return clause.token("EntityKeyword") === "nodes" ? nodes(clause, graph, context) : edges(clause, graph, context);
};

export default graphToTable;
