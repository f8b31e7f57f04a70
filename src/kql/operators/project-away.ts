import { type OperatorLowering, withColumns } from "../plan/context.ts";
import { columnsOf } from "../plan/patterns.ts";

/** `project-away`: all columns but those named. */
const projectAway: OperatorLowering = (node, input, context) => {
  const gone = new Set(node.items("Expressions").flatMap((item) => columnsOf(item, input.columns, context)));
  return withColumns(
    input,
    input.columns.filter((column) => !gone.has(column)),
  );
};

export default projectAway;
