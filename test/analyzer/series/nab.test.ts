import { describe, expect, test } from "vitest";
import { ALERT_LEVEL, LITE_ALERT_LEVEL, Series } from "../../../src/analyzer/series/series.ts";
import { alarmsAt, loadNab, normalised, PROFILES, type Profile, rawScore, windowsOf } from "../../bench/nab-rules.ts";
import { loadSkab, scoreSkab } from "../../bench/skab-rules.ts";

/** Checkouts of numenta/NAB (v1.1) and waico/SKAB (v0.9). The corpora are not ours to ship. */
const [nab, skab] = [process.env.ZTLENS_NAB, process.env.ZTLENS_SKAB];

describe.skipIf(!nab)("Numenta Anomaly Benchmark", () => {
  const files = nab ? loadNab(nab) : [];
  const alertsOf = (lite: boolean): number[][] =>
    files.map(({ values, times }) => {
      const series = new Series(lite);
      return values.map((value, i) => series.push(value, times[i] as number).alert);
    });
  const score = (alerts: readonly number[][], level: number, profile: Profile): number => {
    const raw = files.reduce((sum, file, i) => sum + rawScore(file, alarmsAt(alerts[i] ?? [], level), profile), 0);
    return normalised(raw, windowsOf(files), profile);
  };

  test("the corpus is the whole one", () => expect([files.length, windowsOf(files)]).toEqual([58, 116]));

  test("full form: standard, low false positives, low false negatives", () => {
    const alerts = alertsOf(false);
    expect(score(alerts, ALERT_LEVEL, PROFILES.standard)).toBeGreaterThanOrEqual(76);
    expect(score(alerts, ALERT_LEVEL, PROFILES["low false positives"])).toBeGreaterThanOrEqual(69);
    expect(score(alerts, ALERT_LEVEL, PROFILES["low false negatives"])).toBeGreaterThanOrEqual(81);
  });

  test("lite form", () => {
    expect(score(alertsOf(true), LITE_ALERT_LEVEL, PROFILES.standard)).toBeGreaterThanOrEqual(74);
  });
});

describe.skipIf(!skab)("Skoltech Anomaly Benchmark", () => {
  test("change points, by the benchmark's own score", () => {
    const scores = skab ? scoreSkab(loadSkab(skab)) : undefined;
    expect(scores?.changePoints).toBe(127);
    expect(scores?.standard).toBeGreaterThanOrEqual(50);
  });
});
