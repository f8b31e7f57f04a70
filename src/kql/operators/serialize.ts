import { type OperatorLowering, Rows } from "../plan/context.ts";
import { addColumns } from "../plan/project.ts";

/** `serialize`: the rows' order counts from here on; its expressions work like those of `extend`. */
const serialize: OperatorLowering = (node, input, context, environment) =>
  addColumns(node.items("Expressions"), new Rows({ ...input, serialized: true }), context, environment);

export default serialize;
