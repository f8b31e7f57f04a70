import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ALERT_LEVEL, LITE_ALERT_LEVEL, Series } from "../../../src/analyzer/series/series.ts";

/** A checkout of numenta/NAB (v1.1): data/ and labels/combined_windows.json. */
const root = process.env.ZTLENS_NAB;

interface File {
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly windows: readonly (readonly [number, number])[];
}

const instant = (text: string): number => Date.parse(`${text.slice(0, 19).replace(" ", "T")}Z`);

function load(folder: string): File[] {
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
    return { times, values: rows.map(([, value]) => Number(value)), windows };
  });
}

const sigmoid = (y: number): number => (y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1);

interface Profile {
  readonly miss: number;
  readonly falseAlarm: number;
}

/** Raw score of one file by NAB's rules: the earliest hit of a window counts, false alarms cost by distance, misses fully. */
function rawScore({ windows }: File, alerts: readonly number[], level: number, { miss, falseAlarm }: Profile): number {
  const probation = Math.min(Math.floor(0.15 * alerts.length), 750);
  const best = windows.map(() => -miss);
  let cost = 0;
  for (let i = probation; i < alerts.length; i++) {
    if ((alerts[i] ?? 0) < level) continue;
    const inside = windows.findIndex(([from, to]) => i >= from && i <= to);
    if (inside >= 0) {
      const [from, to] = windows[inside] as readonly [number, number];
      best[inside] = Math.max(best[inside] ?? -miss, sigmoid(-(to - i + 1) / (to - from + 1)) / sigmoid(-1));
      continue;
    }
    const before = windows.findLast(([, to]) => to < i);
    cost += falseAlarm * (before ? sigmoid((i - before[1]) / (before[1] - before[0])) : -1);
  }
  return best.reduce((sum, score) => sum + score, cost);
}

// The corpus is not ours to ship: set ZTLENS_NAB to a checkout of it.
describe.skipIf(!root)("Numenta Anomaly Benchmark", () => {
  const files = root ? load(root) : [];
  const windows = files.reduce((sum, file) => sum + file.windows.length, 0);
  const alertsOf = (lite: boolean): number[][] =>
    files.map(({ values, times }) => {
      const series = new Series(lite);
      return values.map((value, i) => series.push(value, times[i] as number).alert);
    });
  const normalised = (alerts: readonly number[][], level: number, profile: Profile): number => {
    const raw = files.reduce((sum, file, i) => sum + rawScore(file, alerts[i] ?? [], level, profile), 0);
    const none = -profile.miss * windows;
    return (100 * (raw - none)) / (windows - none);
  };

  test("the corpus is the whole one", () => expect([files.length, windows]).toEqual([58, 116]));

  test("full form: standard, low false positives, low false negatives", () => {
    const alerts = alertsOf(false);
    expect(normalised(alerts, ALERT_LEVEL, { miss: 1, falseAlarm: 0.11 })).toBeGreaterThanOrEqual(76);
    expect(normalised(alerts, ALERT_LEVEL, { miss: 1, falseAlarm: 0.22 })).toBeGreaterThanOrEqual(69);
    expect(normalised(alerts, ALERT_LEVEL, { miss: 2, falseAlarm: 0.11 })).toBeGreaterThanOrEqual(81);
  });

  test("lite form", () => {
    expect(normalised(alertsOf(true), LITE_ALERT_LEVEL, { miss: 1, falseAlarm: 0.11 })).toBeGreaterThanOrEqual(74);
  });
});
