import type { OperatorLowering } from "../plan/context.ts";
import { parseColumns } from "../plan/parsing.ts";

/** `parse`: rows that do not fit stay, with null and '' in the new columns. */
const parse: OperatorLowering = (node, input, context, environment) =>
  parseColumns(node, input, context, environment).relation;

export default parse;
