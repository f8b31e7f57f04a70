import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { benjaminiHochberg } from "../../src/stats/benjamini-hochberg.ts";
import { bowleySkew, quartiles } from "../../src/stats/bowley.ts";
import { robustBaseline, robustZ } from "../../src/stats/robust-z.ts";
import { theilSen } from "../../src/stats/theil-sen.ts";
import { wilson } from "../../src/stats/wilson.ts";

const counts = fc.nat(100_000).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));

describe("wilson", () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("%i of %i", (successes, trials, low, high) => {
    const interval = wilson(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test("knows nothing without trials and refuses what is no proportion", () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
    for (const [a, b] of [
      [2, 1],
      [-1, 3],
      [Number.NaN, 3],
      [1, Infinity],
    ] as const) {
      expect(() => wilson(a, b)).toThrow(RangeError);
    }
  });

  test("contains the rate, lies in [0, 1] and mirrors", () => {
    fc.assert(
      fc.property(counts, ([k, n]) => {
        fc.pre(n > 0);
        const { low, high } = wilson(k, n);
        const mirrored = wilson(n - k, n);
        expect(low).toBeLessThanOrEqual(k / n);
        expect(high).toBeGreaterThanOrEqual(k / n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(1 - mirrored.high).toBeCloseTo(low, 10);
      }),
    );
  });

  test("rises with the successes and narrows with the trials", () => {
    fc.assert(
      fc.property(counts, ([k, n]) => {
        fc.pre(k < n);
        expect(wilson(k + 1, n).low).toBeGreaterThan(wilson(k, n).low);
        const [one, ten] = [wilson(k, n), wilson(10 * k, 10 * n)];
        expect(ten.high - ten.low).toBeLessThan(one.high - one.low);
      }),
    );
  });
});

describe("robust z", () => {
  test("median and MAD of a sample with an outlier", () => {
    // Deviations of 1 1 2 2 4 6 9 from its median 2 are 1 1 0 0 2 4 7.
    expect(robustBaseline([1, 1, 2, 2, 4, 6, 9])).toEqual({
      median: 2,
      mad: 1,
    });
    expect(robustZ(9, { median: 2, mad: 1 })).toBeCloseTo(7 / 1.4826, 12);
  });

  test("a constant baseline gives a finite score", () => {
    expect(robustZ(3, robustBaseline([2, 2, 2]), 1)).toBe(1);
  });

  test("does not reorder the sample", () => {
    const sample = [3, 1, 2];
    robustBaseline(sample);
    expect(sample).toEqual([3, 1, 2]);
  });
});

describe("Bowley skewness", () => {
  test.each([
    ["symmetric", [1, 2, 3, 4, 5], 0],
    ["constant", [7, 7, 7], 0],
    ["right", [1, 2, 3, 8, 20], (1.5 + 14 - 6) / 12.5],
    ["one value", [4], 0],
  ])("%s", (_name, sorted, expected) => expect(bowleySkew(quartiles(sorted))).toBeCloseTo(expected, 12));

  test("lies in [-1, 1]", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), {
          minLength: 1,
        }),
        (values) => {
          expect(Math.abs(bowleySkew(quartiles(values.sort((a, b) => a - b))))).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });
});

describe("Theil-Sen", () => {
  test("finds the line through 29 % of garbage", () => {
    const points = Array.from({ length: 20 }, (_, x) => [x, x % 5 === 0 ? 1000 : 2 * x + 1] as const);
    expect(theilSen(points)).toEqual({ slope: 2, intercept: 1 });
  });

  test("is undefined without two distinct x", () => {
    expect(theilSen([])).toBeUndefined();
    expect(
      theilSen([
        [1, 2],
        [1, 5],
      ]),
    ).toBeUndefined();
  });
});

describe("Benjamini-Hochberg", () => {
  test("equals the adjustment of R's p.adjust(method = 'BH')", () => {
    expect(benjaminiHochberg([0.01, 0.04, 0.03, 0.005])).toEqual([0.02, 0.04, 0.04, 0.02]);
    expect(benjaminiHochberg([])).toEqual([]);
  });

  test("keeps the order of the p-values and never lowers one", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (p) => {
        const q = benjaminiHochberg(p);
        for (const [i, value] of p.entries()) {
          expect(q[i]).toBeGreaterThanOrEqual(value * (1 - 1e-12));
          for (const [j, other] of p.entries()) if (value < other) expect(q[i]).toBeLessThanOrEqual(q[j] as number);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("refuses what is no probability", () => expect(() => benjaminiHochberg([0.1, 1.2])).toThrow(RangeError));
});
