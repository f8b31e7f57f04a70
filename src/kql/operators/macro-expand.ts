import type { OperatorLowering } from "../plan/context.ts";

/** `macro-expand` is refused. */
const macroExpand: OperatorLowering = (node, _input, context) =>
  context.unsupported(
    node,
    "macro-expand",
    "Entity groups name clusters, and offline work reads only the given files.",
  );

export default macroExpand;
