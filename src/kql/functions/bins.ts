import type { ScalarType } from "../../core/kusto.ts";
import { CONVERSION_UDFS } from "./support/convert.ts";
import { argument, once } from "./support/sql.ts";
import { commonType, convertTo } from "./support/types.ts";
import type { Argument, ScalarFunction } from "./types.ts";

/** The type of a bin: that of the value, widened by the size; times keep theirs. */
const binType = (args: readonly Argument[]): ScalarType => {
  const { type } = argument(args, 0);
  if (type === "datetime" || type === "timespan") return type;
  const both = args.slice(0, 2);
  if (both.every((one) => one.type === "dynamic")) return "real";
  const wide = commonType(both.filter((one) => one.type !== "dynamic"));
  return wide === "int" ? "long" : wide;
};

const sizeType = (args: readonly Argument[], type: ScalarType): ScalarType =>
  type === "datetime" ? "timespan" : binType(args);

/** The greatest multiple of `size` that is not above `x`. */
const floored = (x: string, size: string, type: ScalarType): string => {
  if (type === "real") return `CASE WHEN ${size} > 0 THEN floor(${x} / ${size}) * ${size} END`;
  if (type === "decimal") return `CASE WHEN ${size} > 0 THEN (floor(${x} / ${size}) * ${size})::DECIMAL(38,18) END`;
  if (type === "datetime") return `(${x} - ${x} % ${size})`;
  return `(${x} - ${x} % ${size} - CASE WHEN ${x} % ${size} < 0 THEN ${size} ELSE 0 END)`;
};

function positive(size: Argument, sql: string, type: ScalarType): string {
  if (type === "real" || type === "decimal") return sql;
  return typeof size.constant === "bigint" && size.constant > 0n ? sql : `CASE WHEN ${sql} > 0 THEN ${sql} END`;
}

function binSql(args: readonly Argument[]): string {
  const type = binType(args);
  const [value, size] = [argument(args, 0), argument(args, 1)];
  const step = positive(size, convertTo(size, sizeType(args, type)), type);
  return once(convertTo(value, type), (x) => once(step, (s) => floored(x, s, type), "kql_s"));
}

function binAtSql(args: readonly Argument[]): string {
  const type = binType(args);
  const [value, size, fixed] = [argument(args, 0), argument(args, 1), argument(args, 2)];
  const step = positive(size, convertTo(size, sizeType(args, type)), type);
  const origin = convertTo(fixed, type);
  const distance = type === "datetime" ? "timespan" : type;
  const shifted = `(${convertTo(value, type)} - ${origin})`;
  return `(${once(shifted, (x) => once(step, (s) => floored(x, s, distance), "kql_s"))} + ${origin})`;
}

export default [
  {
    names: ["bin", "floor"],
    params: [{ type: "any" }, { type: "any" }],
    returns: binType,
    sql: binSql,
    udfs: CONVERSION_UDFS,
    docs: "bin-function",
  },
  {
    names: ["bin_at"],
    params: [{ type: "any" }, { type: "any" }, { type: "any" }],
    returns: binType,
    sql: binAtSql,
    udfs: CONVERSION_UDFS,
    docs: "bin-at-function",
  },
] satisfies ScalarFunction[];
