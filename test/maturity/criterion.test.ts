import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LADDER, STAGES, type Stage, type State } from "../../src/core/maturity.ts";
import type { CriterionDefinition, Measurement } from "../../src/maturity/types.ts";
import { definition, evaluate, measured } from "./support.ts";

interface Case {
  readonly name: string;
  readonly definition?: Partial<CriterionDefinition>;
  readonly measured: Measurement;
  readonly state: State;
  readonly stage: Stage;
  readonly reason: RegExp;
}

const atMost: Partial<CriterionDefinition> = {
  direction: "atMost",
  thresholds: { initial: 0.05, intermediate: 0.01, optimal: 0 },
};
const twins: Partial<CriterionDefinition> = { tables: [["AZFWNetworkRule", "AzureDiagnostics"], "NTANetAnalytics"] };

const cases: readonly Case[] = [
  {
    name: "all of many",
    measured: measured(10_000, 10_000),
    state: "met",
    stage: "optimal",
    reason: /≥ 99.0 % for Optimal/,
  },
  {
    name: "the rate reaches the threshold, its lower bound does not",
    measured: measured(96, 100),
    state: "met",
    stage: "initial",
    reason: /96 of 100 \(96.0 %, 95 % lower bound 90.2 %\) holds Initial and misses ≥ 95.0 % for Intermediate/,
  },
  {
    name: "below the first stage",
    measured: measured(80, 100),
    state: "not_met",
    stage: "traditional",
    reason: /misses ≥ 80.0 % for Initial/,
  },
  { name: "none", measured: measured(0, 100), state: "not_met", stage: "traditional", reason: /0 of 100/ },
  {
    name: "too few",
    measured: measured(29, 29),
    state: "insufficient",
    stage: "not_assessable",
    reason: /29 observed where at least 30/,
  },
  { name: "no row", measured: measured(null, null), state: "insufficient", stage: "not_assessable", reason: /no row/ },
  {
    name: "no event, and no minimum",
    definition: { minimum: 0 },
    measured: measured(0, 0),
    state: "insufficient",
    stage: "not_assessable",
    reason: /0 observed/,
  },
  {
    name: "no table",
    measured: measured(100, 100, { presentTables: [] }),
    state: "absent",
    stage: "not_assessable",
    reason: /No data in SigninLogs/,
  },
  {
    name: "absent beats partial and stale",
    measured: measured(100, 100, { presentTables: [], staleTables: ["SigninLogs"], partial: "truncated" }),
    state: "absent",
    stage: "not_assessable",
    reason: /No data/,
  },
  {
    name: "stale",
    measured: measured(100, 100, { staleTables: ["SigninLogs"] }),
    state: "stale",
    stage: "not_assessable",
    reason: /older than expected/,
  },
  {
    name: "partial",
    measured: measured(100, 100, { partial: "500,000 rows." }),
    state: "partial",
    stage: "not_assessable",
    reason: /incomplete: 500,000 rows/,
  },
  {
    name: "more hits than events",
    measured: measured(101, 100),
    state: "partial",
    stage: "not_assessable",
    reason: /101 above denominator 100/,
  },
  {
    name: "one of two alternatives is enough",
    definition: twins,
    measured: measured(9999, 10_000, { presentTables: ["AzureDiagnostics", "NTANetAnalytics"] }),
    state: "met",
    stage: "optimal",
    reason: /Optimal/,
  },
  {
    name: "a stale twin does not hurt beside a fresh one",
    definition: twins,
    measured: measured(9999, 10_000, {
      presentTables: ["AzureDiagnostics", "AZFWNetworkRule", "NTANetAnalytics"],
      staleTables: ["AzureDiagnostics"],
    }),
    state: "met",
    stage: "optimal",
    reason: /Optimal/,
  },
  {
    name: "every alternative is missing",
    definition: twins,
    measured: measured(9999, 10_000, { presentTables: ["NTANetAnalytics"] }),
    state: "absent",
    stage: "not_assessable",
    reason: /No data in AZFWNetworkRule or AzureDiagnostics\./,
  },
  {
    name: "at most: none of many",
    definition: atMost,
    measured: measured(0, 5000),
    state: "met",
    stage: "optimal",
    reason: /0 of 5000 holds ≤ 0.0 % for Optimal/,
  },
  {
    name: "at most 0 is exact",
    definition: atMost,
    measured: measured(1, 100_000),
    state: "met",
    stage: "intermediate",
    reason: /misses ≤ 0.0 % for Optimal/,
  },
  {
    name: "at most: the upper bound decides",
    definition: atMost,
    measured: measured(1, 40),
    state: "not_met",
    stage: "traditional",
    reason: /upper bound 12.9 %/,
  },
  {
    name: "at least 1 is exact",
    definition: { thresholds: { initial: 1 } },
    measured: measured(30, 30),
    state: "met",
    stage: "optimal",
    reason: /30 of 30 holds ≥ 100.0 %/,
  },
  {
    name: "at least 1 misses by one",
    definition: { thresholds: { initial: 1 } },
    measured: measured(99_999, 100_000),
    state: "not_met",
    stage: "traditional",
    reason: /99999 of 100000 misses/,
  },
  {
    name: "a missing threshold inherits the lower one",
    definition: { thresholds: { initial: 0.8 } },
    measured: measured(900, 1000),
    state: "met",
    stage: "optimal",
    reason: /≥ 80.0 % for Optimal/,
  },
  {
    name: "first required later: a lower threshold alone does not count",
    definition: { stage: "intermediate" },
    measured: measured(900, 1000),
    state: "not_met",
    stage: "traditional",
    reason: /misses ≥ 95.0 % for Intermediate/,
  },
  {
    name: "targets that differ per stage",
    measured: measured(null, 1000, { perStage: { initial: 1000, intermediate: 990, optimal: 400 } }),
    state: "met",
    stage: "intermediate",
    reason: /400 of 1000 .* misses ≥ 99.0 % for Optimal/,
  },
  {
    name: "the stages are climbed, not jumped",
    measured: measured(null, 1000, { perStage: { initial: 1000, intermediate: 100, optimal: 1000 } }),
    state: "met",
    stage: "initial",
    reason: /misses ≥ 95.0 % for Intermediate/,
  },
];

