import { describe, expect, test } from "vitest";
import type { Assessment, CriterionResult } from "../../src/core/assessment.ts";
import { compareAssessments } from "../../src/maturity/compare.ts";
import { evaluatePillar } from "../../src/maturity/pillar.ts";
import { twoProportions } from "../../src/stats/two-proportions.ts";
import { evaluate, measured } from "./support.ts";

const NO_EVENTS = { verified: 0, failed: 0, unknown: 0, rate: null, low: null, high: null };

const assessment = (asOf: string, ...criteria: CriterionResult[]): Assessment => ({
  asOf,
  window: { start: asOf, end: asOf },
  tool: { name: "ztlens", version: "0.0.0" },
  pillars: [evaluatePillar("identities", criteria, NO_EVENTS)],
  anomalies: [],
  inputs: [],
  warnings: [],
});

const compare = (before: CriterionResult[], after: CriterionResult[]) =>
  compareAssessments(assessment("2026-05-01", ...before), assessment("2026-06-01", ...after));

const share = (id: string, k: number, n: number, changes = {}): CriterionResult =>
  evaluate({ id, ...changes }, measured(k, n));
const gone = (id: string): CriterionResult => evaluate({ id }, measured(1, 1, { presentTables: [] }));
const atMost = { direction: "atMost", thresholds: { initial: 0.2, optimal: 0 } };

describe("two proportions", () => {
  // z = (0.45 - 0.60) / sqrt(0.525 * 0.475 * 0.02) = -2.1241; two-sided normal tail 0.03366.
  test("45 of 100 against 60 of 100", () => expect(twoProportions(45, 100, 60, 100)).toBeCloseTo(0.03366, 4));
  test("nothing to compare", () => {
    expect(twoProportions(0, 10, 0, 99)).toBe(1);
    expect(twoProportions(10, 10, 99, 99)).toBe(1);
    expect(() => twoProportions(1, 0, 1, 1)).toThrow(RangeError);
  });
});

describe("what changed", () => {
  test.each([
    [
      "a stage up",
      share("A", 900, 1000),
      share("A", 980, 1000),
      "improved",
      /^From Initial at 90.0 % to Intermediate at 98.0 % \(q < 0.0001\)\.$/,
    ],
    [
      "a stage down",
      share("A", 999, 1000),
      share("A", 900, 1000),
      "worsened",
      /^From Optimal at 99.9 % to Initial at 90.0 %/,
    ],
    [
      "better within its stage",
      share("A", 8500, 10_000),
      share("A", 9000, 10_000),
      "improved",
      /^From Initial at 85.0 % to Initial at 90.0 %/,
    ],
    [
      "chance",
      share("A", 880, 1000),
      share("A", 890, 1000),
      "unchanged",
      /^From Initial at 88.0 % to Initial at 89.0 % \(q = 0\.\d+\)\.$/,
    ],
    ["nothing", share("A", 880, 1000), share("A", 880, 1000), "unchanged", /^Still Initial at 88.0 % \(q = 1.0\)/],
    [
      "fewer failures",
      share("A", 1500, 10_000, atMost),
      share("A", 100, 10_000, atMost),
      "improved",
      /^From Intermediate at 15.0 % to Intermediate at 1.0 %/,
    ],
    ["a lost table", share("A", 999, 1000), gone("A"), "lost", /now there is no verdict: No data in SigninLogs/],
    [
      "a table that came",
      gone("A"),
      share("A", 999, 1000),
      "gained",
      /^Now Optimal at 99.9 %; before there was no verdict: No data/,
    ],
    ["still no data", gone("A"), gone("A"), "unchanged", /^Still absent/],
    [
      "another query",
      share("A", 8500, 10_000),
      share("A", 9000, 10_000, { query: "SigninLogs | count" }),
      "unchanged",
      /The query itself has changed\.$/,
    ],
  ] as const)("%s", (_name, before, after, kind, reason) => {
    const [change] = compare([before], [after]).criteria;
    expect(change?.kind).toBe(kind);
    expect(change?.reason).toMatch(reason);
  });

  test("criteria that came and went", () => {
    const { criteria } = compare([share("A", 999, 1000)], [share("B", 999, 1000)]);
    expect(criteria.map(({ id, kind }) => [id, kind])).toEqual([
      ["A", "removed"],
      ["B", "added"],
    ]);
  });

  test("of many comparisons one chance hit is no change", () => {
    const many = (k: number) => Array.from({ length: 40 }, (_, i) => share(`C${i}`, i === 7 ? k : 900, 1000));
    // 900 against 872 of 1000: p = 0.05 alone.
    expect(twoProportions(900, 1000, 872, 1000)).toBeLessThan(0.05);
    expect(compare(many(900), many(872)).criteria.every(({ kind }) => kind === "unchanged")).toBe(true);
  });

  test("the criterion that moved the pillar, changes first", () => {
    const before = [share("A", 900, 1000), share("B", 9999, 10_000)];
    const after = [share("A", 9999, 10_000), share("B", 9999, 10_000)];
    const comparison = compare(before, after);
    expect(comparison.pillars).toEqual([{ pillar: "identities", before: "initial", after: "optimal", because: ["A"] }]);
    expect(comparison.criteria.map(({ id }) => id)).toEqual(["A", "B"]);
  });
});
