import { type OperatorLowering, Rows } from "../plan/context.ts";
import { onlyColumns } from "../plan/project.ts";

/** `print`: one row; unnamed columns are `print_0`, `print_1`, … */
const print: OperatorLowering = (node, input, context, environment) =>
  onlyColumns(node.items("Expressions"), new Rows({ ...input, serialized: true }), context, environment, "print_");

export default print;
