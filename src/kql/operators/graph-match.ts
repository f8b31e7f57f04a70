import type { OperatorLowering } from "../plan/context.ts";
import { matchGraph } from "../plan/graph-match.ts";
import { graphOf } from "../plan/graphs.ts";

/** `graph-match`: every occurrence of a pattern. Unless said otherwise no occurrence goes through an edge twice. */
const graphMatch: OperatorLowering = (node, input, context, environment) => {
  const graph = graphOf(node, input, context);
  const cycles = node.parameter("cycles")?.text ?? "unique_edges";
  if (cycles !== "all" && cycles !== "none" && cycles !== "unique_edges")
    return context.refuse(node, `cycles is all, none or unique_edges, not ${cycles}.`);
  return matchGraph(node, graph, { cycles }, context, environment);
};

export default graphMatch;