describe("a measurement becomes a state", () => {
  test.each(cases)(
    "$name → $state, $stage",
    ({ definition: changes = {}, measured: measurement, state, stage, reason }) => {
      const result = evaluate(changes, measurement);
      expect({ state: result.state, stage: result.stage }).toEqual({ state, stage });
      expect(result.reason).toMatch(reason);
    },
  );

  test("carries its arithmetic and the digest of the query as run", () => {
    const query = "SigninLogs | take 1";
    const result = evaluate({}, measured(96, 100, { query }));
    expect(result).toMatchObject({ numerator: 96, denominator: 100, value: 0.96, query, requiredFrom: "initial" });
    expect(result.queryDigest).toBe(createHash("sha256").update(query).digest("hex"));
    expect(result.low).toBeLessThan(0.96);
    expect(result.high).toBeGreaterThan(0.96);
  });

  test("shows no numbers for tables that are not there", () => {
    const result = evaluate({}, measured(0, 100, { presentTables: [] }));
    expect(result).toMatchObject({ numerator: null, denominator: null, value: null, low: null, high: null });
  });

  test("refuses a definition without a threshold for its stage", () => {
    expect(() => evaluate({ thresholds: { optimal: 0.9 } }, measured(99, 100))).toThrow(/ID-01 has no threshold/);
  });

  test("a bound just below the threshold is not rounded up to it", () => {
    const result = evaluate({ thresholds: { initial: 0.8 } }, measured(1_603_100, 2_002_900));
    expect(result.state).toBe("not_met");
    const shown = /lower bound ([\d.]+) %/.exec(result.reason)?.[1];
    expect(Number(shown)).toBeLessThan(80);
  });
});

const position = (stage: Stage): number => STAGES.indexOf(stage as (typeof STAGES)[number]);
const share = fc.integer({ min: 30, max: 5000 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));

describe("invariants", () => {
  test("more good events never lower the stage; more bad ones never raise it", () => {
    fc.assert(
      fc.property(share, fc.constantFrom(...LADDER), ([k, n], stage) => {
        fc.pre(k < n);
        const up = { stage };
        expect(position(evaluate(up, measured(k + 1, n)).stage)).toBeGreaterThanOrEqual(
          position(evaluate(up, measured(k, n)).stage),
        );
        const down = { ...atMost, stage };
        expect(position(evaluate(down, measured(k + 1, n)).stage)).toBeLessThanOrEqual(
          position(evaluate(down, measured(k, n)).stage),
        );
      }),
    );
  });

  test("whatever is missing, there is no stage; and a stage above traditional is met", () => {
    const holes = fc.record({
      presentTables: fc.subarray(["SigninLogs"]),
      staleTables: fc.subarray(["SigninLogs"]),
      partial: fc.option(fc.constant("truncated"), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.tuple(fc.nat(200), fc.nat(200)), holes, ([k, n], { partial, ...tables }) => {
        const measurement = measured(k, n, { ...tables, ...(partial ? { partial } : {}) });
        const result = evaluate({}, measurement);
        const complete =
          tables.presentTables.length === 1 && tables.staleTables.length === 0 && !partial && n >= 30 && k <= n;
        expect(result.stage !== "not_assessable").toBe(complete);
        expect(position(result.stage) > 0).toBe(result.state === "met");
        expect(result.minimum).toBe(definition().minimum);
      }),
    );
  });
});
