import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One file of the Numenta Anomaly Benchmark v1.1; windows are first and last row. */
export interface NabFile {
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly windows: readonly (readonly [number, number])[];
}

/** Weight of a missed window and of a false alarm; a hit has weight 1. */
export interface Profile {
  readonly miss: number;
  readonly falseAlarm: number;
}

/** The three application profiles of NAB's config/profiles.json. */
export const PROFILES = {
  standard: { miss: 1, falseAlarm: 0.11 },
  "low false positives": { miss: 1, falseAlarm: 0.22 },
  "low false negatives": { miss: 2, falseAlarm: 0.11 },
} as const satisfies Readonly<Record<string, Profile>>;

const instant = (text: string): number => Date.parse(`${text.slice(0, 19).replace(" ", "T")}Z`);

/** Reads a checkout of numenta/NAB: data/ and labels/combined_windows.json. */
export function loadNab(folder: string): NabFile[] {
  const labels = JSON.parse(readFileSync(join(folder, "labels/combined_windows.json"), "utf8")) as Record<
    string,
    [string, string][]
  >;
  return Object.entries(labels).map(([name, spans]) => {
    const rows = readFileSync(join(folder, "data", name), "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(","));
    const times = rows.map(([time = ""]) => instant(time));
    const windows = spans.map(
      ([from, to]) =>
        [times.findIndex((t) => t >= instant(from)), times.findLastIndex((t) => t <= instant(to))] as const,
    );
    return { name, times, values: rows.map(([, value]) => Number(value)), windows };
  });
}

const sigmoid = (y: number): number => (y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1);

/** Rows that are not scored: the detector may learn from them. */
const probationOf = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750);

/** Rows past probation whose alert reaches a level. */
export function alarmsAt(alerts: readonly number[], level: number): number[] {
  const from = probationOf(alerts.length);
  return alerts.flatMap((alert, row) => (row >= from && alert >= level ? [row] : []));
}

/** Raw score of one file: the earliest alarm in a window counts, false alarms cost by distance, misses fully. */
export function rawScore({ windows }: NabFile, alarms: readonly number[], { miss, falseAlarm }: Profile): number {
  const best = windows.map(() => -miss);
  let cost = 0;
  for (const row of alarms) {
    const inside = windows.findIndex(([from, to]) => row >= from && row <= to);
    if (inside >= 0) {
      const [from, to] = windows[inside] as readonly [number, number];
      best[inside] = Math.max(best[inside] ?? -miss, sigmoid(-(to - row + 1) / (to - from + 1)) / sigmoid(-1));
      continue;
    }
    const before = windows.findLast(([, to]) => to < row);
    cost += falseAlarm * (before ? sigmoid((row - before[1]) / (before[1] - before[0])) : -1);
  }
  return best.reduce((sum, score) => sum + score, cost);
}

/** 100 for a detector that finds every window at its start without a false alarm, 0 for one that never alarms. */
export function normalised(raw: number, windows: number, profile: Profile): number {
  const none = -profile.miss * windows;
  return (100 * (raw - none)) / (windows - none);
}

export const windowsOf = (files: readonly NabFile[]): number =>
  files.reduce((sum, file) => sum + file.windows.length, 0);
