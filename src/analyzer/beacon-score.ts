import { median, medianAbsoluteDeviation } from "simple-statistics";
import { bowleySkew, quartiles } from "../stats/bowley.ts";

/** Connections of one pair within the analysed span, in order of time. */
export interface Connections {
  /** Whole seconds, ascending. */
  readonly times: readonly number[];
  /** Bytes of each connection. */
  readonly sizes: readonly number[];
  /** The analysed span in seconds. */
  readonly start: number;
  readonly end: number;
}

/** Each sub-score lies in [0, 1]; `score` is their mean. */
export interface BeaconScore {
  readonly score: number;
  readonly timing: number;
  readonly size: number;
  readonly histogram: number;
  readonly duration: number;
  /** Median interval in seconds. */
  readonly interval: number;
}

const HOURS = 24;
const round3 = (value: number): number => Math.round(value * 1000) / 1000;
const ceil3 = (value: number): number => Math.ceil(value * 1000) / 1000;

/** (1 − |Bowley skew| + relative closeness to the median) / 2: regular values have neither skew nor spread. */
function regularity(sorted: readonly number[], whenTiny: number): number {
  const { q1, q2, q3 } = quartiles(sorted);
  // A spread below 10 (seconds or bytes) says nothing about skew.
  const skew = q3 - q1 < 10 || q2 === q1 || q2 === q3 ? 0 : bowleySkew({ q1, q2, q3 });
  const values = [...sorted];
  const closeness = q2 < 1 ? whenTiny : Math.max(0, (q2 - medianAbsoluteDeviation(values)) / q2);
  return round3((1 - Math.abs(skew) + closeness) / 2);
}

function hourly({ times, start, end }: Connections): number[] {
  const counts = new Array<number>(HOURS).fill(0);
  for (const time of times) {
    const hour = Math.min(HOURS - 1, Math.floor(((time - start) / (end - start)) * HOURS));
    counts[hour] = (counts[hour] ?? 0) + 1;
  }
  return counts;
}

/** 1 − coefficient of variation of the hourly counts; 0 when they vary more than their mean. */
function flatness(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  return round3(Math.max(0, 1 - Math.sqrt(variance) / mean));
}

/** Share of the active hours in the two commonest count levels (levels of 5 % of the maximum); from 11 hours on. */
function bimodality(counts: readonly number[]): number {
  const active = counts.filter((count) => count > 0);
  if (active.length < 11) return 0;
  const level = Math.ceil(0.05 * Math.max(...active));
  const levels = new Map<number, number>();
  for (const count of active) levels.set(Math.floor(count / level), (levels.get(Math.floor(count / level)) ?? 0) + 1);
  const [first = 0, second = 0] = [...levels.values()].sort((a, b) => b - a);
  // One hour may be an outlier.
  return round3(Math.min(1, (first + second) / Math.max(1, active.length - 1)));
}

function longestRun(counts: readonly number[]): number {
  let [longest, run] = [0, 0];
  // Twice around: a run may wrap from the end of the span to its start.
  for (const count of [...counts, ...counts]) {
    run = count > 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return Math.min(longest, counts.length);
}

function persistence({ times, start, end }: Connections, counts: readonly number[]): number {
  if (counts.filter((count) => count > 0).length < 6) return 0;
  const covered = ((times.at(-1) ?? start) - (times[0] ?? start)) / (end - start);
  return Math.min(1, Math.max(ceil3(covered), ceil3(longestRun(counts) / 12)));
}

/**
 * How much a pair's connections look like a beacon: the mean of four scores, timing, size, hourly histogram and
 * duration. Undefined with fewer than 4 distinct connection times. O(n log n).
 * Source: the beacon analysis of RITA v5 (activecm/rita).
 */
export function beaconScore(connections: Connections): BeaconScore | undefined {
  const { times, sizes, start, end } = connections;
  const intervals = times.slice(1).map((time, i) => time - (times[i] as number));
  const positive = intervals.filter((interval) => interval > 0).sort((a, b) => a - b);
  if (positive.length < 3 || !(end > start)) return undefined;
  const counts = hourly(connections);
  const timing = regularity(positive, 1);
  const size = regularity(
    sizes.toSorted((a, b) => a - b),
    0,
  );
  const histogram = Math.max(flatness(counts), bimodality(counts));
  const duration = persistence(connections, counts);
  const score = round3((timing + size + histogram + duration) / 4);
  return {
    score,
    timing,
    size,
    histogram,
    duration,
    interval: median(positive),
  };
}
