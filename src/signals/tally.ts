import type { VerificationRate } from "../core/assessment.ts";
import { FACET_STATES, FACETS, type Facet, type FacetState } from "../core/signal.ts";
import { wilson } from "../stats/wilson.ts";
import { FAILED, type SignalBatch, VERIFIED } from "./batch.ts";
import { DEFAULT_MINIMUM_KNOWN } from "./verdict.ts";

/** Events per facet state. `coverage` is the share of the events to which the facet applies whose state is known. */
export type FacetCoverage = Readonly<Record<FacetState, number>> & { readonly coverage: number | null };

export interface Verification extends VerificationRate {
  readonly facets: Readonly<Record<Facet, FacetCoverage>>;
}

export interface TallyState {
  readonly verified: number;
  readonly failed: number;
  readonly unknown: number;
  readonly facets: readonly (readonly number[])[];
}

const rateOf = (verified: number, failed: number): Pick<VerificationRate, "rate" | "low" | "high"> => {
  const judged = verified + failed;
  if (judged === 0) return { rate: null, low: null, high: null };
  return { rate: verified / judged, ...wilson(verified, judged) };
};

/** Running counts of verdicts and facet states: a few integers, O(facets) per event. */
export class Tally {
  readonly #minimumKnown: number;
  #verified = 0;
  #failed = 0;
  #unknown = 0;
  readonly #facets: number[][];

  constructor(minimumKnown = DEFAULT_MINIMUM_KNOWN, state?: TallyState) {
    this.#minimumKnown = minimumKnown;
    this.#facets = FACETS.map((_, i) => [...(state?.facets[i] ?? FACET_STATES.map(() => 0))]);
    if (state) [this.#verified, this.#failed, this.#unknown] = [state.verified, state.failed, state.unknown];
  }

  /** Counts all rows of a batch. Same rule as `verdict`, on columns. */
  add(batch: SignalBatch): void {
    const failures = new Uint8Array(batch.rowCount);
    const known = new Uint8Array(batch.rowCount);
    FACETS.forEach((facet, f) => {
      const codes = batch.facets[facet];
      const counts = this.#facets[f] as number[];
      for (let row = 0; row < codes.length; row++) {
        const code = codes[row] as number;
        counts[code] = (counts[code] as number) + 1;
        if (code === FAILED) failures[row] = 1;
        else if (code === VERIFIED) known[row] = (known[row] as number) + 1;
      }
    });
    for (let row = 0; row < batch.rowCount; row++) {
      if (failures[row]) this.#failed += 1;
      else if ((known[row] as number) >= this.#minimumKnown) this.#verified += 1;
      else this.#unknown += 1;
    }
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
    };
  }

  snapshot(): TallyState {
    const facets = this.#facets.map((counts) => [...counts]);
    return { verified: this.#verified, failed: this.#failed, unknown: this.#unknown, facets };
  }
}
