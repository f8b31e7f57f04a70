export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson score interval of a proportion: (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Without trials nothing is
 * known and the interval is [0, 1]. Throws RangeError unless 0 ≤ successes ≤ trials. O(1).
 * Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927).
 */
export function wilson(successes: number, trials: number, z = 1.96): Interval {
  if (!(successes >= 0 && successes <= trials && Number.isFinite(trials))) {
    throw new RangeError(`wilson: expected 0 <= successes <= trials, got ${successes} of ${trials}`);
  }
  if (trials === 0) return { low: 0, high: 1 };
  const p = successes / trials;
  const z2 = (z * z) / trials;
  const center = p + z2 / 2;
  const half = z * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials));
  // The formula gives exactly 0 and 1 at the ends; floating point does not.
  return {
    low: successes === 0 ? 0 : Math.max(0, (center - half) / (1 + z2)),
    high: successes === trials ? 1 : Math.min(1, (center + half) / (1 + z2)),
  };
}
