import type { OperatorLowering } from "../plan/context.ts";

/** `graph-where-nodes` is refused. */
const graphWhereNodes: OperatorLowering = (node, _input, context) =>
  context.unsupported(node, "graph-where-nodes", "Put the condition into the where clause of graph-match.");

export default graphWhereNodes;
