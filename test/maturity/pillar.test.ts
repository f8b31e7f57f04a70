import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CriterionResult } from "../../src/core/assessment.ts";
import { LADDER, type LadderStage, STAGES, type Stage, type State } from "../../src/core/maturity.ts";
import { pillarStage } from "../../src/maturity/pillar.ts";
import { evaluate, measured } from "./support.ts";

const template = evaluate({}, measured(1000, 1000));

/** "initial:met@optimal": required from initial, met, holds up to optimal. */
function criterion(text: string): CriterionResult {
  const [id = "", requiredFrom, state, stage = "not_assessable"] = text.split(/[:@=]/);
  return { ...template, id, requiredFrom: requiredFrom as LadderStage, state: state as State, stage: stage as Stage };
}

const table: readonly (readonly [criteria: string, stage: Stage, blockedBy: string])[] = [
  ["", "not_assessable", ""],
  ["A=initial:met@optimal B=intermediate:met@optimal C=optimal:met@optimal", "optimal", ""],
  ["A=initial:met@optimal B=intermediate:met@optimal C=optimal:not_met@traditional", "intermediate", "C"],
  ["A=initial:met@initial B=intermediate:met@optimal", "initial", "A"],
  ["A=initial:not_met@traditional B=intermediate:met@optimal", "traditional", "A"],
  ["A=initial:met@optimal B=initial:absent", "not_assessable", "B"],
  ["A=initial:not_met@traditional B=initial:absent", "not_assessable", "A B"],
  ["A=initial:not_met@traditional B=intermediate:absent", "traditional", "A"],
  ["A=initial:met@optimal B=intermediate:stale", "initial", "B"],
  ["A=initial:met@initial B=intermediate:partial", "initial", "A B"],
  ["A=initial:met@optimal B=intermediate:met@optimal C=optimal:insufficient", "intermediate", "C"],
  ["A=initial:excepted@optimal B=intermediate:met@intermediate", "intermediate", "B"],
  ["A=intermediate:met@optimal", "optimal", ""],
  ["A=intermediate:not_met@traditional", "traditional", "A"],
  ["A=intermediate:absent", "not_assessable", "A"],
];

describe("a pillar's stage is the highest whose criteria, and those of all lower stages, hold", () => {
  test.each(table)("[%s] → %s, blocked by [%s]", (criteria, stage, blockedBy) => {
    const results = criteria.split(" ").filter(Boolean).map(criterion);
    expect(pillarStage(results)).toEqual({ stage, blockedBy: blockedBy.split(" ").filter(Boolean) });
  });
});

const anyCriterion = fc
  .record({
    id: fc.string(),
    requiredFrom: fc.constantFrom(...LADDER),
    up: fc.nat(2),
    kind: fc.constantFrom("met", "not_met", "absent"),
  })
  .map(({ id, requiredFrom, up, kind }): CriterionResult => {
    const reached = LADDER[Math.min(2, LADDER.indexOf(requiredFrom) + up)] as Stage;
    const stage = kind === "met" ? reached : kind === "not_met" ? "traditional" : "not_assessable";
    return { ...template, id, requiredFrom, state: kind as State, stage };
  });

const position = (stage: Stage): number => STAGES.indexOf(stage as (typeof STAGES)[number]);

describe("invariants", () => {
  test("the order of the criteria does not matter", () => {
    fc.assert(
      fc.property(fc.array(anyCriterion, { maxLength: 8 }), (criteria) => {
        expect(pillarStage(criteria.toReversed()).stage).toBe(pillarStage(criteria).stage);
      }),
    );
  });

  test("no criterion required at the pillar's stage or below fails it", () => {
    fc.assert(
      fc.property(fc.array(anyCriterion, { maxLength: 8 }), (criteria) => {
        const { stage } = pillarStage(criteria);
        fc.pre(position(stage) > 0);
        for (const { requiredFrom, stage: own } of criteria) {
          if (position(requiredFrom) <= position(stage)) expect(position(own)).toBeGreaterThanOrEqual(position(stage));
        }
      }),
    );
  });

  test("losing the data of a criterion never raises the stage, and never turns into a lower verdict", () => {
    fc.assert(
      fc.property(fc.array(anyCriterion, { minLength: 1, maxLength: 8 }), fc.nat(7), (criteria, at) => {
        const index = at % criteria.length;
        const lost = criteria.with(index, {
          ...(criteria[index] as CriterionResult),
          state: "absent",
          stage: "not_assessable",
        });
        const [before, after] = [pillarStage(criteria).stage, pillarStage(lost).stage];
        if (position(after) > 0) expect(position(after)).toBeLessThanOrEqual(position(before));
        if (after === "traditional") expect(before).toBe("traditional");
      }),
    );
  });
});
