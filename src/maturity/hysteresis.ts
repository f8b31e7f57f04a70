import type { Stage } from "../core/maturity.ts";
import { rank } from "./thresholds.ts";

export interface HysteresisRule {
  /** Buckets in a row that must reach a higher stage before it counts. */
  readonly promoteAfter: number;
  /** Buckets in a row below the confirmed stage before it is lost. */
  readonly demoteAfter: number;
}

const DEFAULT_RULE: HysteresisRule = { promoteAfter: 2, demoteAfter: 1 };

/** The lowest stage of a non-empty list. */
const lowest = (stages: readonly Stage[]): Stage =>
  stages.reduce((low, stage) => (rank(stage) < rank(low) ? stage : low));
const highest = (stages: readonly Stage[]): Stage =>
  stages.reduce((high, stage) => (rank(stage) > rank(high) ? stage : high));

/**
 * The confirmed stage after each bucket (weekly, oldest first): promoted to what the last `promoteAfter` buckets all
 * reached, demoted to the best of the last `demoteAfter` buckets below it. A bucket that could not be assessed neither
 * promotes nor demotes and breaks a run; before the first assessed bucket nothing is confirmed. O(n).
 */
export function confirmStages(buckets: readonly Stage[], rule: HysteresisRule = DEFAULT_RULE): Stage[] {
  let confirmed: Stage = "not_assessable";
  let run: Stage[] = [];
  return buckets.map((stage) => {
    if (stage === "not_assessable") {
      run = [];
      return confirmed;
    }
    run.push(stage);
    const [up, down] = [run.slice(-rule.promoteAfter), run.slice(-rule.demoteAfter)];
    if (confirmed === "not_assessable") confirmed = stage;
    else if (up.length === rule.promoteAfter && rank(lowest(up)) > rank(confirmed)) confirmed = lowest(up);
    else if (down.length === rule.demoteAfter && rank(highest(down)) < rank(confirmed)) confirmed = highest(down);
    return confirmed;
  });
}
