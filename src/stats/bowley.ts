import { medianSorted } from "simple-statistics";

export interface Quartiles {
  readonly q1: number;
  readonly q2: number;
  readonly q3: number;
}

/**
 * Median, and the medians of the two halves beside it (the middle element of an odd sample belongs to neither). A single
 * value is all three. Throws on an empty sample. O(n).
 * Source: Moore and McCabe, "Introduction to the Practice of Statistics".
 */
export function quartiles(sorted: readonly number[]): Quartiles {
  const q2 = medianSorted([...sorted]);
  if (sorted.length === 1) return { q1: q2, q2, q3: q2 };
  const half = Math.floor(sorted.length / 2);
  return {
    q1: medianSorted(sorted.slice(0, half)),
    q2,
    q3: medianSorted(sorted.slice(sorted.length - half)),
  };
}

/**
 * Quartile skewness (Q1 + Q3 − 2·Q2) / (Q3 − Q1) in [−1, 1]; 0 where the quartiles do not spread.
 * Source: A. L. Bowley, "Elements of Statistics" (1901).
 */
export const bowleySkew = ({ q1, q2, q3 }: Quartiles): number => (q3 > q1 ? (q1 + q3 - 2 * q2) / (q3 - q1) : 0);
