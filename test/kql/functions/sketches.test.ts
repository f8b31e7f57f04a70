import { afterAll, expect, test } from "vitest";
import type { Value } from "../../../src/core/kusto.ts";
import { aggregate, dyn, evaluate, type Input, json, openTestEngine, typeOf } from "./support/evaluate.ts";

const engine = await openTestEngine();
afterAll(() => engine.close());

const longs = (count: number): [bigint][] => Array.from({ length: count }, (_, i) => [BigInt(i + 1)]);
const state = async (name: string, count: number): Promise<Input> =>
  json(JSON.stringify(await aggregate(engine, name, ["long"], longs(count))));
const one = async (name: string, ...inputs: Input[]): Promise<Value> =>
  (await evaluate(engine, name, inputs))[0] ?? null;

test("few distinct values are counted exactly, and merged ones once", async () => {
  const [small, large] = [await state("hll", 100), await state("hll", 250)];
  expect(await one("dcount_hll", small)).toBe(100);
  const merged = await one("hll_merge", small, large);
  expect(await one("dcount_hll", dyn(merged))).toBe(250);
});

test("many distinct values are counted within two percent", async () => {
  const sketch = json(
    String(
      JSON.stringify(
        (await engine.rows("SELECT kql_hll(list((hash(i) >> 11)::BIGINT)) FROM range(50000) t(i)"))[0]?.[0],
      ),
    )
      .slice(1, -1)
      .replaceAll('\\"', '"'),
  );
  expect(Math.abs(Number(await one("dcount_hll", sketch)) / 50000 - 1)).toBeLessThan(0.02);
  expect(await one("hll_isvalid", sketch)).toBe(true);
  expect(await one("hll_isvalid", dyn({}))).toBe(false);
});

test("a digest gives ranks and percentiles", async () => {
  const digest = await state("tdigest", 1000);
  expect(await one("rank_tdigest", digest, 685n)).toBe(685);
  expect(await one("percentrank_tdigest", digest, 250n)).toBe(25);
  expect(await one("percentile_tdigest", digest, 50n, typeOf("long"))).toBe(500);
  expect(await one("percentiles_array_tdigest", digest, 25n, 100n)).toEqual([250, 1000]);
  const merged = await one("merge_tdigest", digest, await state("tdigest", 2000));
  expect(await one("percentile_tdigest", dyn(merged), 100n)).toBe(2000);
});

test("weights count", async () => {
  const digest = await aggregate(
    engine,
    "tdigest",
    ["real", "long"],
    [
      [1, 1n],
      [2, 2n],
    ],
  );
  expect(await one("percentile_tdigest", dyn(digest), 50n)).toBe(2);
});
