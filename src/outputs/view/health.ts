import type { Assessment, CriterionResult, InputReport } from "../../core/assessment.ts";
import type { Pillar, State } from "../../core/maturity.ts";
import { isUnassessed } from "./ladder.ts";

export interface Unassessed {
  readonly pillar: Pillar;
  readonly criterion: CriterionResult;
}

/** What the numbers rest on. `files` that lost or skipped records come with their problems. */
export interface Health {
  readonly criteria: number;
  readonly unassessed: readonly Unassessed[];
  readonly byState: ReadonlyMap<State, number>;
  readonly totals: {
    readonly read: number;
    readonly accepted: number;
    readonly quarantined: number;
    readonly skipped: number;
  };
  /** False when some file does not satisfy read = accepted + quarantined + skipped. */
  readonly reconciled: boolean;
  readonly troubled: readonly InputReport[];
}

export function dataHealth({ pillars, inputs }: Assessment): Health {
  const all = pillars.flatMap(({ pillar, criteria }) => criteria.map((criterion) => ({ pillar, criterion })));
  const byState = new Map<State, number>();
  for (const { criterion } of all) byState.set(criterion.state, (byState.get(criterion.state) ?? 0) + 1);
  const totals = { read: 0, accepted: 0, quarantined: 0, skipped: 0 };
  for (const input of inputs) {
    totals.read += input.read;
    totals.accepted += input.accepted;
    totals.quarantined += input.quarantined;
    totals.skipped += input.skipped;
  }
  return {
    criteria: all.length,
    unassessed: all.filter(({ criterion }) => isUnassessed(criterion.state)),
    byState,
    totals,
    reconciled: inputs.every(({ read, accepted, quarantined, skipped }) => read === accepted + quarantined + skipped),
    troubled: inputs.filter(({ quarantined, skipped, table }) => quarantined > 0 || skipped > 0 || table === null),
  };
}
