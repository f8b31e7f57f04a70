import type { OperatorLowering } from "../plan/context.ts";

/** `graph-where-edges` is refused. */
const graphWhereEdges: OperatorLowering = (node, _input, context) =>
  context.unsupported(node, "graph-where-edges", "Put the condition into the where clause of graph-match.");

export default graphWhereEdges;
