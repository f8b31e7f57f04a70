import { describe, expect, test } from "vitest";
import type { Udf, UdfType, UdfValue } from "../../../src/kql/functions/types.ts";
import { aggregates, scalars } from "./support/evaluate.ts";

/*
 * Log values are written by attackers: whatever reaches a UDF, it answers. One that throws would end the whole query.
 */
const TEXTS = [
  "",
  "a",
  "null",
  "NaN",
  "[NaN]",
  "{}",
  "[]",
  "[null]",
  '{"a":1}',
  '[1,2,"x",[3],{}]',
  "-1",
  "1e400",
].concat(
  ["9".repeat(400), `${"9".repeat(400)}.5d`, "\u0000", "\ud800", "<a>", "<a><b></a>", "xn--\u00e9", "%%%", "::::"],
  ["1.2.3.4/33", "1::2::3", "$..a", "$[", "((((", "2020-13-45", "-9999999d", "[".repeat(5000), '"', "[1e999]"],
  ['["Infinity"]', '["hll",[1]]', '["hll","x"]', '["tdigest",[[1]]]', "[true,[],{}]", "[[1,2,3],-1,5]"],
  ['[[1,2,3],9007199254740993,"x",null]', '["a",1e300,1e300,1e300]', "[[1,2],[],[]]", "[[1,null,3],0,0,0,0,0]"],
  ['["x",9223372036854775807]', '[{"type":"Polygon","coordinates":[[[0]]]}]', "\u00e9".repeat(5000)],
);
const LONGS = [0n, 1n, -1n, 40n, 9223372036854775807n, -9223372036854775808n];
const REALS = [0, 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308, -1e308];
const POOL: Readonly<Record<UdfType, readonly UdfValue[]>> = {
  VARCHAR: TEXTS,
  BIGINT: LONGS,
  DOUBLE: REALS,
  BOOLEAN: [true, false],
  INTEGER: [0, -1, 2147483647],
  "VARCHAR[]": [[], TEXTS],
  "BIGINT[]": [[], LONGS],
  "DOUBLE[]": [[], REALS],
};
const ROUNDS = 60;

/** Every value of the first parameter, with values of the others that differ from round to round. */
function* calls({ params }: Udf): Generator<UdfValue[]> {
  for (let round = 0; round < ROUNDS; round++)
    yield params.map((type, i) => POOL[type][(round * (i === 0 ? 1 : 7 * i) + i) % POOL[type].length] ?? null);
}

const udfs = [
  ...new Map([...scalars, ...aggregates].flatMap((entry) => entry.udfs ?? []).map((udf) => [udf.name, udf])).values(),
];

describe("no value makes a UDF throw", () => {
  test.each(udfs)("$name", (udf) => {
    const fn = udf.fn as (...args: UdfValue[]) => UdfValue;
    const thrown = [...calls(udf)].filter((args) => {
      try {
        return fn(...args) === undefined;
      } catch {
        return true;
      }
    });
    expect(thrown).toEqual([]);
  });
});
