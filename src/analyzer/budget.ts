import type { Finding } from "../core/assessment.ts";

const DAY = 86_400_000;

export interface BudgetOptions {
  /** Findings a day that an analyst can take. */
  readonly perDay: number;
  /** When the stream began, in ms. */
  readonly start: number;
}

/** Days of candidates that the level is read from, and days over which a debt is paid back. */
const MEMORY_DAYS = 7;
const REPAY_DAYS = 2;

const strengthOf = ({ pValue }: Finding): number => (pValue === null ? 0 : -Math.log10(Math.max(pValue, 1e-300)));

/**
 * Chooses among candidate findings as they come, so that about `perDay` a day are told: one is told when it is among the
 * strongest of the last 7 days at the rate still to spend, which is the budget less half of what was overspent per day.
 * Feedback makes the long-run rate the asked one whatever the distribution of the p-values; where there are fewer
 * candidates than the budget, all are told. Looks at the past only. O(n · candidates of 7 days).
 * Source: the feedback of Gibbs and Candès, "Adaptive Conformal Inference Under Distribution Shift" (2021).
 */
export function withinBudget(candidates: readonly Finding[], { perDay, start }: BudgetOptions): Finding[] {
  if (!(perDay > 0)) throw new RangeError(`withinBudget: findings per day must be positive, got ${perDay}`);
  const told: Finding[] = [];
  const recent: { readonly time: number; readonly strength: number }[] = [];
  for (const candidate of candidates) {
    const [time, strength] = [Date.parse(candidate.start), strengthOf(candidate)];
    while (recent[0] && recent[0].time < time - MEMORY_DAYS * DAY) recent.shift();
    const elapsed = Math.max(0, (time - start) / DAY);
    const debt = told.length - perDay * elapsed;
    const rate = Math.max(0, perDay - debt / REPAY_DAYS);
    // Before the memory is full it speaks for the days that it has.
    const allowed = rate * Math.min(MEMORY_DAYS, Math.max(1, elapsed));
    const stronger = recent.reduce((count, other) => count + (other.strength >= strength ? 1 : 0), 0);
    if (stronger < allowed && debt < perDay) told.push(candidate);
    recent.push({ time, strength });
  }
  return told;
}
