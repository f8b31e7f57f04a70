import type { VerificationRate } from "../core/assessment.ts";
import { FACETS } from "../core/signal.ts";
import { wilson } from "../stats/wilson.ts";
import { FAILED, type SignalBatch, VERIFIED } from "./batch.ts";
import { DEFAULT_MINIMUM_KNOWN } from "./verdict.ts";

const HOUR = 3_600_000;

type Counts = [verified: number, failed: number, unknown: number];

/** `[hour since the epoch, verified, failed, unknown]`. */
export type HourState = readonly [hour: number, ...Counts];

/** Verdict counts per hour of event time, so that a window can move on without its events. Same rule as `verdict`. */
export class VerdictHours {
  readonly #hours = new Map<number, Counts>();

  constructor(state: readonly HourState[] = []) {
    for (const [hour, ...counts] of state) this.#hours.set(hour, counts);
  }

  add(batch: SignalBatch): void {
    const codes = FACETS.map((facet) => batch.facets[facet]);
    for (let row = 0; row < batch.rowCount; row++) {
      let known = 0;
      let failed = false;
      for (const facet of codes) {
        if (facet[row] === FAILED) failed = true;
        else if (facet[row] === VERIFIED) known += 1;
      }
      const verdict = failed ? 1 : known >= DEFAULT_MINIMUM_KNOWN ? 0 : 2;
      const hour = Math.floor((batch.time[row] as number) / HOUR);
      const counts = this.#hours.get(hour) ?? [0, 0, 0];
      counts[verdict] += 1;
      this.#hours.set(hour, counts);
    }
  }

  /** Forgets the hours that end at or before a time (ms). */
  forget(before: number): void {
    for (const hour of this.#hours.keys()) if ((hour + 1) * HOUR <= before) this.#hours.delete(hour);
  }

  rate(): VerificationRate {
    const sum = (index: number): number => [...this.#hours.values()].reduce((total, c) => total + (c[index] ?? 0), 0);
    const [verified, failed, unknown] = [sum(0), sum(1), sum(2)];
    const judged = verified + failed;
    const bounds = judged === 0 ? { low: null, high: null } : wilson(verified, judged);
    return { verified, failed, unknown, rate: judged === 0 ? null : verified / judged, ...bounds };
  }

  snapshot(): HourState[] {
    return [...this.#hours].sort(([a], [b]) => a - b).map(([hour, counts]): HourState => [hour, ...counts]);
  }
}
