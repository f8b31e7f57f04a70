import { median, medianAbsoluteDeviation } from "simple-statistics";

/** Turns a median absolute deviation of normal data into its standard deviation: 1 / Φ⁻¹(3/4). */
const MAD_TO_SIGMA = 1.4826;

export interface RobustBaseline {
  readonly median: number;
  /** Median absolute deviation, unscaled. */
  readonly mad: number;
}

/** Median and MAD of a sample. Throws on an empty one. O(n log n). */
export function robustBaseline(sample: readonly number[]): RobustBaseline {
  const values = [...sample];
  return { median: median(values), mad: medianAbsoluteDeviation(values) };
}

/**
 * (x − median) / max(1.4826·MAD, floor): a z-score that half the sample cannot move. `floor` keeps a constant
 * baseline from turning any deviation into infinity. |z| > 3.5 is the usual outlier limit. O(1).
 * Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993).
 */
export function robustZ(value: number, baseline: RobustBaseline, floor = 1e-9): number {
  return (value - baseline.median) / Math.max(MAD_TO_SIGMA * baseline.mad, floor);
}
