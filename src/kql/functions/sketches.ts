import { CONVERSION_UDFS, convert } from "./support/convert.ts";
import { ANY, argumentArray, DYNAMIC, jsonFunction, REAL, rest } from "./support/entry.ts";
import { type Dynamic, numberOf } from "./support/json.ts";
import { countHll, digestPercentile, digestRank, isDigest, isHll, mergeDigests, mergeHll } from "./support/sketches.ts";
import { typeArgument } from "./support/types.ts";
import type { ScalarFunction } from "./types.ts";

/** Whole results show as longs unless the query asks for a type. */
const percentileOf = ([state, percent]: readonly Dynamic[]): Dynamic => {
  const value = digestPercentile(state, numberOf(percent ?? null));
  return value !== null && Number.isSafeInteger(value) ? BigInt(value) : value;
};

const percentiles = ([state, ...percents]: readonly Dynamic[]): Dynamic =>
  isDigest(state) ? percents.flat().map((percent) => percentileOf([state ?? null, percent])) : null;

const PERCENTILE = jsonFunction(["percentile_tdigest"], [DYNAMIC, REAL], "dynamic", percentileOf);
const TYPE = { type: "any", name: "typeLiteral", optional: true, constant: true } as const;

export default [
  {
    ...PERCENTILE,
    params: [DYNAMIC, REAL, TYPE],
    returns: (args) => typeArgument(args[2]) ?? "dynamic",
    sql: (args) => {
      const found = `kql_json_percentile_tdigest(${argumentArray(args.slice(0, 2))})`;
      return convert(found, "dynamic", typeArgument(args[2]) ?? "dynamic");
    },
    udfs: [...(PERCENTILE.udfs ?? []), ...CONVERSION_UDFS],
  },
  jsonFunction(["percentiles_array_tdigest"], [DYNAMIC, rest(ANY)], "dynamic", percentiles),
  jsonFunction(
    ["rank_tdigest"],
    [DYNAMIC, REAL],
    "real",
    ([state, value]) => digestRank(state, numberOf(value ?? null))?.below ?? null,
  ),
  jsonFunction(["percentrank_tdigest"], [DYNAMIC, REAL], "real", ([state, value]) => {
    const rank = digestRank(state, numberOf(value ?? null));
    return rank && rank.total > 0 ? (100 * rank.below) / rank.total : null;
  }),
  jsonFunction(["tdigest_merge", "merge_tdigest"], [rest(DYNAMIC)], "dynamic", mergeDigests),
  jsonFunction(["tdigest_isvalid"], [DYNAMIC], "bool", ([state]) => isDigest(state)),
  jsonFunction(["hll_merge"], [rest(DYNAMIC)], "dynamic", mergeHll),
  jsonFunction(["hll_isvalid"], [DYNAMIC], "bool", ([state]) => isHll(state)),
  jsonFunction(["dcount_hll"], [DYNAMIC], "long", ([state]) => countHll(state)),
] satisfies ScalarFunction[];
