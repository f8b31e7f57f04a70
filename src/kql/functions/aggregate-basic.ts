import type { ScalarType } from "../../core/kusto.ts";
import { CONVERSION_UDFS, convert } from "./support/convert.ts";
import { argument, once, sqlOf } from "./support/sql.ts";
import type { Aggregate, Argument } from "./types.ts";

const BIG = "9223372036854775808::HUGEINT";
const RING = "18446744073709551616::HUGEINT";

/** A sum of longs wraps around, as the engine's 64-bit accumulator does. */
const wrapped = (sum: string): string =>
  `CASE WHEN ${sum} BETWEEN -${BIG} AND ${BIG} - 1 THEN ${sum} ELSE ((${sum} + ${BIG}) % ${RING} + ${RING}) % ${RING} - ${BIG} END::BIGINT`;

/** int adds up to long; dynamic and text count as real. */
const sumType = (args: readonly Argument[]): ScalarType => {
  const { type } = argument(args, 0);
  if (type === "int" || type === "bool") return "long";
  return type === "long" || type === "decimal" || type === "timespan" || type === "datetime" ? type : "real";
};
const value = (args: readonly Argument[], type: ScalarType): string => {
  const arg = argument(args, 0);
  return arg.type === "int" && type === "long" ? arg.sql : convert(arg.sql, arg.type, type);
};

const condition = (args: readonly Argument[], filtered: boolean, index = 1): string =>
  filtered ? ` FILTER (WHERE ${sqlOf(args, index)})` : "";

function sumSql(args: readonly Argument[], filtered: boolean): string {
  const type = sumType(args);
  const sum = `sum(${value(args, type)})${condition(args, filtered)}`;
  if (type === "real") return `COALESCE(${sum}, 0::DOUBLE)`;
  if (type === "decimal") return `COALESCE(${sum}, 0)::DECIMAL(38,18)`;
  return `COALESCE(${wrapped(sum)}, 0)`;
}

function averageSql(args: readonly Argument[], filtered: boolean): string {
  const type = sumType(args);
  const source = value(args, type);
  const filter = condition(args, filtered);
  if (type === "real") return `COALESCE(avg(${source})${filter}, 'nan'::DOUBLE)`;
  if (type === "decimal") return `(sum(${source})${filter} / count(${source})${filter})::DECIMAL(38,18)`;
  const sum = wrapped(`sum(${source})${filter}`);
  if (type === "long") return `COALESCE(${sum}::DOUBLE / count(${source})${filter}, 'nan'::DOUBLE)`;
  return `(sum(${source})${filter} // count(${source})${filter})::BIGINT`;
}
const averageType = (args: readonly Argument[]): ScalarType => (sumType(args) === "long" ? "real" : sumType(args));

/** NaN is the result of both max and min; text is never null. */
const extreme =
  (name: "max" | "min") =>
  (args: readonly Argument[], filtered: boolean): string => {
    const { sql, type } = argument(args, 0);
    const filter = condition(args, filtered);
    const plain = `${name}(${sql})${filter}`;
    if (type === "string") return `COALESCE(${plain}, '')`;
    if (type === "real" && name === "min")
      return `CASE WHEN bool_or(isnan(${sql}))${filter} THEN 'nan'::DOUBLE ELSE ${plain} END`;
    if (type === "dynamic") return `COALESCE(arg_${name}(${sql}, TRY_CAST(${sql} AS DOUBLE))${filter}, ${plain})`;
    return plain;
  };

const anySql = (args: readonly Argument[], filtered: boolean): string => {
  const { sql, type } = argument(args, 0);
  const found = `any_value(${sql})${condition(args, filtered)}`;
  return type === "string" ? `COALESCE(${found}, '')` : found;
};

const typeOfFirst = (args: readonly Argument[]): ScalarType => argument(args, 0).type;
type Render = (args: readonly Argument[], filtered: boolean) => string;

/** An aggregate of one value and its `…if` form. */
const pair = (
  names: readonly string[],
  filteredNames: readonly string[],
  returns: Aggregate["returns"],
  render: Render,
): Aggregate[] => {
  const docs = (name: string): string => `${name.replaceAll("_", "-")}-aggregation-function`;
  const common = { returns, udfs: CONVERSION_UDFS };
  return [
    {
      ...common,
      names,
      params: [{ type: "any" }],
      sql: (args) => render(args, false),
      docs: docs(names[0] ?? ""),
    },
    {
      ...common,
      names: filteredNames,
      params: [{ type: "any" }, { type: "bool" }],
      sql: (args) => render(args, true),
      docs: docs(filteredNames[0] ?? ""),
    },
  ];
};

