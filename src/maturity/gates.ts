import type { CriterionResult } from "../core/assessment.ts";
import { LADDER, type LadderStage, type Pillar } from "../core/maturity.ts";
import { rank } from "./thresholds.ts";

export type Gated = Pick<CriterionResult, "id" | "state" | "stage" | "requiredFrom" | "gate"> & {
  readonly pillar: Pillar;
};

/** What an organisation needs before it leaves a stage, or sustains the last one. */
export interface Gate {
  readonly leaves: LadderStage;
  readonly holds: boolean;
  readonly criteria: readonly (Pick<CriterionResult, "id" | "state"> & {
    readonly pillar: Pillar;
    readonly holds: boolean;
  })[];
}

/**
 * The model's next steps between its stages, from the lowest on: monitoring and identity protection after Initial,
 * policy and posture management after Intermediate, automation, prediction and response to sustain Optimal. A criterion
 * holds where it has reached the stage that first requires it; what cannot be assessed does not.
 */
export function gatesOf(criteria: readonly Gated[]): Gate[] {
  return LADDER.flatMap((leaves): Gate[] => {
    const own = criteria
      .filter(({ gate }) => gate === leaves)
      .map(({ id, pillar, state, stage, requiredFrom }) => {
        return { id, pillar, state, holds: rank(stage) >= rank(requiredFrom) };
      });
    return own.length === 0 ? [] : [{ leaves, holds: own.every(({ holds }) => holds), criteria: own }];
  });
}
