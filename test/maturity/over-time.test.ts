import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { STAGES, type Stage } from "../../src/core/maturity.ts";
import { forecast } from "../../src/maturity/forecast.ts";
import { confirmStages } from "../../src/maturity/hysteresis.ts";
import { Random } from "../../src/stats/random.ts";

const LETTERS: Readonly<Record<string, Stage>> = {
  t: "traditional",
  i: "initial",
  m: "intermediate",
  o: "optimal",
  "-": "not_assessable",
};
const stages = (text: string): Stage[] => Array.from(text, (letter) => LETTERS[letter] as Stage);
const letters = (list: readonly Stage[]): string =>
  list.map((stage) => Object.entries(LETTERS).find(([, s]) => s === stage)?.[0]).join("");

describe("hysteresis: promoted after two good buckets, demoted after one bad", () => {
  test.each([
    ["iiii", "iiii"],
    ["iimm", "iiim"],
    ["imim", "iiii"],
    ["momo", "mmmm"],
    ["iomo", "iimm"],
    ["mmi", "mmi"],
    ["oott", "oott"],
    ["--ii", "--ii"],
    ["i-mm", "iiim"],
    ["im-m", "iiii"],
    ["m--m", "mmmm"],
    ["tooo", "ttoo"],
    ["", ""],
  ])("%s → %s", (buckets, confirmed) => expect(letters(confirmStages(stages(buckets)))).toBe(confirmed));

  test("never confirms a stage that the last bucket missed, nor demotes on missing data", () => {
    const anyStage = fc.constantFrom<Stage>(...STAGES, "not_assessable");
    fc.assert(
      fc.property(fc.array(anyStage, { maxLength: 30 }), (buckets) => {
        const confirmed = confirmStages(buckets);
        const at = (stage: Stage | undefined): number => STAGES.indexOf(stage as (typeof STAGES)[number]);
        buckets.forEach((stage, i) => {
          if (stage === "not_assessable") expect(confirmed[i]).toBe(confirmed[i - 1] ?? "not_assessable");
          else expect(at(confirmed[i])).toBeLessThanOrEqual(at(stage));
        });
      }),
    );
  });
});

const WEEK = 7 * 86_400_000;
const series = (values: readonly (number | null)[]) => values.map((value, i) => ({ time: i * WEEK, value }));

describe("forecast", () => {
  test("a steady rise reaches the threshold when the line does", () => {
    const outlook = forecast(series(Array.from({ length: 12 }, (_, i) => 0.5 + 0.02 * i)), "atLeast", 0.8);
    if (!("forecast" in outlook)) throw new Error(outlook.none);
    expect(outlook.forecast.reaches / WEEK).toBeCloseTo(15, 6);
    expect(outlook.forecast.perWeek).toBeCloseTo(0.02, 10);
    expect(outlook.forecast.skill).toBeGreaterThan(0.99);
    expect(outlook.forecast.trials).toBeGreaterThanOrEqual(4);
  });

  test("a steady fall, with an outlier and a gap", () => {
    const values = Array.from({ length: 16 }, (_, i) => (i === 5 ? 0.9 : i === 9 ? null : 0.5 - 0.02 * i));
    const outlook = forecast(series(values), "atMost", 0.1);
    if (!("forecast" in outlook)) throw new Error(outlook.none);
    expect(outlook.forecast.reaches / WEEK).toBeCloseTo(20, 0);
  });

  test.each([
    ["too little history", [0.1, 0.2, 0.3, null, null, null, null, null, null], /3 measured buckets/],
    ["a value that is there", Array.from({ length: 10 }, (_, i) => 0.8 + 0.01 * i), /already reached/],
    ["the wrong way", Array.from({ length: 10 }, (_, i) => 0.5 - 0.01 * i), /does not move towards/],
    ["a standstill", Array.from({ length: 10 }, () => 0.5), /does not move towards/],
    ["a crawl", Array.from({ length: 10 }, (_, i) => 0.5 + 0.0001 * i), /more than a year/],
  ])("is hidden for %s", (_name, values, reason) => {
    const outlook = forecast(series(values), "atLeast", 0.8);
    expect("none" in outlook ? outlook.none : "a forecast").toMatch(reason);
  });

  test("noise around a level is mostly hidden: no skill, no date", () => {
    let shown = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = new Random(seed);
      if ("forecast" in forecast(series(Array.from({ length: 16 }, () => 0.5 + 0.1 * random.next())), "atLeast", 0.62))
        shown += 1;
    }
    expect(shown).toBeLessThan(30);
  });
});
