import type { CriterionResult, PillarResult, VerificationRate } from "../core/assessment.ts";
import { LADDER, type Pillar, type Stage } from "../core/maturity.ts";
import { rank } from "./thresholds.ts";

type Judged = Pick<CriterionResult, "id" | "state" | "stage" | "requiredFrom">;

const isAssessed = ({ state }: Judged): boolean => state === "met" || state === "not_met" || state === "excepted";

interface PillarStage {
  readonly stage: Stage;
  readonly blockedBy: readonly string[];
}

/**
 * The highest stage at which every criterion required there or below holds, and so at all lower stages. A stage that
 * requires nothing proves nothing and is passed over. Where a required criterion cannot be assessed, the stage proven
 * below it stands; with none proven, the pillar is `not_assessable`. `blockedBy` lists what keeps it from the next stage.
 */
export function pillarStage(criteria: readonly Judged[]): PillarStage {
  let proven: Stage | undefined;
  for (const step of LADDER) {
    const required = criteria.filter(({ requiredFrom }) => rank(requiredFrom) <= rank(step));
    if (required.length === 0) continue;
    const failing = required.filter((criterion) => !isAssessed(criterion) || rank(criterion.stage) < rank(step));
    if (failing.length === 0) {
      proven = step;
      continue;
    }
    const guess: Stage = failing.every(isAssessed) ? "traditional" : "not_assessable";
    return { stage: proven ?? guess, blockedBy: failing.map(({ id }) => id) };
  }
  return { stage: proven ?? "not_assessable", blockedBy: [] };
}

/** A pillar's result from its criteria and the verification rate of its events; what else the rate carries stays out. */
export function evaluatePillar(
  pillar: Pillar,
  criteria: readonly CriterionResult[],
  { verified, failed, unknown, rate, low, high }: VerificationRate,
): PillarResult {
  const continuousVerification = { verified, failed, unknown, rate, low, high };
  return { pillar, ...pillarStage(criteria), continuousVerification, criteria };
}
