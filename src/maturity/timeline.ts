import type { Analyzer } from "../analyzer/analyzer.ts";
import type { ColumnBatch } from "../backends/types.ts";
import type { VerificationRate } from "../core/assessment.ts";
import type { Pillar } from "../core/maturity.ts";
import { formatDatetime } from "../core/ticks.ts";
import { timeAt } from "../signals/merge.ts";
import { rateOf } from "../signals/tally.ts";

type Counts = Pick<VerificationRate, "verified" | "failed" | "unknown">;

const NONE: Counts = { verified: 0, failed: 0, unknown: 0 };

/** Moments of a history at most. */
export const MAX_STEPS = 400;

/** Verdicts of a pillar between the moments of a history, read off the one pass that the analyzer makes anyway. */
export class Timeline {
  /** The moments, oldest first, as ISO texts; none without a step. */
  readonly ends: readonly string[];
  /** Counts since the start of the pass at each moment that was passed. */
  readonly #passed = new Map<Pillar, Counts[]>();

  constructor(asOf: bigint, step: bigint | undefined) {
    const count = step === undefined ? 0 : MAX_STEPS;
    this.ends = Array.from({ length: count }, (_, i) => formatDatetime(asOf - BigInt(count - 1 - i) * (step ?? 0n)));
  }

  /** Told of every group before it is analysed; groups come in the order of time and cross no moment. */
  before(pillar: Pillar, group: readonly ColumnBatch[], analyzer: Analyzer): void {
    const [first = ""] = group.map((batch) => timeAt(batch, 0)).sort();
    this.#pass(pillar, analyzer, (end) => end < first);
  }

  close(pillar: Pillar, analyzer: Analyzer): void {
    this.#pass(pillar, analyzer, () => true);
  }

  #pass(pillar: Pillar, analyzer: Analyzer, isPassed: (end: string) => boolean): void {
    const passed = this.#passed.get(pillar) ?? [];
    this.#passed.set(pillar, passed);
    const next = this.ends[passed.length];
    if (next === undefined || !isPassed(next)) return;
    const { verified, failed, unknown } = analyzer.verification().get(pillar) ?? NONE;
    for (let end = this.ends[passed.length]; end !== undefined && isPassed(end); end = this.ends[passed.length]) {
      passed.push({ verified, failed, unknown });
    }
  }

  /** The events between the moment before and this one. */
  rate(pillar: Pillar, end: string): VerificationRate {
    const place = this.ends.indexOf(end);
    const passed = this.#passed.get(pillar) ?? [];
    const [until, since] = [passed[place] ?? NONE, passed[place - 1] ?? NONE];
    const verified = until.verified - since.verified;
    const failed = until.failed - since.failed;
    return { verified, failed, unknown: until.unknown - since.unknown, ...rateOf(verified, failed) };
  }
}
