import type { ScalarType } from "../../core/kusto.ts";
import { argument, bounded, once, sqlOf } from "./support/sql.ts";
import { commonType, convertTo } from "./support/types.ts";
import type { Argument, ScalarFunction } from "./types.ts";

/** A function of one real. Outside its domain DuckDB raises; Kusto gives NaN or an infinity. */
const real = (
  names: readonly string[],
  sql: string | ((x: string) => string),
  docs = `${names[0]}-function`,
): ScalarFunction => ({
  names,
  params: [{ type: "real" }],
  returns: "real",
  sql: typeof sql === "string" ? sql : (args) => once(sqlOf(args, 0), sql),
  docs,
});

/** Below zero the natural logarithm is null, the others are NaN. */
const logarithm =
  (name: string, below: string) =>
  (x: string): string =>
    `CASE WHEN ${x} > 0 THEN ${name}(${x}) WHEN ${x} = 0 THEN '-inf'::DOUBLE WHEN ${x} IS NOT NULL THEN ${below} END`;
const within =
  (name: string) =>
  (x: string): string =>
    `CASE WHEN abs(${x}) <= 1 THEN ${name}(${x}) WHEN ${x} IS NOT NULL THEN 'nan'::DOUBLE END`;
const finite =
  (name: string) =>
  (x: string): string =>
    `CASE WHEN isfinite(${x}) THEN ${name}(${x}) WHEN ${x} IS NOT NULL THEN 'nan'::DOUBLE END`;

const isWhole = (type: ScalarType): boolean => type === "int" || type === "long";
const numberType = (args: readonly Argument[]): ScalarType => {
  const { type } = argument(args, 0);
  if (type === "int") return "long";
  return type === "decimal" || type === "long" || type === "timespan" ? type : "real";
};

/** A real has no digit beyond these places. */
const MAX_PLACES = 400n;
const orNull = ({ sql }: Argument, value: string): string =>
  value === sql ? sql : `CASE WHEN ${sql} IS NOT NULL THEN ${value} END`;

function roundSql(args: readonly Argument[]): string {
  const { sql, type } = argument(args, 0);
  const places = args[1] === undefined ? "0" : orNull(args[1], bounded(args[1], "0", -MAX_PLACES, MAX_PLACES));
  if (isWhole(type) && args.length < 2) return `(${sql})::BIGINT`;
  if (isWhole(type))
    return once(
      sql,
      (x) =>
        `CASE WHEN ${places} >= 0 THEN ${x}::BIGINT ELSE round(${x}::BIGINT, greatest(${places}, -18)::INTEGER)::BIGINT END`,
    );
  if (type === "decimal") return `round(${sql}, ${places === "0" ? "0" : `(${places})::INTEGER`})::DECIMAL(38,18)`;
  return `round(${convertTo(argument(args, 0), "real")}, (${places})::INTEGER)`;
}

function absSql(args: readonly Argument[]): string {
  const { sql, type } = argument(args, 0);
  if (type === "int") return `abs(${sql}::BIGINT)`;
  if (type === "long" || type === "timespan")
    return once(sql, (x) => `CASE WHEN ${x} = (-9223372036854775808) THEN ${x} ELSE abs(${x}) END`);
  return `abs(${type === "decimal" ? sql : convertTo(argument(args, 0), "real")})`;
}

function powSql(args: readonly Argument[]): string {
  return once(
    sqlOf(args, 0),
    (x) =>
      once(
        sqlOf(args, 1),
        (y) =>
          `CASE WHEN ${x} < 0 AND isfinite(${y}) AND ${y} <> trunc(${y}) THEN 'nan'::DOUBLE WHEN ${x} = 0 AND ${y} < 0 THEN 'inf'::DOUBLE ELSE pow(${x}, ${y}) END`,
        "kql_y",
      ),
    "kql_x",
  );
}

const test = (name: string): ScalarFunction => ({
  names: [name],
  params: [{ type: "real" }],
  returns: "bool",
  sql: `${name}($1)`,
  docs: `${name}-function`,
});

export default [
  real(["sqrt"], (x) => `CASE WHEN ${x} >= 0 THEN sqrt(${x}) WHEN ${x} IS NOT NULL THEN 'nan'::DOUBLE END`),
  real(["log"], logarithm("ln", "NULL")),
  real(["log2"], logarithm("log2", "'nan'::DOUBLE")),
  real(["log10"], logarithm("log10", "'nan'::DOUBLE")),
  real(["exp"], "exp($1)"),
  real(["exp2"], "pow(2, $1)"),
  real(["exp10"], "pow(10, $1)"),
  real(["sin"], finite("sin")),
  real(["cos"], finite("cos")),
  real(["tan"], finite("tan")),
  real(
    ["cot"],
    (x) =>
      `CASE WHEN ${x} = 0 THEN 'inf'::DOUBLE WHEN isfinite(${x}) THEN 1 / tan(${x}) WHEN ${x} IS NOT NULL THEN 'nan'::DOUBLE END`,
  ),
  real(["asin"], within("asin")),
  real(["acos"], within("acos")),
  real(["atan"], "atan($1)"),
  real(["degrees"], "degrees($1)"),
  real(["radians"], "radians($1)"),
  {
    names: ["pi"],
    params: [],
    returns: "real",
    sql: "pi()",
    docs: "pi-function",
  },
  {
    names: ["atan2"],
    params: [{ type: "real" }, { type: "real" }],
    returns: "real",
    sql: "atan2($1, $2)",
    docs: "atan2-function",
  },
  {
    names: ["pow"],
    params: [{ type: "real" }, { type: "real" }],
    returns: "real",
    sql: powSql,
    docs: "pow-function",
  },
  test("isnan"),
  test("isinf"),
  test("isfinite"),
  {
    names: ["abs"],
    params: [{ type: "any" }],
    returns: numberType,
    sql: absSql,
    docs: "abs-function",
  },
  {
    names: ["sign"],
    params: [{ type: "real" }],
    returns: "real",
    sql: "CASE WHEN isnan($1) THEN 0 ELSE sign($1)::DOUBLE END",
    docs: "sign-function",
  },
  {
    names: ["round"],
    params: [{ type: "number" }, { type: "long", optional: true }],
    returns: numberType,
    sql: roundSql,
    docs: "round-function",
  },
  {
    names: ["ceiling"],
    params: [{ type: "number" }],
    returns: numberType,
    sql: (args) => {
      const { sql, type } = argument(args, 0);
      return isWhole(type) ? `(${sql})::BIGINT` : `ceil(${sql})${type === "decimal" ? "::DECIMAL(38,18)" : ""}`;
    },
    docs: "ceiling-function",
  },
  {
    names: ["rand"],
    params: [{ type: "long", optional: true }],
    returns: "real",
    sql: (args) =>
      args.length === 0
        ? "random()"
        : once(sqlOf(args, 0), (n) => `CASE WHEN ${n} > 1 THEN floor(random() * ${n}) ELSE random() END`),
    docs: "rand-function",
  },
  {
    names: ["around"],
    params: [{ type: "any" }, { type: "any" }, { type: "any" }],
    returns: "bool",
    sql: (args) => {
      const type = commonType(args.slice(0, 2));
      const [value, centre] = [convertTo(argument(args, 0), type), convertTo(argument(args, 1), type)];
      return `(${value} BETWEEN ${centre} - ${sqlOf(args, 2)} AND ${centre} + ${sqlOf(args, 2)})`;
    },
    docs: "around-function",
  },
] satisfies ScalarFunction[];
