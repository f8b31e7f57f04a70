import { type OperatorLowering, Rows } from "../plan/context.ts";
import { addColumns } from "../plan/project.ts";

/** `extend`: new columns at the end; a column that is there already is replaced in its place. */
const extend: OperatorLowering = (node, input, context, environment) =>
  addColumns(node.items("Expressions"), new Rows(input), context, environment);

export default extend;
