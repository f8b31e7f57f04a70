import { errorFunction } from "simple-statistics";

/**
 * Two-sided p-value that two samples have one proportion, by the pooled z-test: z = (p₁ − p₂) / √(p(1−p)(1/n₁ + 1/n₂)).
 * 1 where both samples are all or none. Normal approximation: meant for the minimum samples of criteria, tens and more.
 * Throws RangeError unless 0 ≤ k ≤ n and n > 0. O(1). Source: R. A. Fisher, "Statistical Methods for Research Workers".
 */
export function twoProportions(k1: number, n1: number, k2: number, n2: number): number {
  for (const [k, n] of [[k1, n1] as const, [k2, n2] as const]) {
    if (!(n > 0 && k >= 0 && k <= n))
      throw new RangeError(`twoProportions: expected 0 <= k <= n, n > 0, got ${k} of ${n}`);
  }
  const pooled = (k1 + k2) / (n1 + n2);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
  if (error === 0) return 1;
  const z = Math.abs(k1 / n1 - k2 / n2) / error;
  return Math.min(1, Math.max(0, 1 - errorFunction(z / Math.SQRT2)));
}
