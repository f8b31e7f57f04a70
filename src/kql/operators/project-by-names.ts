import { type OperatorLowering, withColumns } from "../plan/context.ts";
import { fits } from "../plan/patterns.ts";
import type { PlanColumn } from "../plan/types.ts";

/** `project-by-names`: the columns whose names or patterns are values of the text; names that are not there are passed over. */
const projectByNames: OperatorLowering = (node, input, context, environment) => {
  const wanted = node.items("Expressions").flatMap((item) => {
    const value = context.constant(item, { environment }, "a column name");
    const parsed: unknown = value.type === "dynamic" ? JSON.parse(String(value.constant ?? "[]")) : value.constant;
    return (Array.isArray(parsed) ? parsed : [parsed]).map(String);
  });
  const found = new Set<PlanColumn>();
  for (const pattern of wanted) for (const column of input.columns) if (fits(column.name, pattern)) found.add(column);
  return withColumns(input, [...found]);
};

export default projectByNames;
