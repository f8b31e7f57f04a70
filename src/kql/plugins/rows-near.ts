import { asType } from "../plan/coerce.ts";
import { ordinal } from "../plan/windows.ts";
import { constantArgument } from "./support/timeline.ts";
import type { Plugin, PluginCall } from "./types.ts";

function rowCount(call: PluginCall, place: number): bigint {
  const { constant } = constantArgument(call, call.args[place], "a number of rows", "long");
  if (typeof constant === "bigint" && constant >= 0n) return constant;
  return call.context.refuse(call.args[place] ?? call.node, "A number of rows is a constant that is not negative.");
}

/** `rows_near(condition, n [, after])`: the rows at most n before or after one for which the condition holds. */
const rowsNear: Plugin = (call) => {
  const { rows, context, environment, args, node } = call;
  if (!rows.relation.serialized)
    return context.refuse(node, "rows_near needs rows in a fixed order.", "Put sort or serialize before it.");
  const [condition] = args;
  if (!condition) return context.refuse(node, "rows_near needs a condition.");
  const holds = asType(context.scalar(condition, { environment, rows }), "bool").sql;
  const before = rowCount(call, 1);
  const after = args[2] ? rowCount(call, 2) : before;
  const place = ordinal(rows, context);
  const near = context.id();
  const frame = `ROWS BETWEEN ${after} PRECEDING AND ${before} FOLLOWING`;
  rows.hoist({ id: near, sql: `COALESCE(bool_or(${holds}) OVER (ORDER BY ${place} ${frame}), false)` });
  const { relation } = rows;
  return { ...relation, node: { op: "filter", input: relation.node, condition: near } };
};

export default { rows_near: rowsNear };
