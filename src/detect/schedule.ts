import type { Timespan } from "../core/kusto.ts";
import { MAX_DATETIME_TICKS } from "../core/ticks.ts";
import type { AnalyticRule } from "../packs/rules/types.ts";

/**
 * The runs of a rule: run `k` (from 0) sees `[end - period, end)` where `end = first + k * step`; it happens `delay`
 * after its window's end, when the rows of the window have arrived. All in ticks.
 */
export interface Schedule {
  readonly first: bigint;
  readonly step: bigint;
  readonly period: bigint;
  readonly delay: bigint;
  readonly count: number;
  /** Near-real-time rules take rows by their arrival. */
  readonly byArrival: boolean;
}

export interface ScheduleOptions {
  /** Scheduled rules look at a window that ended this long before they run: 5 minutes in Sentinel. */
  readonly delay: bigint;
  /** Replaces every rule's frequency; `once` makes one run over the whole span. */
  readonly step?: bigint | "once";
}

/** A near-real-time rule runs two minutes behind. Source: https://learn.microsoft.com/azure/sentinel/near-real-time-rules */
const NRT_DELAY = 1_200_000_000n;

/** One run over everything sees also what came last. */
const NEVER_LATE = MAX_DATETIME_TICKS / 4n;

export const endOf = ({ first, step }: Schedule, run: number): bigint => first + BigInt(run) * step;
export const windowOf = (schedule: Schedule, run: number): Timespan => {
  const end = endOf(schedule, run);
  return { start: end - schedule.period, end };
};

/**
 * Runs on the grid of the rule's frequency (hourly at the full hour, daily at midnight UTC), from the first whose window
 * reaches into the span to the first that has seen its last row.
 */
export function scheduleOf(rule: AnalyticRule, span: Timespan, options: ScheduleOptions): Schedule {
  if (options.step === "once")
    return {
      first: span.end,
      step: rule.frequency,
      period: span.end - span.start,
      delay: NEVER_LATE,
      count: 1,
      byArrival: false,
    };
  const step = options.step ?? rule.frequency;
  const period = rule.period > step ? rule.period : rule.frequency === step ? rule.period : step;
  const delay = options.delay === 0n ? 0n : rule.kind === "NRT" ? NRT_DELAY : options.delay;
  const firstAfter = (time: bigint): bigint => ((time + delay) / step + 1n) * step - delay;
  const first = firstAfter(span.start);
  const count = Number((firstAfter(span.end - 1n) - first) / step) + 1;
  return { first, step, period, delay, count, byArrival: rule.kind === "NRT" };
}

/** Runs whose window starts before the span does. */
export function partialRuns({ first, step, period, count }: Schedule, span: Timespan): number {
  const missing = span.start - (first - period);
  return missing <= 0n ? 0 : Math.min(count, Number((missing + step - 1n) / step));
}
