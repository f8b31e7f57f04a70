import type { ScalarType } from "../../core/kusto.ts";
import { CONVERSION_UDFS, toElement } from "./support/convert.ts";
import { tryParseDynamic } from "./support/json.ts";
import { argument, constantNumber, constantText, sqlOf } from "./support/sql.ts";
import type { Aggregate, Argument, CallContext, Udf } from "./types.ts";

const typeOfFirst = (args: readonly Argument[]): ScalarType =>
  argument(args, 0).type === "int" ? "long" : argument(args, 0).type;
const widened = (arg: Argument): string => (arg.type === "int" ? `(${arg.sql})::BIGINT` : arg.sql);

const fraction = (percent: number): number => Math.min(Math.max(percent / 100, 0), 1);

/** One of several percentiles of the same values: DuckDB sorts once for the list of all. */
function oneOf(value: string, all: readonly Argument[], wanted: Argument): string | undefined {
  const fractions = all.map((arg) => constantNumber(arg)).map((percent) => percent !== undefined && fraction(percent));
  const own = constantNumber(wanted);
  if (all.length < 2 || own === undefined || fractions.includes(false)) return undefined;
  return `list_extract(quantile_disc(${value}, [${fractions.join(", ")}]), ${fractions.indexOf(fraction(own)) + 1})`;
}

/** Nearest rank: the smallest value with at least p percent of the values at or below it. */
const nearestRank = (value: string, p: string, constant: boolean): string =>
  constant
    ? `quantile_disc(${value}, least(greatest((${p})::DOUBLE / 100, 0), 1))`
    : `list_extract(list_sort(list(${value}) FILTER (WHERE ${value} IS NOT NULL)), greatest(ceil(count(${value}) * (${p}) / 100.0), 1)::BIGINT)`;

const PERCENTILE_WEIGHTED: Udf = {
  name: "kql_percentile_weighted",
  params: ["DOUBLE[]", "DOUBLE[]", "DOUBLE"],
  returns: "DOUBLE",
  fn: (values: readonly number[], weights: readonly number[], percent: number): number | null => {
    const pairs = values.map((value, i) => [value, weights[i] ?? 0] as const).filter(([, weight]) => weight > 0);
    pairs.sort(([a], [b]) => a - b);
    const wanted = (pairs.reduce((sum, [, weight]) => sum + weight, 0) * percent) / 100;
    let seen = 0;
    for (const [value, weight] of pairs) {
      seen += weight;
      if (seen >= wanted) return value;
    }
    return pairs.at(-1)?.[0] ?? null;
  },
};

const STORAGE: Readonly<Record<string, string>> = {
  long: "BIGINT",
  datetime: "BIGINT",
  timespan: "BIGINT",
  decimal: "DECIMAL(38,18)",
};
const weighted = (args: readonly Argument[], p: string): string => {
  const [value, weight] = [argument(args, 0), sqlOf(args, 1)];
  const filter = ` FILTER (WHERE ${value.sql} IS NOT NULL AND ${weight} IS NOT NULL)`;
  const found = `kql_percentile_weighted(list(${value.sql}::DOUBLE)${filter}, list(${weight}::DOUBLE)${filter}, (${p})::DOUBLE)`;
  const storage = STORAGE[typeOfFirst(args)];
  return storage === undefined ? found : `${found}::${storage}`;
};

/** The percents of an `…_array` call: numbers, or one constant dynamic array of them. */
function percents(args: readonly Argument[], from: number, call: CallContext): string[] {
  const first = argument(args, from);
  if (first.type !== "dynamic") return args.slice(from).map((arg) => arg.sql);
  const list = tryParseDynamic(constantText(first) ?? "");
  if (!Array.isArray(list)) return call.refuse("The percentiles must be numbers or a constant array of numbers.");
  return list.map((item) =>
    Number.isFinite(Number(item)) ? String(item) : call.refuse(`'${item}' is not a percentile.`),
  );
}

const array = (args: readonly Argument[], items: readonly string[]): string =>
  `'[' || concat_ws(',', ${items.map((item) => toElement(item, typeOfFirst(args))).join(", ")}) || ']'`;

const plain = (names: readonly string[], each: boolean): Aggregate => ({
  names,
  params: [{ type: "any" }, { type: "number", rest: each }],
  returns: typeOfFirst,
  sql: (args, { all = [] }) => {
    const [value, wanted] = [widened(argument(args, 0)), argument(args, 1)];
    return oneOf(value, all, wanted) ?? nearestRank(value, wanted.sql, wanted.constant !== undefined);
  },
  ...(each ? { each: 1 } : {}),
  docs: "percentiles-aggregation-function",
});
const weightedEntry = (names: readonly string[], each: boolean): Aggregate => ({
  names,
  params: [{ type: "any" }, { type: "number" }, { type: "number", rest: each }],
  returns: typeOfFirst,
  sql: (args) => weighted(args, sqlOf(args, 2)),
  ...(each ? { each: 2 } : {}),
  udfs: [PERCENTILE_WEIGHTED],
  docs: "percentiles-aggregation-function",
});

export default [
  plain(["percentile"], false),
  plain(["percentiles"], true),
  weightedEntry(["percentilew"], false),
  weightedEntry(["percentilesw"], true),
  {
    names: ["percentiles_array"],
    params: [{ type: "any" }, { type: "any", rest: true }],
    returns: "dynamic",
    sql: (args, call) =>
      array(
        args,
        percents(args, 1, call).map((p) => nearestRank(widened(argument(args, 0)), p, true)),
      ),
    udfs: CONVERSION_UDFS,
    docs: "percentiles-aggregation-function",
  },
  {
    names: ["percentilesw_array"],
    params: [{ type: "any" }, { type: "number" }, { type: "any", rest: true }],
    returns: "dynamic",
    sql: (args, call) =>
      array(
        args,
        percents(args, 2, call).map((p) => weighted(args, p)),
      ),
    udfs: [PERCENTILE_WEIGHTED, ...CONVERSION_UDFS],
    docs: "percentiles-aggregation-function",
  },
] satisfies Aggregate[];
