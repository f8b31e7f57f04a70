import { expect, test } from "vitest";
import activityShift from "../../../src/analyzer/detectors/activity-shift.ts";
import { Random } from "../../../src/stats/random.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect, HOUR, MINUTE } from "../support.ts";

/** Twelve days with an office rhythm; about one event in fifty is refused. */
function days(random: Random): Row[] {
  return Array.from({ length: 12 * 24 }, (_, h) => {
    const hour = h % 24;
    const count = Math.round((hour > 7 && hour < 18 ? 60 : 12) * (0.8 + 0.4 * random.next()));
    return Array.from({ length: count }, () =>
      at(h * HOUR + Math.floor(random.next() * HOUR), { ResultCode: random.next() < 0.02 ? "403" : "200" }),
    );
  }).flat();
}

const find = (...rows: Row[]) => detect(activityShift, "data", rows);

test("a burst of refused operations at night breaks the rhythm", () => {
  const burst = Array.from({ length: 120 }, (_, i) => at(10 * DAY + 3 * HOUR + i * 5000, { ResultCode: "403" }));
  const anomalies = find(...days(new Random(2)), ...burst);
  expect(anomalies.map(({ subject }) => subject)).toContain("refused or failed operations");
  expect(new Set(anomalies.map(({ time }) => time))).toEqual(new Set(["2026-05-14T03:00:00.000Z"]));
  expect(anomalies[0]?.reason).toMatch(/in 15 min, where this hour of the day has [\d.]+ on average: score/);
});

test("the rhythm itself is none, and nothing is told in the first week", () => {
  expect(find(...days(new Random(3)))).toEqual([]);
  const early = Array.from({ length: 120 }, (_, i) => at(3 * DAY + 3 * HOUR + i * 5000, { ResultCode: "403" }));
  expect(find(...days(new Random(3)), ...early)).toEqual([]);
});

test("missing days are missing, not quiet", () => {
  const rows = days(new Random(4));
  const hole = rows.map((row) => ({ row, time: Date.parse(String(row.TimeGenerated)) - Date.UTC(2026, 4, 4) }));
  expect(find(...hole.filter(({ time }) => time < 8 * DAY || time > 11 * DAY + MINUTE).map(({ row }) => row))).toEqual(
    [],
  );
});
