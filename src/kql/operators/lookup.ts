import type { OperatorLowering } from "../plan/context.ts";
import { joinKeys, onSql, padText } from "../plan/joins.ts";
import { Names } from "../plan/names.ts";

/** `lookup`: columns of a small table by key; its key columns are left out. */
const lookup: OperatorLowering = (node, input, context, environment) => {
  const kind = node.parameter("kind")?.text ?? "leftouter";
  if (kind !== "leftouter" && kind !== "inner")
    return context.refuse(node, `lookup knows leftouter and inner, not ${kind}.`);
  const right = context.tabular(node.get("Expression"), environment);
  const clause = node.get("LookupClause");
  const keys = joinKeys(clause, input, right, context, environment);
  const type = kind === "inner" ? "INNER" : "LEFT";
  const joined = { op: "join", type, left: input.node, right: right.node, on: onSql(node, keys, context) } as const;
  const gone = new Set(keys.map((key) => key.rightName));
  const kept = right.columns.filter((column) => !gone.has(column.name));
  const padded = type === "LEFT" ? padText(joined, kept, context) : { node: joined, columns: kept };
  const names = new Names(input.columns.map((column) => column.name));
  const columns = [
    ...input.columns,
    ...padded.columns.map((column) => ({ ...column, name: names.unique(column.name) })),
  ];
  return { node: padded.node, columns, order: [], serialized: false };
};

export default lookup;
