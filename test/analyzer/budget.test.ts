import { describe, expect, test } from "vitest";
import { withinBudget } from "../../src/analyzer/budget.ts";
import { Calibration, Population } from "../../src/analyzer/calibration.ts";
import { groupFindings } from "../../src/analyzer/findings.ts";
import type { Anomaly, Finding } from "../../src/core/assessment.ts";
import { Names } from "../../src/signals/names.ts";
import { Random } from "../../src/stats/random.ts";
import { DAY, HOUR, MINUTE, START } from "./support.ts";

const anomaly = (time: number, changes: Partial<Anomaly> = {}): Anomaly => ({
  id: `${time}/${changes.subject ?? "ann"}/${changes.detector ?? "a"}`,
  pillar: "identities",
  detector: "a",
  subject: "ann",
  time: new Date(START + time).toISOString(),
  score: 1,
  pValue: 0.01,
  reason: "1 of 2.",
  ...changes,
});

const finding = (time: number, pValue: number): Finding => {
  const [made] = groupFindings([anomaly(time, { pValue, subject: String(time) })]);
  return made as Finding;
};

describe("findings", () => {
  test("one subject, one time: one finding over detectors, pillars and spellings", () => {
    const findings = groupFindings([
      anomaly(2 * HOUR, { detector: "b", pillar: "data", subject: "ANN", pValue: 1e-4, reason: "3 of 4." }),
      anomaly(0),
      anomaly(HOUR, { subject: "bob" }),
      anomaly(40 * HOUR),
    ]);
    expect(findings.map(({ subject, detectors }) => [subject, detectors])).toEqual([
      ["ann", ["a", "b"]],
      ["bob", ["a"]],
      ["ann", ["a"]],
    ]);
    expect(findings[0]).toMatchObject({ pillars: ["identities", "data"], reason: "3 of 4. Also told by a." });
    // The smaller of two p-values, paid for twice.
    expect(findings[0]?.pValue).toBeCloseTo(2e-4, 12);
  });

  test("every anomaly is in exactly one finding, in any order of the input", () => {
    const random = new Random(3);
    const many = Array.from({ length: 300 }, (_, i) =>
      anomaly(Math.floor(random.next() * 30 * DAY), { subject: `u${i % 20}`, detector: `d${i % 5}` }),
    );
    const findings = groupFindings(many);
    expect(findings.flatMap(({ anomalies }) => anomalies).sort()).toEqual(many.map(({ id }) => id).sort());
    expect(groupFindings(many.toReversed())).toEqual(findings);
  });
});

describe("calibration", () => {
  test("p-values of scores without an attack are uniform or larger", () => {
    const random = new Random(11);
    const names = new Names();
    const population = new Population(names);
    const calibration = new Calibration();
    const pValues: number[] = [];
    for (let day = 0; day < 40; day++) {
      for (let subject = 0; subject < 100; subject++) {
        population.see(names.id(`u${subject}`), START + day * DAY + subject * MINUTE);
        const score = random.next();
        // A detector tells only what is above its own limit.
        if (score > 0.9) pValues.push(calibration.push(score, population.count));
      }
    }
    const late = pValues.slice(100);
    for (const level of [0.01, 0.03, 0.1]) {
      const share = late.filter((p) => p <= level).length / (late.length / 0.1);
      expect(share).toBeLessThan(level * 1.5);
      expect(share).toBeGreaterThan(level * 0.5);
    }
  });

  test("a snapshot continues", () => {
    const names = new Names();
    const [first, second] = [new Population(names), new Population(names)];
    for (let i = 0; i < 50; i++) first.see(names.id(`u${i}`), START + i * HOUR);
    second.restore(JSON.parse(JSON.stringify(first.snapshot())));
    for (const population of [first, second]) population.see(names.id("new"), START + 60 * HOUR);
    expect(second.count).toBe(first.count);
    const calibration = new Calibration([1, 2, 3]);
    expect(new Calibration(calibration.snapshot()).push(2.5, 9)).toBe(calibration.push(2.5, 9));
  });
});

describe("alert budget", () => {
  /** Candidates of 40 days whose strengths drift: a weak fortnight, then a loud one. */
  const candidates = (perDay: number, seed = 5): Finding[] => {
    const random = new Random(seed);
    return Array.from({ length: 40 * perDay }, (_, i) => {
      const time = Math.floor((i / perDay) * DAY);
      return finding(time, random.next() ** (time > 20 * DAY ? 4 : 1.5));
    });
  };

  test.each([1, 5, 20])("%d a day, whatever the strengths do", (perDay) => {
    const told = withinBudget(candidates(60), { perDay, start: START });
    const rate = told.filter(({ start }) => Date.parse(start) >= START + 7 * DAY).length / 33;
    expect(rate).toBeGreaterThan(perDay / 1.5);
    expect(rate).toBeLessThan(perDay * 1.5);
  });

  test("tells the strongest, and all where there are few", () => {
    const weak = candidates(60);
    const strong = finding(30 * DAY + HOUR, 1e-30);
    const all = [...weak, strong].sort((a, b) => (a.start < b.start ? -1 : 1));
    expect(withinBudget(all, { perDay: 5, start: START }).map(({ id }) => id)).toContain(strong.id);
    const few = candidates(2);
    expect(withinBudget(few, { perDay: 5, start: START })).toEqual(few);
  });

  test("looks at the past only", () => {
    const all = candidates(20);
    const half = all.slice(0, 400);
    const told = withinBudget(all, { perDay: 3, start: START }).filter(({ id }) => half.some((one) => one.id === id));
    expect(withinBudget(half, { perDay: 3, start: START })).toEqual(told);
  });
});
