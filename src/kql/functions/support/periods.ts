import { transform } from "./fft.ts";
import { mean, percentile } from "./linear.ts";

export interface Period {
  readonly length: number;
  readonly score: number;
}

/** A season shows at least this often, and is longer than the two points that any noise alternates between. */
const CYCLES = 3;
const SHORTEST = 3;

/** Values beyond the 5th and 95th percentile are cut to it: a spike must not hide a season. */
function clipped(series: readonly number[]): number[] {
  const sorted = series.toSorted((a, b) => a - b);
  const [low, high] = [percentile(sorted, 5), percentile(sorted, 95)];
  return series.map((value) => Math.min(Math.max(value, low), high));
}

/** Autocorrelation at every lag from 0 to `most`, relative to lag 0. */
function autocorrelation(values: readonly number[], most: number): number[] {
  const series = clipped(values);
  const centre = mean(series);
  const centred = series.map((value) => value - centre);
  const total = centred.reduce((sum, value) => sum + value * value, 0);
  if (!(total > 0)) return new Array<number>(most + 1).fill(0);
  const padded = 2 ** Math.ceil(Math.log2(2 * centred.length));
  const { re, im } = transform([...centred, ...new Array<number>(padded - centred.length).fill(0)], [], false);
  const power = Array.from(re, (x, i) => x * x + (im[i] ?? 0) ** 2);
  return Array.from(transform(power, [], true).re.subarray(0, most + 1), (value) => value / total);
}

/** A lag whose multiple correlates better by this factor is only a part of a period. */
const PART = 1.15;

/**
 * A lag counts when no lag near it correlates better and it is no mere part of a longer period. Its score corrects
 * half of what the shorter overlap takes away.
 */
function scoreAt(correlations: readonly number[], lag: number, count: number): number {
  const value = correlations[lag] ?? 0;
  const near = Math.max(1, Math.round(lag / 4));
  for (let other = Math.max(1, lag - near); other <= lag + near; other++)
    if (other !== lag && (correlations[other] ?? -1) > value) return 0;
  const whole = (at: number): number => ((correlations[at] ?? 0) * count) / (count - at);
  for (let multiple = 2 * lag; multiple < correlations.length; multiple += lag)
    if (whole(multiple) > PART * whole(lag)) return 0;
  return value <= 0 ? 0 : Math.min(1, value * Math.sqrt(count / (count - lag)));
}

/** The longest period that is looked for: comparing lags costs the square of it. */
const MAX_PERIOD = 20_000;
const longestPeriod = (count: number): number => Math.min(Math.floor(count / CYCLES), MAX_PERIOD);

/** The significance in 0..1 of each given period. */
export function validatePeriods(series: readonly number[], periods: readonly number[]): number[] {
  const most = longestPeriod(series.length);
  const correlations = autocorrelation(series, Math.min(series.length - 1, 2 * most));
  return periods.map((period) => {
    const lag = Math.round(period);
    return lag >= SHORTEST && lag <= most ? scoreAt(correlations, lag, series.length) : 0;
  });
}

/** The periods found, best first; a multiple of a better one is that one again. */
export function detectPeriods(series: readonly number[], least: number, longest: number): Period[] {
  const most = Math.min(longestPeriod(series.length), Math.floor(longest));
  const lags = Array.from({ length: Math.max(most, 0) }, (_, i) => i + 1).filter(
    (lag) => lag >= least && lag >= SHORTEST,
  );
  const scores = validatePeriods(series, lags);
  const found = lags.map((length, i) => ({ length, score: scores[i] ?? 0 })).filter(({ score }) => score > 0);
  found.sort((a, b) => b.score - a.score || a.length - b.length);
  return found.filter(
    ({ length, score }) =>
      !found.some((other) => other.length < length && length % other.length === 0 && other.score >= score),
  );
}
