import { type Direction, LADDER, type LadderStage, type Stage, type State } from "../core/maturity.ts";
import { wilson } from "../stats/wilson.ts";
import { availability, requirementText } from "./availability.ts";
import { bound, percent, stageTitle } from "./format.ts";
import { holds, rank, requiredThreshold } from "./thresholds.ts";
import type { CriterionDefinition, Measurement } from "./types.ts";

export interface Verdict {
  readonly state: State;
  readonly stage: Stage;
  readonly reason: string;
}

const unassessed = (state: State, reason: string): Verdict => ({ state, stage: "not_assessable", reason });

/** Why the measurement carries no verdict, or undefined when it does. */
function obstacle(definition: CriterionDefinition, measured: Measurement): Verdict | undefined {
  const { absent, stale } = availability(definition.tables, measured);
  if (measured.lacking !== undefined) return unassessed("absent", `It cannot be asked here: ${measured.lacking}.`);
  if (absent.length > 0) {
    const unreadable = absent.flat().flatMap((table) => measured.unreadable?.get(table) ?? []);
    return unassessed("absent", [`No data in ${absent.map(requirementText).join(", ")}.`, ...unreadable].join(" "));
  }
  if (measured.missingColumns && measured.missingColumns.length > 0) {
    return unassessed("absent", `No data in the column ${measured.missingColumns.join(", ")}.`);
  }
  if (measured.partial !== undefined) return unassessed("partial", `The answer is incomplete: ${measured.partial}`);
  if (stale.length > 0) {
    return unassessed("stale", `The newest rows of ${stale.map(requirementText).join(", ")} are older than expected.`);
  }
  const { denominator } = measured;
  if (denominator === null) return unassessed("insufficient", "The query gave no row to measure.");
  const tooMany = numerators(measured).find((numerator) => numerator > denominator);
  if (tooMany !== undefined) {
    return unassessed("partial", `The query gave numerator ${tooMany} above denominator ${denominator}: not a share.`);
  }
  // Without a single event there is nothing to judge, whatever the minimum says.
  if (denominator < Math.max(1, definition.minimum)) {
    return unassessed("insufficient", `${denominator} observed where at least ${definition.minimum} are needed.`);
  }
  return undefined;
}

const numerators = (measured: Measurement): number[] =>
  [measured.numerator, ...Object.values(measured.perStage ?? {})].filter((n) => n !== null && n !== undefined);

/** The numerator that counts at a stage. */
export const numeratorAt = (measured: Pick<Measurement, "numerator" | "perStage">, stage: LadderStage): number =>
  measured.perStage?.[stage] ?? measured.numerator ?? 0;

function arithmetic(direction: Direction, threshold: number, numerator: number, denominator: number): string {
  const counted = `${numerator} of ${denominator}`;
  const exact = direction === "atLeast" ? threshold >= 1 : threshold <= 0;
  if (exact) return counted;
  const { low, high } = wilson(numerator, denominator);
  const decisive = direction === "atLeast" ? low : high;
  const value = percent(numerator / denominator);
  return `${counted} (${value}, 95 % ${direction === "atLeast" ? "lower" : "upper"} bound ${percent(decisive, threshold)})`;
}

/**
 * State and stage of a measurement. Starting at the first stage that requires the criterion, stages are climbed while
 * their threshold holds: if the first does not, the criterion is `not_met` and `traditional`.
 */
export function verdictOf(definition: CriterionDefinition, measured: Measurement): Verdict {
  const blocked = obstacle(definition, measured);
  if (blocked) return blocked;
  const denominator = measured.denominator ?? 0;
  const { direction } = definition;
  const sentence = (step: LadderStage): string => {
    const threshold = requiredThreshold(definition, step);
    return arithmetic(direction, threshold, numeratorAt(measured, step), denominator);
  };
  let reached: LadderStage | undefined;
  for (const step of LADDER.slice(rank(definition.stage) - 1)) {
    const threshold = requiredThreshold(definition, step);
    if (holds(direction, threshold, numeratorAt(measured, step), denominator)) {
      reached = step;
      continue;
    }
    const missed = `${bound(direction, threshold)} for ${stageTitle(step)}`;
    if (!reached) return { state: "not_met", stage: "traditional", reason: `${sentence(step)} misses ${missed}.` };
    return {
      state: "met",
      stage: reached,
      reason: `${sentence(step)} holds ${stageTitle(reached)} and misses ${missed}.`,
    };
  }
  const top = bound(direction, requiredThreshold(definition, "optimal"));
  return { state: "met", stage: "optimal", reason: `${sentence("optimal")} holds ${top} for Optimal.` };
}
