import { InvalidArgumentError } from "commander";
import type { Assessment } from "../../core/assessment.ts";
import { EXIT } from "../../core/errors.ts";
import { LADDER, type LadderStage, PILLARS, type Pillar, STAGES, type Stage } from "../../core/maturity.ts";

/** A stage that a pillar has to reach. */
export interface Gate {
  readonly pillar: Pillar;
  readonly stage: LadderStage;
}

/** `intermediate` (every pillar) or `identities=optimal`. Repeatable. */
export function parseGates(text: string, previous: readonly Gate[] = []): Gate[] {
  const [left = "", right] = text.split("=");
  const stage = LADDER.find((name) => name === (right ?? left));
  const pillars = right === undefined ? PILLARS : PILLARS.filter((name) => name === left);
  if (!stage || pillars.length === 0) {
    throw new InvalidArgumentError(
      `Write ${LADDER.join(", ")}, or <pillar>=<stage> with one of ${PILLARS.join(", ")}.`,
    );
  }
  return [...previous, ...pillars.map((pillar) => ({ pillar, stage }))];
}

const rank = (stage: Stage): number => STAGES.indexOf(stage as (typeof STAGES)[number]);

/**
 * A missed gate comes first. Then what is not known: a criterion without a verdict, a record that was not understood.
 * A pillar that cannot be assessed misses its gate.
 */
export function exitCodeOf(assessment: Assessment, gates: readonly Gate[], allowPartial: boolean): number {
  const missed = gates.some(({ pillar, stage }) =>
    assessment.pillars.some((result) => result.pillar === pillar && rank(result.stage) < rank(stage)),
  );
  if (missed) return EXIT.gateMissed;
  return !allowPartial && isIncomplete(assessment) ? EXIT.incomplete : EXIT.ok;
}

const VERDICTS = new Set(["met", "not_met", "excepted"]);

const isIncomplete = ({ pillars, inputs }: Assessment): boolean =>
  pillars.some(({ criteria }) => criteria.length === 0 || criteria.some(({ state }) => !VERDICTS.has(state))) ||
  inputs.some(({ quarantined, table }) => quarantined > 0 || table === null);
