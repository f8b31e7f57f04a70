import { describe, expect, test } from "vitest";
import apiErrorBurst from "../../../src/analyzer/detectors/api-error-burst.ts";
import type { Row } from "../../signals/support.ts";
import { at, detect, HOUR } from "../support.ts";

const calls = (count: number, from: number, every: number, code: (i: number) => number, Subject = "app-1"): Row[] =>
  Array.from({ length: count }, (_, i) =>
    at(from + i * every, { Subject, Resource: `/orders/${i % 40}`, ResultCode: `${code(i)}` }),
  );

const find = (...rows: Row[]) => detect(apiErrorBurst, "applications", rows);
const quiet = calls(2000, 0, 5000, (i) => (i % 100 === 0 ? 404 : 200));

describe("API error burst", () => {
  test("a client whose calls suddenly fail", () => {
    const anomalies = find(...quiet, ...calls(60, 3 * HOUR, 1000, (i) => (i % 3 === 0 ? 200 : 403)));
    expect(anomalies).toHaveLength(1);
    expect(anomalies[0]).toMatchObject({ subject: "app-1" });
    expect(anomalies[0]?.reason).toMatch(
      /40 of \d+ calls within 2 min failed \(last code 403, \d+ resources\); the usual error rate is 1\.\d %/,
    );
  });

  test.each([
    ["a usual error rate", quiet],
    ["a client that always gets many 404", calls(3000, 0, 2000, (i) => (i % 2 === 0 ? 404 : 200)).slice(1200)],
    ["few calls", calls(15, 0, 1000, () => 500)],
    ["errors spread over hours", calls(60, 0, 60_000, () => 500)],
    [
      "many callers with one error each",
      Array.from({ length: 60 }, (_, i) => calls(1, i * 1000, 1, () => 500, `app-${i}`)).flat(),
    ],
  ])("is not seen in %s", (name, rows) => {
    const anomalies = find(...rows);
    // Until its rate is known, a client that always fails is told once.
    expect(anomalies.length).toBe(name.includes("always") ? 1 : 0);
  });

  test("falls back to the address of an anonymous caller", () => {
    const rows = calls(60, 0, 1000, () => 401, "").map((row) => ({ ...row, IP: "203.0.113.7" }));
    expect(find(...rows)[0]?.subject).toBe("203.0.113.7");
  });
});
