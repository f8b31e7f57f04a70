import { fitLine, mean, median, percentile } from "./linear.ts";
import { detectPeriods } from "./periods.ts";

export interface Decomposition {
  readonly baseline: number[];
  readonly seasonal: number[];
  readonly trend: number[];
  readonly residual: number[];
}

export interface DecomposeOptions {
  /** Bins in a period; 0 for none, -1 to detect it. */
  readonly seasonality: number;
  readonly trend: "avg" | "linefit" | "none";
  readonly testPoints: number;
  readonly threshold: number;
}

const extrapolate = (values: readonly number[], kind: DecomposeOptions["trend"], length: number): number[] => {
  if (kind === "none" || values.length === 0) return new Array<number>(length).fill(0);
  if (kind === "avg") return new Array<number>(length).fill(mean(values));
  const { slope, interception } = fitLine(values);
  return Array.from({ length }, (_, i) => interception + slope * (i + 1));
};

/** The median of the values in the same phase, for every position. */
export function seasonalOf(values: readonly number[], period: number, length: number): number[] {
  const groups: number[][] = Array.from({ length: period }, () => []);
  for (const [i, value] of values.entries()) groups[i % period]?.push(value);
  const phases = groups.map((same) => (same.length > 0 ? median(same) : 0));
  return Array.from({ length }, (_, i) => phases[i % period] ?? 0);
}

/** The detected or given period that the series is long enough for, or 0. */
export function periodOf(values: readonly number[], seasonality: number, threshold: number): number {
  if (seasonality >= 0) return seasonality <= values.length ? seasonality : 0;
  const [best] = detectPeriods(values, 0, values.length);
  return best !== undefined && best.score > threshold ? best.length : 0;
}

/** Splits a series into season, trend and rest; the last `testPoints` values are predicted, not learnt from. */
export function decompose(series: readonly number[], options: DecomposeOptions): Decomposition {
  const learnt = series.slice(0, Math.max(series.length - options.testPoints, 0));
  const first = extrapolate(learnt, options.trend, series.length);
  const detrended = learnt.map((value, i) => value - (first[i] ?? 0));
  const period = periodOf(detrended, options.seasonality, options.threshold);
  const seasonal = period > 0 ? seasonalOf(detrended, period, series.length) : new Array<number>(series.length).fill(0);
  const deseasonalised = learnt.map((value, i) => value - (seasonal[i] ?? 0));
  const trend = extrapolate(deseasonalised, options.trend, series.length);
  const baseline = trend.map((value, i) => value + (seasonal[i] ?? 0));
  return { baseline, seasonal, trend, residual: series.map((value, i) => value - (baseline[i] ?? 0)) };
}

/** The smallest spread, relative to the fences, that scores divide by: a flat series still shows its spikes. */
const LEAST_SPREAD = 1e-9;

/** How many inter-percentile ranges a value lies outside the percentiles; 0 inside, negative below. */
export function tukeyScores(
  values: readonly number[],
  reference: readonly number[],
  low: number,
  high: number,
): number[] {
  const sorted = reference.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length === 0) return values.map(() => 0);
  const [bottom, top] = [percentile(sorted, low), percentile(sorted, high)];
  const spread = Math.max(top - bottom, LEAST_SPREAD * Math.max(1, Math.abs(top), Math.abs(bottom)));
  return values.map((value) => (value > top ? (value - top) / spread : value < bottom ? (value - bottom) / spread : 0));
}
