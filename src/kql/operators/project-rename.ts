import { type OperatorLowering, withColumns } from "../plan/context.ts";
import { columnsOf } from "../plan/patterns.ts";

/** `project-rename`: new names, the same places. */
const projectRename: OperatorLowering = (node, input, context) => {
  const names = new Map<string, string>();
  for (const item of node.items("Expressions")) {
    const [column] = columnsOf(item.get("Expression"), input.columns, context);
    if (column) names.set(column.name, item.get("Name").name);
  }
  const renamed = new Set(names.values());
  const clashes = input.columns.filter((column) => renamed.has(column.name) && !names.has(column.name));
  // Where columns are taken as they are named, a name of two columns is one that was given here.
  const clash = context.unknown ? undefined : clashes[0];
  if (clash) return context.refuse(node, `There is already a column named ${clash.name}.`);
  const columns = input.columns.filter((column) => !clashes.includes(column));
  return withColumns(
    input,
    columns.map((column) => ({ ...column, name: names.get(column.name) ?? column.name })),
  );
};

export default projectRename;
