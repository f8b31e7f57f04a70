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

const rows = (clause: SyntaxNode, graph: Graph, context: Context): Relation =>
  clause.token("EntityKeyword") === "nodes" ? nodes(clause, graph, context) : edges(clause, graph, context);

/**
 * `graph-to-table`: the nodes or the edges. Both at once are two tables for the statements that follow, which read
 * them by their names; without such statements the first one is the result.
 */
const graphToTable: OperatorLowering = (node, input, context, environment) => {
  const graph = graphOf(node, input, context);
  const clauses = node.items("OutputClause");
  const [first] = clauses;
  if (!first || (clauses.length > 1 && node.parent?.parent?.kind !== "ExpressionStatement"))
    return context.unsupported(node, "graph-to-table with two outputs inside of a query", "Ask for each by itself.");
  for (const clause of clauses) {
    const name = clause.child("AsClause")?.get("Name").name;
    if (name) environment.names.set(name, { kind: "table", lower: () => rows(clause, graph, context) });
  }
  return rows(first, graph, context);
};

export default graphToTable;
