import { CONVERSION_UDFS, convert } from "./support/convert.ts";
import { store, tryParseDynamic } from "./support/json.ts";
import { digestOf, hllOf, mergeDigests, mergeHll } from "./support/sketches.ts";
import { argument, sqlOf } from "./support/sql.ts";
import type { Aggregate, Argument, Udf } from "./types.ts";

const HLL: Udf = {
  name: "kql_hll",
  params: ["BIGINT[]"],
  returns: "VARCHAR",
  fn: (hashes: readonly bigint[]): string | null => store(hllOf(hashes)),
};
const DIGEST: Udf = {
  name: "kql_tdigest",
  params: ["DOUBLE[]", "DOUBLE[]"],
  returns: "VARCHAR",
  fn: (values: readonly number[], weights: readonly number[]): string | null =>
    store(digestOf(values.map((value, i) => [value, weights[i] ?? 0]))),
};
const states = (texts: readonly string[]) => texts.map((text) => tryParseDynamic(text) ?? null);
const MERGE_HLL: Udf = {
  name: "kql_hll_merge",
  params: ["VARCHAR[]"],
  returns: "VARCHAR",
  fn: (texts: readonly string[]): string | null => store(mergeHll(states(texts))),
};
const MERGE_DIGESTS: Udf = {
  name: "kql_tdigest_merge",
  params: ["VARCHAR[]"],
  returns: "VARCHAR",
  fn: (texts: readonly string[]): string | null => store(mergeDigests(states(texts))),
};

/** 53 bits of DuckDB's hash of the value's text, so that equal values of different number types agree; they survive JSON. */
const hll =
  (condition?: number) =>
  (args: readonly Argument[]): string => {
    const { sql, type } = argument(args, 0);
    const text = convert(sql, type, "string");
    const filter = `${sql} IS NOT NULL${condition === undefined ? "" : ` AND ${sqlOf(args, condition)}`}`;
    return `kql_hll(COALESCE(list(DISTINCT (hash(${text}) >> 11)::BIGINT) FILTER (WHERE ${filter}), []::BIGINT[]))`;
  };

const digest = (args: readonly Argument[]): string => {
  const { sql, type } = argument(args, 0);
  const value = convert(sql, type, "real");
  const filter = ` FILTER (WHERE ${sql} IS NOT NULL)`;
  const weight = args[1] === undefined ? "1" : args[1].sql;
  return `kql_tdigest(COALESCE(list(${value})${filter}, []::DOUBLE[]), COALESCE(list((${weight})::DOUBLE)${filter}, []::DOUBLE[]))`;
};

const entry = (
  names: readonly string[],
  params: Aggregate["params"],
  sql: Aggregate["sql"],
  udfs: readonly Udf[],
): Aggregate => ({
  names,
  params,
  returns: "dynamic",
  sql,
  udfs: [...udfs, ...CONVERSION_UDFS],
  docs: `${(names[0] ?? "").replaceAll("_", "-")}-aggregation-function`,
});

const ANY = { type: "any" } as const;
const ACCURACY = { type: "long", optional: true } as const;
const merged = (name: string) => `${name}(COALESCE(list($1) FILTER (WHERE $1 IS NOT NULL), []::VARCHAR[]))`;

export default [
  entry(["hll"], [ANY, ACCURACY], hll(), [HLL]),
  entry(["hll_if"], [ANY, { type: "bool" }, ACCURACY], hll(1), [HLL]),
  entry(["hll_merge"], [{ type: "dynamic" }], merged("kql_hll_merge"), [MERGE_HLL]),
  entry(["tdigest"], [ANY, { type: "number", optional: true }], digest, [DIGEST]),
  entry(["tdigest_merge", "merge_tdigest"], [{ type: "dynamic" }], merged("kql_tdigest_merge"), [MERGE_DIGESTS]),
] satisfies Aggregate[];
