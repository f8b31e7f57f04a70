import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecayedCounter } from "../../src/stats/decayed-counter.ts";
import { hash64 } from "../../src/stats/hash.ts";
import { HyperLogLog } from "../../src/stats/hyperloglog.ts";
import { QuantileSketch } from "../../src/stats/quantile-sketch.ts";
import { Random } from "../../src/stats/random.ts";
import { Reservoir } from "../../src/stats/reservoir.ts";
import { SpaceSaving } from "../../src/stats/space-saving.ts";
import { Spot } from "../../src/stats/spot.ts";

const viaJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("decayed counter", () => {
  test("halves every half-life and ignores time that runs backwards", () => {
    const counter = new DecayedCounter(10);
    counter.add(0, 8);
    expect(counter.at(10)).toBe(4);
    expect(counter.at(30)).toBe(1);
    expect(counter.add(-100, 1)).toBe(9);
    expect(new DecayedCounter(10, viaJson(counter.snapshot())).at(10)).toBe(4.5);
  });
});

describe("hash", () => {
  test("is stable, and spreads consecutive keys over all bits", () => {
    expect(hash64("ztlens")).toEqual(hash64("ztlens"));
    const bits = new Array<number>(64).fill(0);
    for (let i = 0; i < 4096; i++) {
      const [high, low] = hash64(`user${i}@contoso.com`);
      for (let b = 0; b < 32; b++) {
        bits[b] = (bits[b] ?? 0) + ((low >>> b) & 1);
        bits[32 + b] = (bits[32 + b] ?? 0) + ((high >>> b) & 1);
      }
    }
    // 2048 ± 5 standard deviations of a fair coin.
    for (const ones of bits) expect(Math.abs(ones - 2048)).toBeLessThan(160);
  });
});

describe("HyperLogLog", () => {
  test.each([
    [12, 100],
    [12, 10_000],
    [12, 200_000],
    [8, 5_000],
  ])("precision %i, %i distinct keys: within four standard errors", (precision, distinct) => {
    const sketch = new HyperLogLog(precision);
    for (let i = 0; i < distinct; i++) for (let repeat = 0; repeat < 2; repeat++) sketch.add(`key-${i}`);
    expect(Math.abs(sketch.estimate() / distinct - 1)).toBeLessThan((4 * 1.04) / Math.sqrt(2 ** precision));
  });

  test("a merge counts the union; a snapshot continues", () => {
    const [a, b, both] = [new HyperLogLog(10), new HyperLogLog(10), new HyperLogLog(10)];
    for (let i = 0; i < 3000; i++) {
      (i % 3 === 0 ? a : b).add(`${i}`);
      both.add(`${i}`);
    }
    const restored = new HyperLogLog(10, viaJson(a.snapshot()));
    restored.merge(b);
    expect(restored.estimate()).toBe(both.estimate());
    expect(() => a.merge(new HyperLogLog(11))).toThrow(RangeError);
    expect(() => new HyperLogLog(11, a.snapshot())).toThrow(RangeError);
  });
});

describe("space-saving", () => {
  const stream = fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 400 });

  test("bounds every true count, and misses nothing above N/k", () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 12 }), (keys, k) => {
        const sketch = new SpaceSaving(k);
        const truth = new Map<string, number>();
        for (const key of keys) {
          sketch.add(key);
          truth.set(key, (truth.get(key) ?? 0) + 1);
        }
        const found = new Map(sketch.top().map((entry) => [entry.key, entry]));
        for (const [key, { count, error }] of found) {
          expect(count).toBeGreaterThanOrEqual(truth.get(key) ?? 0);
          expect(count - error).toBeLessThanOrEqual(truth.get(key) ?? 0);
          expect(error).toBeLessThanOrEqual(keys.length / k);
        }
        for (const [key, count] of truth) if (count > keys.length / k) expect(found.has(key)).toBe(true);
      }),
    );
  });

  test("a snapshot at any point continues identically", () => {
    fc.assert(
      fc.property(stream, fc.nat(400), (keys, cut) => {
        const whole = new SpaceSaving(5);
        for (const key of keys) whole.add(key);
        const first = new SpaceSaving(5);
        for (const key of keys.slice(0, cut)) first.add(key);
        const second = new SpaceSaving(5, viaJson(first.snapshot()));
        for (const key of keys.slice(cut)) second.add(key);
        expect(second.snapshot()).toEqual(whole.snapshot());
      }),
    );
  });
});

