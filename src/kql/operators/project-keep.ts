import { type OperatorLowering, withColumns } from "../plan/context.ts";
import { columnsOf } from "../plan/patterns.ts";

/** `project-keep`: the named columns in the order that they had. */
const projectKeep: OperatorLowering = (node, input, context) => {
  const kept = new Set(node.items("Expressions").flatMap((item) => columnsOf(item, input.columns, context)));
  return withColumns(
    input,
    input.columns.filter((column) => kept.has(column)),
  );
};

export default projectKeep;
