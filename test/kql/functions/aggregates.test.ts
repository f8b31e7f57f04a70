import { afterAll, expect, test } from "vitest";
import type { ScalarType } from "../../../src/core/kusto.ts";
import type { ConstantValue } from "../../../src/kql/functions/types.ts";
import { aggregate, type Input, openTestEngine } from "./support/evaluate.ts";

const engine = await openTestEngine();
afterAll(() => engine.close());

type Row = readonly ConstantValue[];
type Case = readonly [
  name: string,
  types: readonly ScalarType[],
  rows: readonly Row[],
  expected: unknown,
  constants?: readonly Input[],
];

const column = (...values: ConstantValue[]): Row[] => values.map((value) => [value]);
const numbers = column(1n, 2n, 3n, 4n);
const guarded: Row[] = [
  [1n, true],
  [2n, false],
  [4n, true],
];

const cases: readonly Case[] = [
  ["count", ["long"], column(null, 1n, null), 3],
  ["countif", ["bool"], column(true, false, null), 1],
  ["sum", ["long"], column(9223372036854775807n, 1n), "-9223372036854775808"],
  ["sum", ["long"], [], 0],
  ["sum", ["real"], column(1.5, null), 1.5],
  ["sum", ["timespan"], column(10_000_000n, 10_000_000n), "00:00:02"],
  ["sum", ["dynamic"], column("1", "2.5", '"x"'), 3.5],
  ["sumif", ["long", "bool"], guarded, 5],
  ["avg", ["long"], column(9223372036854775807n, 9223372036854775807n, 1n), -0.3333333333333333],
  ["avg", ["long"], [], "NaN"],
  ["avg", ["timespan"], column(10_000_000n, 30_000_000n), "00:00:02"],
  ["avgif", ["long", "bool"], guarded, 2.5],
  ["max", ["real"], column(1, Number.NaN), "NaN"],
  ["min", ["real"], column(1, Number.NaN), "NaN"],
  ["min", ["real"], column(1, Number.POSITIVE_INFINITY), 1],
  ["max", ["string"], [], ""],
  ["max", ["dynamic"], column("9", "10"), 10],
  ["minif", ["long", "bool"], guarded, 1],
  ["maxif", ["long", "bool"], guarded, 4],
  ["dcount", ["string"], column("", "a", "a"), 2],
  [
    "dcountif",
    ["string", "bool"],
    [
      ["a", true],
      ["b", false],
    ],
    1,
  ],
  ["count_distinct", ["long"], column(1n, 1n, null), 1],
  ["take_any", ["long"], column(null, 7n), 7],
  ["take_any", ["string"], [], ""],
  [
    "arg_max",
    ["string", "long"],
    [
      ["a", 1n],
      ["b", 5n],
      ["c", null],
    ],
    "b",
  ],
  [
    "arg_min",
    ["long", "long"],
    [
      [10n, 3n],
      [null, 1n],
    ],
    null,
  ],
  ["arg_max", ["long", "long"], [[7n, null]], 7],
  ["variance", ["long"], numbers, 1.6666666667],
  ["stdev", ["long"], numbers, 1.2909944487487155],
  ["stdevp", ["long"], numbers, 1.118033988749895],
  ["stdev", ["long"], column(5n), 0],
  ["stdev", ["long"], [], 0],
  ["variance", ["real"], column(Number.POSITIVE_INFINITY, 1.5), "NaN"],
  [
    "covariance",
    ["long", "long"],
    [
      [1n, 2n],
      [2n, 4n],
      [3n, 6n],
    ],
    2,
  ],
  ["percentile", ["long"], column(1n, 2n, 3n, 4n), 2, [50n]],
  ["percentile", ["long"], column(9n, 8n, 7n, 0n), 0, [0n]],
  ["percentile", ["real"], column(1.5, null), 1.5, [99n]],
  [
    "percentilew",
    ["long", "long"],
    [
      [1n, 10n],
      [2n, 1n],
      [3n, 1n],
    ],
    1,
    [50n],
  ],
  ["percentiles_array", ["long"], numbers, [1, 2, 4], [25n, 50n, 100n]],
  ["make_list", ["long"], column(1n, null, 2n), [1, 2]],
  ["make_list", ["long"], [], []],
  ["make_list", ["string"], column("b", "", "a"), ["b", "", "a"]],
  ["make_list", ["long"], numbers, [1, 2], [2n]],
  ["make_list", ["real"], column(3.3, Number.NaN), [3.3, "NaN"]],
  ["make_list", ["datetime"], column(0n), ["0001-01-01T00:00:00.0000000Z"]],
  ["make_list", ["dynamic"], column("[1,2]", null, '{"a":1}'), [1, 2, null, { a: 1 }]],
  ["make_list_with_nulls", ["long"], column(null, 2n), [null, 2]],
  ["make_list_if", ["long", "bool"], guarded, [1, 4]],
  ["make_set", ["string"], column("b", "a", "b"), ["a", "b"]],
  ["make_set", ["dynamic"], column("[1,2]", "[2,3]", null), [1, 2, 3]],
  ["make_set_if", ["long", "bool"], guarded, [1, 4]],
  ["make_bag", ["dynamic"], column('{"a":1}', '{"a":2,"b":3}', "4"), { a: 1, b: 3 }],
  ["make_bag", ["dynamic"], [], {}],
  [
    "buildschema",
    ["dynamic"],
    column('{"x":1,"y":3.5}', '{"x":"somevalue","z":[1,2,3]}', '{"y":{"w":"zzz"},"t":["aa","bb"],"z":["foo"]}'),
    {
      x: ["long", "string"],
      y: ["double", { w: "string" }],
      z: { "`indexer`": ["long", "string"] },
      t: { "`indexer`": "string" },
    },
  ],
  ["binary_all_and", ["long"], column(0xffffffffn, 0xfffff00fn, 0xcffffffdn, 0xfafeffffn), 0xcafef00d],
  ["binary_all_xor", ["long"], column(1n, 3n), 2],
];

test.each(
  cases.map(([name, types, rows, expected, constants]) => ({
    name,
    types,
    rows,
    expected,
    constants,
  })),
)("$name of $rows", async ({ name, types, rows, expected, constants }) => {
  expect(await aggregate(engine, name, types, rows, constants)).toEqual(expected);
});
