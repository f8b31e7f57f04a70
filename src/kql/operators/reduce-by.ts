import type { OperatorLowering } from "../plan/context.ts";

/** `reduce` is refused. */
const reduceBy: OperatorLowering = (node, _input, context) =>
  context.unsupported(
    node,
    "reduce",
    "How it forms groups is not documented; another grouping would not be the same query.",
  );

export default reduceBy;
