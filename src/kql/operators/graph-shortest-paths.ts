import type { OperatorLowering } from "../plan/context.ts";
import { matchGraph } from "../plan/graph-match.ts";
import { graphOf } from "../plan/graphs.ts";

/** `graph-shortest-paths`: for each pair of first and last node one of the shortest occurrences, or all of them. */
const graphShortestPaths: OperatorLowering = (node, input, context, environment) => {
  const graph = graphOf(node, input, context);
  const output = node.parameter("output")?.text ?? "any";
  if (output !== "any" && output !== "all") return context.refuse(node, `output is any or all, not ${output}.`);
  return matchGraph(node, graph, { cycles: "unique_edges", shortest: output }, context, environment);
};

export default graphShortestPaths;
