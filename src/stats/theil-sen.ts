import { median } from "simple-statistics";

export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Line through points by the median of all pairwise slopes; 29 % of the points may be arbitrary. Pairs with equal x
 * are left out. Undefined with fewer than two distinct x. O(n²) time and memory: meant for tens to hundreds of points.
 * Source: P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 63 (1968).
 */
export function theilSen(points: readonly (readonly [x: number, y: number])[]): Line | undefined {
  const slopes: number[] = [];
  points.forEach(([x1, y1], i) => {
    for (const [x2, y2] of points.slice(i + 1)) if (x1 !== x2) slopes.push((y2 - y1) / (x2 - x1));
  });
  if (slopes.length === 0) return undefined;
  const slope = median(slopes);
  return { slope, intercept: median(points.map(([x, y]) => y - slope * x)) };
}
