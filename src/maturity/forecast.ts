import { median } from "simple-statistics";
import type { Direction } from "../core/maturity.ts";
import { slopeInterval, theilSen } from "../stats/theil-sen.ts";

/** The value of a criterion in one bucket; null where it could not be measured. */
export interface Observation {
  /** Milliseconds. */
  readonly time: number;
  readonly value: number | null;
}

export interface Forecast {
  /** When the trend reaches the threshold, in ms. */
  readonly reaches: number;
  /** The same at the ends of the slope's 95 % interval, in ms; null where that slope does not get there in a year. */
  readonly earliest: number | null;
  readonly latest: number | null;
  /** Change of the value per week. */
  readonly perWeek: number;
  /** 1 − error / error of "stays as it is", over all past forecasts of the same horizon; above 0 beats standing still. */
  readonly skill: number;
  /** Past forecasts that the skill is measured on. */
  readonly trials: number;
}

/** Why there is no forecast: it is hidden rather than guessed. */
export type Outlook = { readonly forecast: Forecast } | { readonly none: string };

const WEEK = 7 * 86_400_000;
const MIN_OBSERVATIONS = 8;
/** Observations that a past forecast may learn from at least. */
const MIN_TRAINING = 4;
const MIN_TRIALS = 4;
const MIN_SKILL = 0.1;
const MAX_HORIZON = 52 * WEEK;

type Point = readonly [time: number, value: number];

/** Rolling-origin test: at every past moment, predict the value `steps` observations ahead from what was known then. */
function backtest(points: readonly Point[], steps: number): { readonly skill: number; readonly trials: number } {
  let [error, naive, trials] = [0, 0, 0];
  for (let known = MIN_TRAINING; known + steps <= points.length; known++) {
    const line = theilSen(points.slice(0, known));
    const [time, actual] = points[known + steps - 1] as Point;
    const [, last] = points[known - 1] as Point;
    if (!line) continue;
    error += Math.abs(clamp(line.intercept + line.slope * time) - actual);
    naive += Math.abs(last - actual);
    trials += 1;
  }
  return { skill: naive > 0 ? 1 - error / naive : 0, trials };
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

/**
 * When a criterion's value will reach a threshold if its trend holds: a Theil-Sen line through its buckets, shown only
 * if forecasts of the same kind, made at every past moment, beat "stays as it is" by 10 %. Needs 8 measured buckets and
 * looks at most a year ahead. O(n³) in the number of buckets, which are tens.
 */
export function forecast(history: readonly Observation[], direction: Direction, threshold: number): Outlook {
  const measured = history.flatMap(({ time, value }): Point[] => (value === null ? [] : [[time, value]]));
  if (measured.length < MIN_OBSERVATIONS) {
    return { none: `${measured.length} measured buckets, where at least ${MIN_OBSERVATIONS} are needed.` };
  }
  const points = measured.toSorted((a, b) => a[0] - b[0]);
  const [lastTime, lastValue] = points.at(-1) as Point;
  const isReached = (value: number): boolean => (direction === "atLeast" ? value >= threshold : value <= threshold);
  if (isReached(lastValue)) return { none: "The value has already reached the threshold." };
  const line = theilSen(points);
  const wanted = direction === "atLeast" ? 1 : -1;
  if (!line || Math.sign(line.slope) !== wanted) return { none: "The value does not move towards the threshold." };
  const reaches = Math.max(lastTime, (threshold - line.intercept) / line.slope);
  if (reaches - lastTime > MAX_HORIZON) return { none: "At this pace the threshold is more than a year away." };
  const spacing = (lastTime - (points[0] as Point)[0]) / (points.length - 1);
  // Forecasts farther than the history allows to test are tested as far as it does.
  const farthest = points.length - MIN_TRAINING - MIN_TRIALS + 1;
  const steps = Math.max(1, Math.min(farthest, Math.round((reaches - lastTime) / spacing)));
  const { skill, trials } = backtest(points, steps);
  if (trials < MIN_TRIALS || skill < MIN_SKILL) {
    return {
      none: `Past forecasts of this kind had skill ${skill.toFixed(2)} in ${trials} trials: not better than standing still.`,
    };
  }
  const [low = line.slope, high = line.slope] = slopeInterval(points) ?? [];
  const [centre, level] = [median(points.map(([time]) => time)), median(points.map(([, value]) => value))];
  const at = (slope: number): number | null => {
    const time = Math.max(lastTime, centre + (threshold - level) / slope);
    return Math.sign(slope) === wanted && time - lastTime <= MAX_HORIZON ? time : null;
  };
  const [earliest, latest] = wanted > 0 ? [at(high), at(low)] : [at(low), at(high)];
  return { forecast: { reaches, earliest, latest, perWeek: line.slope * WEEK, skill, trials } };
}
