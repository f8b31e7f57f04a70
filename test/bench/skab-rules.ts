import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ALERT_LEVEL, Series } from "../../src/analyzer/series/series.ts";

/** One experiment of the Skoltech Anomaly Benchmark: channels of one value per second, and where the state changes. */
export interface SkabFile {
  readonly times: readonly number[];
  readonly channels: readonly (readonly number[])[];
  readonly changes: readonly number[];
}

export interface SkabScores {
  readonly standard: number;
  readonly lowFalsePositives: number;
  readonly lowFalseNegatives: number;
  readonly changePoints: number;
  readonly missed: number;
  readonly falseAlarms: number;
}

/** Rows that the leaderboard's methods train on; nothing is scored there. */
const TRAINING = 400;
const WINDOW = 60_000;

/** Reads a checkout of waico/SKAB: data/{valve1,valve2,other}/*.csv. */
export function loadSkab(folder: string): SkabFile[] {
  const files = ["valve1", "valve2", "other"].flatMap((group) =>
    readdirSync(join(folder, "data", group))
      .filter((name) => name.endsWith(".csv"))
      .map((name) => join(folder, "data", group, name)),
  );
  return files.map((path) => {
    const rows = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(";"));
    const times = rows.map(([time = ""]) => Date.parse(`${time.replace(" ", "T")}Z`));
    const channels = Array.from({ length: 8 }, (_, c) => rows.map((row) => Number(row[c + 1])));
    const changes = rows.flatMap((row, i) => (Number(row[10]) === 1 && i >= TRAINING ? [times[i] as number] : []));
    return { times, channels, changes };
  });
}

/** Alarms of any channel's series at the shipped level, after the training rows. */
function alarmsOf({ times, channels }: SkabFile): number[] {
  const series = channels.map(() => new Series());
  return times.filter((time, row) => {
    const alerts = series.map((one, c) => one.push(channels[c]?.[row] as number, time).alert);
    return row >= TRAINING && Math.max(...alerts) >= ALERT_LEVEL;
  });
}

/** A hit's worth by its place in the window, from 1 at the change down to the price of a false alarm at its end. */
function worth(share: number, falseAlarm: number): number {
  const x = -Math.PI / 2 + Math.min(1, share) * Math.PI;
  const half = (1 + falseAlarm) / 2;
  return (-half * Math.tanh(x)) / Math.tanh(Math.PI / 2) + half - falseAlarm;
}

/** The benchmark's NAB score: windows of 60 s to the right of each change; the first alarm in one counts. */
export function scoreSkab(files: readonly SkabFile[]): SkabScores {
  const hits: number[] = [];
  let [missed, falseAlarms] = [0, 0];
  for (const file of files) {
    const alarms = alarmsOf(file);
    const windows = file.changes.map((start, i) => [start, Math.min(start + WINDOW, file.changes[i + 1] ?? Infinity)]);
    for (const [start = 0, end = 0] of windows) {
      const first = alarms.find((time) => time >= start && time <= end);
      if (first === undefined) missed += 1;
      else hits.push((first - start) / (end - start));
    }
    falseAlarms += alarms.filter(
      (time) => !windows.some(([start = 0, end = 0]) => time >= start && time <= end),
    ).length;
  }
  const count = hits.length + missed;
  const score = (falseAlarm: number, miss: number): number => {
    const raw =
      hits.reduce((sum, share) => sum + worth(share, falseAlarm), 0) - falseAlarm * falseAlarms - miss * missed;
    return (100 * (raw + miss * count)) / (count + miss * count);
  };
  return {
    standard: score(0.11, 1),
    lowFalsePositives: score(0.22, 1),
    lowFalseNegatives: score(0.11, 2),
    changePoints: count,
    missed,
    falseAlarms,
  };
}
