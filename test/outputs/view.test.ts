import { describe, expect, test } from "vitest";
import type { Anomaly } from "../../src/core/assessment.ts";
import { rankAnomalies } from "../../src/outputs/view/anomalies.ts";
import { bounds, moment, share, sharesApart } from "../../src/outputs/view/format.ts";
import { nextStage } from "../../src/outputs/view/ladder.ts";
import { distinctSubjects, offenderLabel } from "../../src/outputs/view/offenders.ts";
import { contoso } from "./fixtures.ts";

describe("figures", () => {
  test.each([
    [null, "–"],
    [0, "0 %"],
    [1, "100 %"],
    [0.5, "50 %"],
    [0.9103, "91.0 %"],
    [0.99996, "99.996 %"],
    [0.00004, "0.004 %"],
    [0.0000001, "< 0.0001 %"],
    [0.99999999, "> 99.9999 %"],
    [12.5, "12.5"],
    [4200, "4,200"],
  ])("%s is written %s", (value, text) => expect(share(value)).toBe(text));

  test("a missed bound never reads as its threshold", () => {
    expect(sharesApart(0.908, 0.95)).toEqual(["90.8 %", "95 %"]);
    expect(sharesApart(0.94997, 0.95)).toEqual(["94.997 %", "95.000 %"]);
    expect(sharesApart(0.95, 0.95)).toEqual(["95 %", "95 %"]);
  });

  test("bounds and moments", () => {
    expect(bounds(0.908, 0.914)).toBe("90.8–91.4 %");
    expect(bounds(null, null)).toBe("");
    expect(moment("2026-11-20T12:00:00.0000000Z")).toBe("2026-11-20 12:00 UTC");
    expect(moment("2026-11-20T12:00:41.1230000Z")).toBe("2026-11-20 12:00:41 UTC");
    expect(moment("not a time")).toBe("not a time");
  });
});

describe("offenders", () => {
  test.each([
    [{ Name: "a", Signins: 7, Failed: 3 }, "a", 3],
    [{ Failed: 1, Title: "", Owner: "b" }, "b", 1],
    [{ Name: "c" }, "c", null],
    [{ n: 4 }, '{"n":4}', 4],
    [{}, "{}", null],
  ])("%j is about %s", (offender, subject, size) => expect(offenderLabel(offender)).toEqual({ subject, size }));

  test("a subject with several rows counts once, with its largest figure", () =>
    expect([...distinctSubjects([{ a: "x", n: 1 }, { a: "y" }, { a: "x", n: 5 }, { a: "y", n: 2 }])]).toEqual([
      ["x", 5],
      ["y", 2],
    ]));
});

describe("anomalies", () => {
  const [sample] = contoso.anomalies;
  const made = (detector: string, score: number, time: string): Anomaly =>
    ({ ...sample, id: `${detector}${score}${time}`, detector, score, time }) as Anomaly;

  test("the strongest of each detector comes first: scores of two detectors are not compared", () => {
    const ranked = rankAnomalies([
      made("a", 900, "2026-01-01"),
      made("a", 800, "2026-01-03"),
      made("b", 2, "2026-01-02"),
      made("b", 1, "2026-01-02"),
    ]);
    expect(ranked.map(({ anomaly, rank }) => [anomaly.detector, anomaly.score, rank])).toEqual([
      ["b", 2, 0],
      ["a", 900, 0],
      ["a", 800, 1],
      ["b", 1, 1],
    ]);
    expect(ranked.map(({ weight }) => weight)).toEqual([1, 1, 800 / 900, 0.5]);
  });

  test("order does not depend on the order of arrival", () =>
    expect(rankAnomalies([...contoso.anomalies].reverse())).toEqual(rankAnomalies(contoso.anomalies)));
});

describe("the next stage", () => {
  const [identities] = contoso.pillars;
  const next = (change: object): string | undefined =>
    nextStage({ ...identities, ...change } as NonNullable<typeof identities>);
  const late = identities?.criteria.filter(({ requiredFrom }) => requiredFrom === "optimal");

  test.each([
    [{}, "intermediate"],
    [{ stage: "traditional" }, "initial"],
    [{ stage: "not_assessable" }, "initial"],
    [{ stage: "optimal" }, undefined],
    [{ stage: "traditional", criteria: late }, "optimal"],
    [{ stage: "traditional", criteria: [] }, undefined],
  ])("of %j", (change, stage) => expect(next(change)).toBe(stage));
});
