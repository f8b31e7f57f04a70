import type { OperatorLowering } from "../plan/context.ts";

const lower: OperatorLowering = (node, _input, context) => context.unsupported(node, "graph-to-table");

export default lower;
