import { type OperatorLowering, Rows } from "../plan/context.ts";
import { onlyColumns } from "../plan/project.ts";

/** `project`: only the listed columns, in their order. */
const project: OperatorLowering = (node, input, context, environment) =>
  onlyColumns(node.items("Expressions"), new Rows(input), context, environment);

export default project;
