import { describe, expect, test } from "vitest";
import { Cusum } from "../../src/stats/cusum.ts";
import { missingMass } from "../../src/stats/good-turing.ts";
import { poissonDecades } from "../../src/stats/poisson.ts";
import { Random } from "../../src/stats/random.ts";

describe("Good–Turing missing mass", () => {
  test("estimates how often the next item is new", () => {
    const random = new Random(4);
    const uses = new Map<number, number>();
    let [news, expected, singles] = [0, 0, 0];
    for (let i = 0; i < 6000; i++) {
      const item = Math.floor(random.next() ** 4 * 3000);
      const before = uses.get(item) ?? 0;
      if (i >= 1000) {
        expected += missingMass(singles, i);
        news += before === 0 ? 1 : 0;
      }
      if (before < 2) singles += before === 0 ? 1 : -1;
      uses.set(item, before + 1);
    }
    expect(Math.abs(news - expected)).toBeLessThan(4 * Math.sqrt(expected) + 1);
  });

  test("is 1 before anything was seen and refuses negative counts", () => {
    expect(missingMass(0, 0)).toBe(1);
    expect(missingMass(-1, 5)).toBeNaN();
  });
});

describe("the Poisson tail bound", () => {
  const tail = (count: number, mean: number): number => {
    let [term, below] = [Math.exp(-mean), 0];
    for (let k = 0; k < count; k++) {
      below += term;
      term *= mean / (k + 1);
    }
    return 1 - below;
  };

  test.each([
    [8, 2],
    [30, 10],
    [14, 1],
  ])("P(X ≥ %d) at mean %d is never above it, and near", (count, mean) => {
    const bound = 10 ** -poissonDecades(count, mean);
    expect(bound).toBeGreaterThanOrEqual(tail(count, mean));
    expect(bound).toBeLessThan(20 * tail(count, mean));
  });

  test("says nothing at or below the mean, and refuses a mean of 0", () => {
    expect(poissonDecades(3, 3)).toBe(0);
    expect(() => poissonDecades(1, 0)).toThrow(RangeError);
  });
});

describe("the cumulative sum", () => {
  const options = { slack: 0.75, limit: 12, minimum: 20 };
  const noise = (random: Random): number => random.next() + random.next() + random.next() - 1.5;

  test("a lasting rise passes the limit soon; noise does not, and one outlier does not", () => {
    const random = new Random(9);
    const cusum = new Cusum(options);
    let highest = 0;
    for (let i = 0; i < 3000; i++) highest = Math.max(highest, cusum.push(noise(random)));
    expect(highest).toBeLessThan(options.limit);
    expect(cusum.push(50)).toBeLessThan(options.limit);
    const sums = Array.from({ length: 40 }, () => cusum.push(1 + noise(random)));
    expect(sums.findIndex((sum) => sum >= options.limit)).toBeGreaterThan(0);
  });

  test("a drift does not teach itself, and a snapshot continues", () => {
    const random = new Random(9);
    const cusum = new Cusum(options);
    for (let i = 0; i < 200; i++) cusum.push(noise(random));
    const usual = cusum.mean;
    for (let i = 0; i < 50; i++) cusum.push(2);
    expect(Math.abs(cusum.mean - usual)).toBeLessThan(0.3);
    const copy = new Cusum(options, JSON.parse(JSON.stringify(cusum.snapshot())));
    expect([copy.push(1), copy.count]).toEqual([cusum.push(1), cusum.count]);
  });
});
