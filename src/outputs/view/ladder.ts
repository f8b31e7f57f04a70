import type { CriterionResult, PillarResult } from "../../core/assessment.ts";
import { LADDER, type LadderStage, type Stage } from "../../core/maturity.ts";

export { isUnassessed, STAGE_TITLES, STATE_TITLES } from "../../core/maturity.ts";

const rank = (stage: Stage): number => LADDER.indexOf(stage as LadderStage);

/**
 * The stage that a pillar works towards: the next that requires anything, since a stage that requires nothing is passed
 * over. Undefined at the top, and without criteria.
 */
export const nextStage = ({ stage, criteria }: PillarResult): LadderStage | undefined =>
  LADDER.find(
    (step) => rank(step) > rank(stage) && criteria.some(({ requiredFrom }) => rank(requiredFrom) <= rank(step)),
  );

/** The threshold at a stage; a stage without its own inherits the next lower one. */
export function thresholdAt(criterion: CriterionResult, stage: LadderStage): number | undefined {
  for (let i = LADDER.indexOf(stage); i >= 0; i--) {
    const own = criterion.thresholds[LADDER[i] as LadderStage];
    if (own !== undefined) return own;
  }
  return undefined;
}

/** A criterion that keeps a pillar from a stage. `bound` is the side of the interval that must pass `threshold`. */
export interface Blocker {
  readonly id: string;
  readonly criterion: CriterionResult | undefined;
  readonly stage: LadderStage | undefined;
  readonly threshold: number | undefined;
  readonly bound: number | null;
}

/** What `blockedBy` names, with the arithmetic; an id without a criterion is kept, so that nothing is hidden. */
export function blockers(pillar: PillarResult): Blocker[] {
  const stage = nextStage(pillar);
  const byId = new Map(pillar.criteria.map((criterion) => [criterion.id, criterion]));
  return pillar.blockedBy.map((id) => {
    const criterion = byId.get(id);
    const threshold = criterion && stage ? thresholdAt(criterion, stage) : undefined;
    const bound = criterion ? (criterion.direction === "atLeast" ? criterion.low : criterion.high) : null;
    return { id, criterion, stage, threshold, bound };
  });
}
