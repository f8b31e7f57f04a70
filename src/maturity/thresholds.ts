import { UsageError } from "../core/errors.ts";
import { type Direction, LADDER, type LadderStage, STAGES, type Stage, type Thresholds } from "../core/maturity.ts";
import { wilson } from "../stats/wilson.ts";

/** Position of a stage on `traditional < initial < intermediate < optimal`; −1 for `not_assessable`. */
export const rank = (stage: Stage): number => STAGES.indexOf(stage as (typeof STAGES)[number]);

/** The threshold that counts at a stage: its own, or that of the next lower stage which has one. */
export function thresholdAt(thresholds: Thresholds, stage: LadderStage): number | undefined {
  const upTo = LADDER.slice(0, LADDER.indexOf(stage) + 1);
  return upTo.reduce<number | undefined>((inherited, step) => thresholds[step] ?? inherited, undefined);
}

/** The threshold at the criterion's first required stage or above. Throws UsageError when the definition has none. */
export function requiredThreshold(definition: { id: string; thresholds: Thresholds }, stage: LadderStage): number {
  const threshold = thresholdAt(definition.thresholds, stage);
  if (threshold === undefined) {
    throw new UsageError(`Criterion ${definition.id} has no threshold at or below its stage ${stage}.`);
  }
  return threshold;
}

/**
 * Whether a proportion beats a threshold with confidence: the Wilson 95 % lower bound reaches an `atLeast` threshold,
 * the upper bound stays within an `atMost` one. An interval never reaches its end of the scale, so "all of them"
 * (atLeast 1) and "none of them" (atMost 0) are exact: numerator = denominator, numerator = 0.
 */
export function holds(direction: Direction, threshold: number, numerator: number, denominator: number): boolean {
  if (direction === "atLeast") {
    return threshold >= 1 ? numerator === denominator : wilson(numerator, denominator).low >= threshold;
  }
  return threshold <= 0 ? numerator === 0 : wilson(numerator, denominator).high <= threshold;
}

/** The stage above the reached one at which the criterion counts, with its threshold; undefined at the top. */
export function nextThreshold(
  definition: { readonly id: string; readonly stage: LadderStage; readonly thresholds: Thresholds },
  reached: Stage,
): { readonly stage: LadderStage; readonly threshold: number } | undefined {
  const stage = LADDER.find((step) => rank(step) > rank(reached) && rank(step) >= rank(definition.stage));
  return stage && { stage, threshold: requiredThreshold(definition, stage) };
}
