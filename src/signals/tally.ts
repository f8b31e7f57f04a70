import type { VerificationRate } from "../core/assessment.ts";
import { FACET_STATES, FACETS, type Facet, type FacetState, type Signal } from "../core/signal.ts";
import { Reservoir, type ReservoirState } from "../stats/reservoir.ts";
import { type HeavyHitter, SpaceSaving } from "../stats/space-saving.ts";
import { wilson } from "../stats/wilson.ts";
import { type SignalBatch, signalAt, subjectOf } from "./batch.ts";
import { DEFAULT_MINIMUM_KNOWN } from "./verdict.ts";

/** Events per facet state. `coverage` is the share of the events to which the facet applies whose state is known. */
export type FacetCoverage = Readonly<Record<FacetState, number>> & { readonly coverage: number | null };

export interface Verification extends VerificationRate {
  readonly facets: Readonly<Record<Facet, FacetCoverage>>;
  /** Subjects of the most failed events; `count` is an upper bound, `count - error` a lower one. */
  readonly topFailed: readonly HeavyHitter[];
  /** A uniform sample of the failed events. */
  readonly failedSample: readonly Signal[];
}

/** Number of facets in a bit set of them. */
const BITS = Uint8Array.from(
  { length: 1 << FACETS.length },
  (_, set) => FACETS.filter((_f, f) => set & (1 << f)).length,
);
const SUBJECTS = 512;
const TOP = 20;
const SAMPLE = 10;
const EMPTY_SAMPLE: ReservoirState<Signal> = { items: [], seen: 0, random: 1 };

export interface TallyState {
  readonly verified: number;
  readonly failed: number;
  readonly unknown: number;
  readonly facets: readonly (readonly number[])[];
  readonly subjects: readonly HeavyHitter[];
  readonly sample: ReservoirState<Signal>;
}

export const rateOf = (verified: number, failed: number): Pick<VerificationRate, "rate" | "low" | "high"> => {
  const judged = verified + failed;
  if (judged === 0) return { rate: null, low: null, high: null };
  return { rate: verified / judged, ...wilson(verified, judged) };
};

/** Running counts of verdicts and facet states, O(facets) per event; who fails and a sample in bounded memory. */
export class Tally {
  readonly #minimumKnown: number;
  #verified = 0;
  #failed = 0;
  #unknown = 0;
  readonly #facets: number[][];
  readonly #subjects: SpaceSaving;
  readonly #sample: Reservoir<Signal>;

  constructor(minimumKnown = DEFAULT_MINIMUM_KNOWN, state?: TallyState) {
    this.#minimumKnown = minimumKnown;
    this.#facets = FACETS.map((_, i) => [...(state?.facets[i] ?? FACET_STATES.map(() => 0))]);
    this.#subjects = new SpaceSaving(SUBJECTS, state?.subjects);
    this.#sample = new Reservoir(SAMPLE, state?.sample ?? EMPTY_SAMPLE);
    if (state) [this.#verified, this.#failed, this.#unknown] = [state.verified, state.failed, state.unknown];
  }

  /** Counts a batch by the rule of `verdict`, on columns. A row to which no facet applies is no access and has none. */
  add(batch: SignalBatch): void {
    FACETS.forEach((facet, f) => {
      const codes = batch.facets[facet];
      const counts = this.#facets[f] as number[];
      const seen = [0, 0, 0, 0];
      for (let row = 0; row < codes.length; row++)
        seen[codes[row] as number] = (seen[codes[row] as number] as number) + 1;
      seen.forEach((count, code) => {
        counts[code] = (counts[code] as number) + count;
      });
    });
    const { failed, verified, applicable } = batch;
    for (let row = 0; row < batch.rowCount; row++) {
      if (applicable[row] === 0) continue;
      if (failed[row] !== 0) this.#fail(batch, row);
      else if ((BITS[verified[row] as number] as number) >= this.#minimumKnown) this.#verified += 1;
      else this.#unknown += 1;
    }
  }

  #fail(batch: SignalBatch, row: number): void {
    this.#failed += 1;
    this.#subjects.add(subjectOf(batch, row));
    this.#sample.offer(() => signalAt(batch, row));
  }

  result(): Verification {
    const facets = FACETS.map((facet, f): [Facet, FacetCoverage] => {
      const counts = Object.fromEntries(FACET_STATES.map((state, code) => [state, this.#facets[f]?.[code] ?? 0]));
      const { verified = 0, failed = 0, unknown = 0, na = 0 } = counts;
      const applicable = verified + failed + unknown;
      return [
        facet,
        { verified, failed, unknown, na, coverage: applicable > 0 ? (verified + failed) / applicable : null },
      ];
    });
    return {
      verified: this.#verified,
      failed: this.#failed,
      unknown: this.#unknown,
      ...rateOf(this.#verified, this.#failed),
      facets: Object.fromEntries(facets) as Verification["facets"],
      topFailed: this.#subjects.top(TOP),
      failedSample: [...this.#sample.items],
    };
  }

  snapshot(): TallyState {
    const facets = this.#facets.map((counts) => [...counts]);
    const [verified, failed, unknown] = [this.#verified, this.#failed, this.#unknown];
    return { verified, failed, unknown, facets, subjects: this.#subjects.snapshot(), sample: this.#sample.snapshot() };
  }
}