/** Exact: an estimate within Kusto's error bound at any size, and Kusto's own answer at small ones. */
const distinct: Render = (args, filtered) => `count(DISTINCT ${sqlOf(args, 0)})${condition(args, filtered)}`;

/** The value of the row with the greatest (least) key, null values included; NaN is both. When every key is null, of some row. */
const byKey = (name: "max" | "min"): Aggregate => ({
  names: [`arg_${name}`, `arg${name}`],
  params: [{ type: "any" }, { type: "any" }],
  returns: typeOfFirst,
  sql: (args) => {
    const [found, by] = [argument(args, 0), argument(args, 1)];
    const key =
      by.type === "real" && name === "min"
        ? `CASE WHEN isnan(${by.sql}) THEN '-inf'::DOUBLE ELSE ${by.sql} END`
        : by.sql;
    const picked = `CASE WHEN count(${key}) = 0 THEN first(${found.sql}) ELSE arg_${name}_null(${found.sql}, ${key}) END`;
    return found.type === "string" ? `COALESCE(${picked}, '')` : picked;
  },
  docs: `arg-${name}-aggregation-function`,
});

const bits = (name: string, sql: string): Aggregate => ({
  names: [name],
  params: [{ type: "long" }],
  returns: "long",
  sql,
  docs: `${name.replaceAll("_", "-")}-aggregation-function`,
});

/** The engine rounds a variance to ten decimals and takes the deviation from the rounded value; fewer than two values give 0. */
const variance =
  (population: boolean, root: boolean): Render =>
  (args, filtered) => {
    const x = value(args, "real");
    const filter = condition(args, filtered);
    const name = population ? "var_pop" : "var_samp";
    return once(
      `CASE WHEN bool_or(NOT isfinite(${x}))${filter} THEN 'nan'::DOUBLE` +
        ` ELSE round(COALESCE(${name}(CASE WHEN isfinite(${x}) THEN ${x} END)${filter}, 0), 10) END`,
      (v) => (root ? `CASE WHEN isnan(${v}) THEN ${v} ELSE sqrt(${v}) END` : v),
    );
  };

const covariance = (name: string, sql: string, filtered: boolean): Aggregate => ({
  names: [name],
  params: [{ type: "real" }, { type: "real" }, ...(filtered ? [{ type: "bool" } as const] : [])],
  returns: "real",
  sql: (args) => `COALESCE(${sql}(${sqlOf(args, 0)}, ${sqlOf(args, 1)})${condition(args, filtered, 2)}, 0)`,
  docs: `${name}-aggregation-function`,
});

export default [
  {
    names: ["count", "cnt"],
    params: [{ type: "any", optional: true }],
    returns: "long",
    sql: "count(*)",
    columnName: () => "count_",
    docs: "count-aggregation-function",
  },
  {
    names: ["countif"],
    params: [{ type: "bool" }],
    returns: "long",
    sql: "count(*) FILTER (WHERE $1)",
    columnName: () => "countif_",
    docs: "countif-aggregation-function",
  },
  ...pair(["sum"], ["sumif"], sumType, sumSql),
  ...pair(["avg"], ["avgif"], averageType, averageSql),
  ...pair(["max"], ["maxif"], typeOfFirst, extreme("max")),
  ...pair(["min"], ["minif"], typeOfFirst, extreme("min")),
  ...pair(["take_any", "any"], ["take_anyif", "anyif"], typeOfFirst, anySql),
  ...pair(["count_distinct"], ["count_distinctif"], "long", distinct),
  ...pair(["variance"], ["varianceif"], "real", variance(false, false)),
  ...pair(["variancep"], ["variancepif"], "real", variance(true, false)),
  ...pair(["stdev"], ["stdevif"], "real", variance(false, true)),
  ...pair(["stdevp"], ["stdevpif"], "real", variance(true, true)),
  covariance("covariance", "covar_samp", false),
  covariance("covarianceif", "covar_samp", true),
  covariance("covariancep", "covar_pop", false),
  covariance("covariancepif", "covar_pop", true),
  {
    names: ["dcount"],
    params: [{ type: "any" }, { type: "long", optional: true }],
    returns: "long",
    sql: (args) => distinct(args, false),
    docs: "dcount-aggregation-function",
  },
  {
    names: ["dcountif"],
    params: [{ type: "any" }, { type: "bool" }, { type: "long", optional: true }],
    returns: "long",
    sql: (args) => distinct(args, true),
    docs: "dcountif-aggregation-function",
  },
  byKey("max"),
  byKey("min"),
  bits("binary_all_and", "bit_and($1)"),
  bits("binary_all_or", "bit_or($1)"),
  bits("binary_all_xor", "bit_xor($1)"),
] satisfies Aggregate[];
