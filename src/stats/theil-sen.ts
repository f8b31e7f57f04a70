import { median } from "simple-statistics";

export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

type Points = readonly (readonly [x: number, y: number])[];

function slopesOf(points: Points): number[] {
  const slopes: number[] = [];
  points.forEach(([x1, y1], i) => {
    for (const [x2, y2] of points.slice(i + 1)) if (x1 !== x2) slopes.push((y2 - y1) / (x2 - x1));
  });
  return slopes;
}

/**
 * Line through points by the median of all pairwise slopes; 29 % of the points may be arbitrary. Pairs with equal x
 * are left out. Undefined with fewer than two distinct x. O(n²) time and memory: meant for tens to hundreds of points.
 * Source: P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 63 (1968).
 */
export function theilSen(points: Points): Line | undefined {
  const slopes = slopesOf(points);
  if (slopes.length === 0) return undefined;
  const slope = median(slopes);
  return { slope, intercept: median(points.map(([x, y]) => y - slope * x)) };
}

const Z95 = 1.959963984540054;

/**
 * 95 % interval of the Theil-Sen slope: the pairwise slopes at the ranks that Kendall's S reaches by chance (normal
 * approximation, no ties; good from about 8 points on). It assumes independent errors. Source: Sen (1968), §4.
 */
export function slopeInterval(points: Points): readonly [low: number, high: number] | undefined {
  const slopes = slopesOf(points).sort((a, b) => a - b);
  const n = points.length;
  if (slopes.length === 0) return undefined;
  const reach = Z95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const place = (index: number): number => slopes[Math.max(0, Math.min(slopes.length - 1, index))] ?? 0;
  return [place(Math.floor((slopes.length - reach) / 2)), place(Math.ceil((slopes.length + reach) / 2))];
}