describe("reservoir", () => {
  test("samples every position equally often", () => {
    const hits = new Array<number>(50).fill(0);
    for (let seed = 0; seed < 4000; seed++) {
      const sample = new Reservoir<number>(5, { items: [], seen: 0, random: seed });
      for (let i = 0; i < 50; i++) sample.add(i);
      for (const item of sample.items) hits[item] = (hits[item] ?? 0) + 1;
    }
    // Expected 400 each, standard deviation 19.
    for (const count of hits) expect(Math.abs(count - 400)).toBeLessThan(100);
  });

  test("a snapshot continues identically", () => {
    const [whole, first] = [new Reservoir<number>(4), new Reservoir<number>(4)];
    for (let i = 0; i < 100; i++) whole.add(i);
    for (let i = 0; i < 37; i++) first.add(i);
    const second = new Reservoir<number>(4, viaJson(first.snapshot()));
    for (let i = 37; i < 100; i++) second.add(i);
    expect(second.snapshot()).toEqual(whole.snapshot());
  });
});

describe("quantile sketch", () => {
  test("answers within its relative error", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sketch = new QuantileSketch(0.01);
          for (const value of values) sketch.add(value);
          const exact = values.sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] as number;
          expect(Math.abs((sketch.quantile(q) as number) / exact - 1)).toBeLessThanOrEqual(0.0101);
        },
      ),
    );
  });

  test("stays within its bins and keeps the high quantiles", () => {
    const sketch = new QuantileSketch(0.01, 64);
    for (let i = 1; i <= 10_000; i++) sketch.add(i);
    expect(sketch.snapshot().bins.length).toBeLessThanOrEqual(64);
    expect(Math.abs((sketch.quantile(0.99) as number) / 9900 - 1)).toBeLessThan(0.011);
    expect(new QuantileSketch(0.01, 64, viaJson(sketch.snapshot())).quantile(0.5)).toBe(sketch.quantile(0.5));
  });

  test("is undefined while empty and refuses what it cannot rank", () => {
    expect(new QuantileSketch().quantile(0.5)).toBeUndefined();
    expect(() => new QuantileSketch().add(-1)).toThrow(RangeError);
    expect(() => new QuantileSketch().add(Number.NaN)).toThrow(RangeError);
  });
});

describe("SPOT", () => {
  const exponential = (random: Random): number => -Math.log(1 - random.next());

  test("an exponential stream gets its own tail probabilities", () => {
    const random = new Random(7);
    const spot = new Spot();
    for (let i = 0; i < 20_000; i++) spot.push(exponential(random));
    // P(X >= x) = e^-x: 2.17 decades at 5, 4.34 at 10.
    expect(spot.score(5)).toBeCloseTo(5 * Math.LOG10E, 0);
    expect(Math.abs(spot.score(10) - 10 * Math.LOG10E)).toBeLessThan(1.2);
    expect(spot.score(0.01)).toBeLessThan(0.05);
  });

  test("alarms at its nominal rate on fresh data", () => {
    const random = new Random(11);
    const spot = new Spot();
    let alarms = 0;
    for (let i = 0; i < 100_000; i++) if (spot.push(exponential(random)) > 3 && i > 2000) alarms += 1;
    expect(alarms).toBeGreaterThan(98 / 3);
    expect(alarms).toBeLessThan(98 * 3);
  });

  test("rises with the value and is capped", () => {
    const random = new Random(3);
    const spot = new Spot();
    for (let i = 0; i < 5000; i++) spot.push(exponential(random));
    let last = 0;
    for (let x = 0.01; x < 1e6; x *= 1.3) {
      const score = spot.score(x);
      expect(score).toBeGreaterThanOrEqual(last - 0.25);
      last = score;
    }
    expect(last).toBeLessThanOrEqual(30);
  });

  test("a snapshot at any point continues identically", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { maxLength: 300 }),
        fc.nat(300),
        (values, cut) => {
          const whole = new Spot();
          const expected = values.map((value) => whole.push(value));
          const first = new Spot();
          const head = values.slice(0, cut).map((value) => first.push(value));
          const second = new Spot(viaJson(first.snapshot()));
          expect([...head, ...values.slice(cut).map((value) => second.push(value))]).toEqual(expected);
        },
      ),
    );
  });
});
