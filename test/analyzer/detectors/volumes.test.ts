import { describe, expect, test } from "vitest";
import exfiltrationVolume from "../../../src/analyzer/detectors/exfiltration-volume.ts";
import massRead from "../../../src/analyzer/detectors/mass-read.ts";
import { Random } from "../../../src/stats/random.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect, HOUR, MINUTE } from "../support.ts";

const read = (offset: number, changes: Row = {}): Row =>
  at(offset, { Operation: "GetBlob", ResultCode: "200", Resource: "store/a", ...changes });

/** Office hours of one subject: about `perHour` reads in each of eight hours a day. */
function office(Subject: string, days: number, perHour: number, random: Random): Row[] {
  return Array.from({ length: days * 8 }, (_, h) => {
    const start = Math.floor(h / 8) * DAY + (9 + (h % 8)) * HOUR;
    const count = Math.round(perHour * (0.5 + random.next()));
    return Array.from({ length: count }, () => read(start + Math.floor(random.next() * HOUR), { Subject }));
  }).flat();
}

const burst = (Subject: string, count: number, from: number, span: number, changes: Row = {}): Row[] =>
  Array.from({ length: count }, (_, i) => read(from + Math.floor((i * span) / count), { Subject, ...changes }));

describe("mass read", () => {
  const find = (...rows: Row[]) => detect(massRead, "data", rows);
  const usual = office("ann", 10, 20, new Random(4));

  test("a subject reads many times what it ever did", () => {
    const anomalies = find(...usual, ...burst("ann", 800, 10 * DAY, 20 * MINUTE));
    expect(anomalies).toHaveLength(1);
    expect(anomalies[0]).toMatchObject({ subject: "ann", time: expect.stringMatching(/^2026-05-14T00:/) });
    expect(anomalies[0]?.reason).toMatch(
      /Read 800 objects within an hour \(limit \d+ objects\): its median active hour has (19|2\d)(\.\d)? objects, robust z/,
    );
  });

  test("a burst across the hour is not split", () => {
    const whole = find(...usual, ...burst("ann", 400, 10 * DAY, 40 * MINUTE));
    const split = find(...usual, ...burst("ann", 400, 10 * DAY + 40 * MINUTE, 40 * MINUTE));
    expect([whole.length, split.length]).toEqual([1, 1]);
    expect(Math.abs((split[0]?.score as number) / (whole[0]?.score as number) - 1)).toBeLessThan(0.1);
  });

  test("a new subject is measured against its peers", () => {
    const peers = ["bob", "cem", "dan"].flatMap((name, i) => office(name, 6, 20, new Random(i)));
    const anomalies = find(...peers, ...burst("new", 900, 6 * DAY, 30 * MINUTE));
    expect(anomalies.map(({ subject }) => subject)).toEqual(["new"]);
    expect(anomalies[0]?.reason).toMatch(/too little history of its own; 99 % of all hours of others stay below/);
  });

  test.each([
    ["its usual days", usual],
    ["writes", [...usual, ...burst("ann", 800, 10 * DAY, 20 * MINUTE, { Operation: "PutBlob" })]],
    ["refused reads", [...usual, ...burst("ann", 800, 10 * DAY, 20 * MINUTE, { ResultCode: "403" })]],
    ["a first subject without peers", burst("ann", 800, 0, 20 * MINUTE)],
    [
      "a service that always reads much",
      office("svc", 6, 900, new Random(8)).filter(({ TimeGenerated }) => String(TimeGenerated) > "2026-05-05"),
    ],
  ])("is not seen in %s", (_name, rows) => expect(find(...rows)).toEqual([]));

  test("a repeated burst does not become usual at once", () => {
    const days = [10, 11, 12].flatMap((day) => burst("ann", 800, day * DAY, 20 * MINUTE));
    expect(find(...usual, ...days)).toHaveLength(3);
  });
});

describe("exfiltration volume", () => {
  test("bytes instead of objects, and nothing below 10 MB an hour", () => {
    const usual = office("ann", 10, 20, new Random(4)).map((row) => ({ ...row, Bytes: 20_000 }));
    const [small, large] = [50_000, 5_000_000].map((Bytes) => burst("ann", 100, 10 * DAY, 20 * MINUTE, { Bytes }));
    expect(detect(exfiltrationVolume, "data", [...usual, ...(small ?? [])])).toEqual([]);
    const [anomaly] = detect(exfiltrationVolume, "network", [...usual, ...(large ?? [])]);
    expect(anomaly?.reason).toMatch(/Moved 500 MB within an hour \(limit \d+ MB\)|Moved 500 MB within an hour \(limit/);
  });
});
