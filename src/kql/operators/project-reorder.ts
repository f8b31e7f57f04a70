import { type OperatorLowering, withColumns } from "../plan/context.ts";
import { columnsOf } from "../plan/patterns.ts";
import type { PlanColumn } from "../plan/types.ts";

const collator = (direction: string) => (a: PlanColumn, b: PlanColumn) => {
  const options = { numeric: direction.startsWith("granny") };
  const order = options.numeric ? a.name.localeCompare(b.name, "en", options) : a.name < b.name ? -1 : 1;
  return direction.endsWith("desc") ? -order : order;
};

/** `project-reorder`: the named columns first, the others after them. */
const projectReorder: OperatorLowering = (node, input, context) => {
  const first: PlanColumn[] = [];
  for (const item of node.items("Expressions")) {
    const ordered = item.kind === "OrderedExpression";
    const found = columnsOf(ordered ? item.get("Expression") : item, input.columns, context);
    const direction = ordered ? item.get("Ordering").token("AscOrDescKeyword") : "";
    if (direction !== "") found.sort(collator(direction));
    first.push(...found.filter((column) => !first.includes(column)));
  }
  return withColumns(input, [...first, ...input.columns.filter((column) => !first.includes(column))]);
};

export default projectReorder;
