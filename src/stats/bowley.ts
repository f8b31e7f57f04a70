import { quantileSorted } from "simple-statistics";

/**
 * Quartile skewness (Q1 + Q3 − 2·Q2) / (Q3 − Q1) in [−1, 1]; 0 where the quartiles do not spread. Quartiles are those
 * of simple-statistics on the sorted sample. Throws on an empty sample. O(1).
 * Source: A. L. Bowley, "Elements of Statistics" (1901).
 */
export function bowleySkew(sorted: readonly number[]): number {
  const values = sorted as number[];
  const [q1, q2, q3] = [quantileSorted(values, 0.25), quantileSorted(values, 0.5), quantileSorted(values, 0.75)];
  return q3 > q1 ? (q1 + q3 - 2 * q2) / (q3 - q1) : 0;
}
