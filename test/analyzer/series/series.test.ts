import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Novelty } from "../../../src/analyzer/series/novelty.ts";
import { ALERT_LEVEL, LITE_ALERT_LEVEL, Series } from "../../../src/analyzer/series/series.ts";
import { Random } from "../../../src/stats/random.ts";

const [HOUR, QUARTER] = [3_600_000, 900_000];
const viaJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** A noisy day and week rhythm in quarters of an hour. */
function rhythm(random: Random, weeks: number): number[] {
  return Array.from({ length: weeks * 672 }, (_, i) => {
    const [day, hour] = [Math.floor(i / 96) % 7, (i % 96) / 4];
    const office = day < 5 && hour > 8 && hour < 18 ? 200 : 20;
    return Math.round(office * (0.8 + 0.4 * random.next()));
  });
}

describe("novelty against a dictionary", () => {
  test("what was seen is not novel, what is farther than ever is", () => {
    const novelty = new Novelty(16);
    expect(novelty.push(1)).toBe(0);
    expect(novelty.push(1)).toBe(0);
    expect(novelty.push(2)).toBe(5);
    for (let i = 0; i < 50; i++) novelty.push(1 + (i % 10) / 10);
    expect(novelty.push(1.5)).toBe(0);
    expect(novelty.push(1000)).toBeGreaterThan(10);
    expect(novelty.push(1000)).toBe(0);
  });

  test("keeps its capacity and the extremes of a stream", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (values) => {
          const novelty = new Novelty(8);
          for (const value of values) expect(novelty.push(value)).toBeGreaterThanOrEqual(0);
          const kept = novelty.snapshot().values;
          expect(kept.length).toBeLessThanOrEqual(8);
          expect(kept).toEqual([...kept].sort((a, b) => a - b));
          for (const value of kept) expect(values.some((seen) => seen === value)).toBe(true);
        },
      ),
    );
  });

  test("long streams keep their scale when the fading is folded in", () => {
    const novelty = new Novelty(16);
    const random = new Random(1);
    for (let i = 0; i < 200_000; i++) expect(Number.isFinite(novelty.push(random.next()))).toBe(true);
    expect(novelty.push(100)).toBeGreaterThan(5);
  });
});

test("gives the scores that were published, to nine digits", () => {
  const random = new Random(7);
  const series = new Series();
  let [sum, alarms] = [0, 0];
  for (let i = 0; i < 20_000; i++) {
    const value = 100 + 40 * Math.sin(i / 15) + Math.floor(random.next() * 20) + (i % 5000 === 4999 ? 300 : 0);
    const { raw, alert, surprise } = series.push(value, Date.UTC(2026, 4, 1) + i * 300_000);
    sum += raw + 2 * alert + 3 * surprise;
    if (alert >= ALERT_LEVEL) alarms += 1;
  }
  expect([sum.toPrecision(9), alarms]).toEqual(["243819.943", 6]);
});

describe.each([
  ["full", false, ALERT_LEVEL, 25_000],
  ["lite", true, LITE_ALERT_LEVEL, 6144],
] as const)("series, %s", (_name, lite, level, bytes) => {
  test("alerts on a night-time burst, not on the rhythm", () => {
    const values = rhythm(new Random(3), 6);
    const at = 5 * 672 + 3 * 96 + 12;
    for (let i = 0; i < 8; i++) values[at + i] = 900;
    const series = new Series(lite);
    const alerts = values.flatMap((value, i) =>
      series.push(value, i * QUARTER + 96 * HOUR).alert >= level && i > 1344 ? [i] : [],
    );
    expect(alerts[0]).toBe(at);
    expect(alerts.length).toBeLessThan(5);
  });

  test("repeated anomalies stop alerting but stay surprising", () => {
    const values = rhythm(new Random(4), 8);
    const spikes = [5, 6, 7].map((week) => week * 672 + 3 * 96 + 12);
    for (const at of spikes) values[at] = 900;
    const series = new Series(lite);
    const points = values.map((value, i) => series.push(value, i * QUARTER + 96 * HOUR));
    const [first, , third] = spikes.map((at) => points[at]);
    expect(third?.raw).toBeLessThan(first?.raw as number);
    expect(third?.surprise).toBeGreaterThan(1.5);
  });

  test("a snapshot at any point, through JSON, continues identically", () => {
    const values = rhythm(new Random(5), 2);
    const whole = new Series(lite);
    const expected = values.map((value, i) => whole.push(value, i * QUARTER));
    for (const cut of [0, 1, 37, 700, 1300]) {
      const first = new Series(lite);
      for (const [i, value] of values.slice(0, cut).entries()) first.push(value, i * QUARTER);
      const second = new Series(lite, viaJson(first.snapshot()));
      const rest = values.slice(cut).map((value, i) => second.push(value, (cut + i) * QUARTER));
      expect(rest).toEqual(expected.slice(cut));
      expect(second.snapshot()).toEqual(whole.snapshot());
    }
  });

  test("looks at the past only: a prefix gives the same points", () => {
    const values = rhythm(new Random(6), 1);
    const [short, long] = [new Series(lite), new Series(lite)];
    const prefix = values.slice(0, 300).map((value, i) => short.push(value, i * QUARTER));
    expect(values.map((value, i) => long.push(value, i * QUARTER)).slice(0, 300)).toEqual(prefix);
  });

  test("any finite values give finite points within the memory bound", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { maxLength: 400 }), (values) => {
        const series = new Series(lite);
        for (const [i, value] of values.entries()) {
          const { raw, alert, surprise, tail } = series.push(value, i * HOUR);
          expect([raw, alert, surprise, tail].every((x) => Number.isFinite(x) && x >= 0)).toBe(true);
          if (alert > 0) expect(alert).toBe(raw);
        }
        expect(series.bytes).toBeLessThanOrEqual(bytes);
      }),
      { numRuns: 40 },
    );
  });

  test("explains a point by its projections", () => {
    const series = new Series(lite);
    for (const [i, value] of rhythm(new Random(7), 2).entries()) series.push(value, i * QUARTER);
    series.push(5000, 1344 * QUARTER);
    const views = series.why();
    expect(views.map(({ projection }) => projection)).toContain("level");
    expect(views).toEqual(views.toSorted((a, b) => b.score - a.score));
  });
});
