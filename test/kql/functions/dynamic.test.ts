import { afterAll, expect, test } from "vitest";
import { at, dyn, evaluate, fixed, type Input, json, none, openTestEngine, span, typeOf } from "./support/evaluate.ts";

const engine = await openTestEngine();
afterAll(() => engine.close());

const oneToFive = dyn([1, 2, 3, 4, 5]);
const cases: readonly (readonly [name: string, inputs: readonly Input[], expected: unknown])[] = [
  ["array_length", [dyn([1, "four"])], 2],
  ["array_length", [dyn({ a: 1 })], null],
  ["pack_array", [1n, "2", span("2s"), none("long")], [1, "2", "00:00:02", null]],
  ["array_concat", [dyn({ a: 1 }), dyn([99])], [99]],
  ["array_concat", [dyn(null), dyn([1])], [1]],
  ["array_slice", [oneToFive, -3n, -2n], [3, 4]],
  ["array_slice", [oneToFive, 2n, -1n], [3, 4, 5]],
  [
    "array_split",
    [oneToFive, 2n],
    [
      [1, 2],
      [3, 4, 5],
    ],
  ],
  ["array_split", [oneToFive, dyn([1, 3])], [[1], [2, 3], [4, 5]]],
  [
    "array_split",
    [oneToFive, -2n],
    [
      [1, 2, 3],
      [4, 5],
    ],
  ],
  ["array_rotate_left", [oneToFive, 2n], [3, 4, 5, 1, 2]],
  ["array_rotate_right", [oneToFive, -2n], [3, 4, 5, 1, 2]],
  ["array_shift_right", [oneToFive, 2n], [null, null, 1, 2, 3]],
  ["array_shift_right", [oneToFive, -2n, -1n], [3, 4, 5, -1, -1]],
  ["array_shift_left", [oneToFive, 2n], [3, 4, 5, null, null]],
  ["array_iff", [dyn([true, false, null]), dyn([1, 2, 3]), 0n], [1, 0, null]],
  ["array_index_of", [dyn([1, 2, 2]), 2.0], 1],
  ["array_index_of", [dyn(["an", "b", "an"]), "an", 1n], 2],
  ["array_index_of", [dyn(["a"]), "x"], -1],
  ["array_sum", [dyn([1, 2.5])], 3.5],
  ["array_sum", [dyn([1, "x"])], null],
  ["array_sort_asc", [dyn(["b", 2, null, "a", 1])], [1, 2, "a", "b", null]],
  [
    "array_sort_asc",
    [dyn([1, 3, 4, 5, 2]), dyn(["a", "b", "c", "d", "e"])],
    [
      [1, 2, 3, 4, 5],
      ["a", "e", "b", "c", "d"],
    ],
  ],
  ["array_sort_desc", [dyn([null, "blue", "yellow"])], ["yellow", "blue", null]],
  ["array_sort_desc", [dyn([null, "blue", "yellow"]), false], [null, "yellow", "blue"]],
  [
    "zip",
    [dyn(["A", 1, 1.5]), dyn([{}, "B"])],
    [
      ["A", {}],
      [1, "B"],
      [1.5, null],
    ],
  ],
  ["repeat", ["x", 3n], ["x", "x", "x"]],
  ["repeat", ["x", -1n], null],
  ["range", [1n, 8n, 3n], [1, 4, 7]],
  ["range", [3n, 1n], []],
  ["range", [0.0, 1.0, 0.5], [0, 0.5, 1]],
  [
    "range",
    [at("2020-01-01"), at("2020-01-02"), span("1d")],
    ["2020-01-01T00:00:00.0000000Z", "2020-01-02T00:00:00.0000000Z"],
  ],
  ["bag_pack", ["a", none("long"), "b", "x"], { a: null, b: "x" }],
  ["bag_keys", [dyn({ b: 1, a: 2 })], ["b", "a"]],
  ["bag_keys", [dyn([])], null],
  ["bag_merge", [dyn({ a: 1, b: 2 }), dyn({ b: 3, c: 4 })], { a: 1, b: 2, c: 4 }],
  ["bag_remove_keys", [dyn({ a: 1, b: { c: 2, d: 3 } }), dyn(["a", "$.b.c"])], { b: { d: 3 } }],
  ["bag_has_key", [dyn({ a: { b: 1 } }), "$.a.b"], true],
  ["bag_has_key", [dyn({ a: 1 }), "b"], false],
  ["bag_set_key", [dyn({ a: 1 }), "b", 2n], { a: 1, b: 2 }],
  ["bag_set_key", [dyn({ a: 1 }), "$.b.c", 2n], { a: 1, b: { c: 2 } }],
  ["bag_zip", [dyn(["a", 8, "b"]), dyn([1, "2", 2.5])], { a: 1, b: 2.5 }],
  ["bag_zip", [dyn("a"), dyn([1])], null],
  ["treepath", [dyn({ a: [1, { b: 2 }] })], ["['a']", "['a'][0]", "['a'][0]['b']"]],
  ["dynamic_to_json", [dyn({ b: 1, a: { d: 2, c: "x" } })], '{"a":{"c":"x","d":2},"b":1}'],
  ["extract_json", ["$.a[1]['x']", '{"a":[1,{"x":"5"}]}', typeOf("int")], 5],
  ["extract_json", ["$.missing", "{}"], ""],
  ["set_union", [dyn([1, 2, 1]), dyn([2, 3])], [1, 2, 3]],
  ["set_intersect", [dyn([1, 2, 3]), dyn([3, 1])], [1, 3]],
  ["set_difference", [dyn([1, 2, 1, 4]), dyn([1]), dyn([2])], [4]],
  ["set_has_element", [dyn(["a"]), "a"], true],
  ["set_equals", [dyn([1, 2]), dyn([2, 1, 1])], true],
  ["jaccard_index", [dyn([1, 2, 3]), dyn([1, 2, 3, 4])], 0.75],
  ["tostring", [json('{"__proto__":1,"10":2,"9":3}')], '{"__proto__":1,"10":2,"9":3}'],
  [
    "bag_merge",
    [json('{"__proto__":1,"10":2,"9":9007199254740993}')],
    { ["__proto__"]: 1, 10: 2, 9: "9007199254740993" },
  ],
];

test.each(cases.map(([name, inputs, expected]) => ({ name, inputs, expected })))(
  "$name($inputs)",
  async ({ name, inputs, expected }) => {
    expect(await evaluate(engine, name, inputs)).toEqual([expected, expected]);
  },
);

test("nesting without end is no JSON value and no crash", async () => {
  const deep = json("[".repeat(5000) + "]".repeat(5000));
  expect(await evaluate(engine, "array_concat", [fixed(deep)])).toEqual([null, null]);
});
