import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadDetectors } from "../../../src/analyzer/registry.ts";
import { CONTEXT_COLUMNS } from "../../../src/core/signal.ts";
import { Random } from "../../../src/stats/random.ts";
import { type Row, row } from "../../signals/support.ts";
import { analyze, at, byTime, HOUR, MINUTE } from "../support.ts";

const detectors = await loadDetectors();

const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random.next() * values.length)] as T;

/** Three days of everything: every context column, ordinary and suspicious values, ties in time, few entities. */
function mixture(seed: number, count: number): Row[] {
  const random = new Random(seed);
  const rows = Array.from({ length: count }, (_, i) => {
    // A calm stretch, then a dense one that pushes every detector over its limits.
    const offset = i < count / 2 ? random.next() * 60 * HOUR : 60 * HOUR + random.next() * 3 * HOUR;
    const host = random.next() < 0.3;
    return at(Math.floor(offset / 1000) * 1000, {
      Subject: host ? `host${Math.floor(random.next() * 4)}` : `user${Math.floor(random.next() ** 2 * 12)}`,
      SubjectType: host ? "host" : "user",
      Resource: pick(random, ["a", "b.example.com", `${Math.floor(random.next() * 1e6).toString(36)}.t.example.com`]),
      Device: pick(random, ["verified", "failed", "unknown"]),
      IP: `198.51.100.${Math.floor(random.next() * 8)}`,
      ASN: pick(random, ["64500", "64501", "64502", ""]),
      Country: pick(random, ["CH", "BR", "US", ""]),
      Latitude: pick(random, [47.37, -23.55, 40.7, null]),
      Longitude: pick(random, [8.54, -46.63, -74, null]),
      UserAgent: pick(random, ["edge", "curl", ""]),
      DeviceId: pick(random, ["d1", "d2", ""]),
      App: pick(random, ["portal", `app${Math.floor(random.next() * 50)}`]),
      Operation: pick(random, [
        "GetBlob",
        "Consent to application",
        "Microsoft.Insights/diagnosticSettings/delete",
        "Microsoft.Authorization/elevateAccess/action",
      ]),
      Bytes: Math.floor(random.next() * 5e7),
      Packets: Math.floor(random.next() * 100),
      DurationMs: random.next() * 1000,
      Port: pick(random, [53, 443, Math.floor(random.next() * 65_000)]),
      Protocol: pick(random, ["deviceCode", "DNS", "oauth2"]),
      ResultCode: pick(random, ["0", "0", "50126", "500121", "403", "Deny", ""]),
      SessionId: `s${Math.floor(random.next() * 20)}`,
      TokenId: `t${Math.floor(random.next() * 20)}`,
    });
  });
  return byTime(rows);
}

test("every file of the folder is a detector of its own name", () => {
  const files = readdirSync(new URL("../../../src/analyzer/detectors/", import.meta.url));
  expect(detectors.map(({ name }) => `${name}.ts`)).toEqual(files.sort());
});

describe.each(
  detectors.flatMap((detector) => detector.pillars.map((pillar) => ({ detector, pillar, name: detector.name }))),
)("$name on $pillar", ({ detector, pillar }) => {
  const given = mixture(17, 4000);
  const options = { detectors: [detector], lateness: 5 * MINUTE };
  const whole = analyze(pillar, given, options, 500);

  test("needs columns of the contract", () => {
    expect(detector.needs.filter((column) => !(column in CONTEXT_COLUMNS))).toEqual([]);
    expect(Object.keys(detector.relaxed ?? {}).filter((name) => !(name in detector.defaults))).toEqual([]);
  });

  test("gives the same answer cut at any point by a snapshot through JSON", () => {
    for (const cut of [0, 2, 4, 5, 6, 7]) {
      const pieces = analyze(pillar, given, options, 500, cut);
      expect(pieces.anomalies).toEqual(whole.anomalies);
      expect(JSON.stringify(pieces.analyzer.snapshot())).toBe(JSON.stringify(whole.analyzer.snapshot()));
    }
  });

  test("gives the same answer whatever the batches, and in another order within the lateness", () => {
    expect(analyze(pillar, given, options, 77).anomalies).toEqual(whole.anomalies);
    const swapped = given
      .flatMap((_, i) => (i % 2 === 0 ? [given[i + 1], given[i]] : []))
      .filter((r): r is Row => r !== undefined);
    const span = Math.max(
      ...given
        .slice(1)
        .map((r, i) => Date.parse(String(r.TimeGenerated)) - Date.parse(String(given[i]?.TimeGenerated))),
    );
    expect(analyze(pillar, swapped, { ...options, lateness: span + 1 }, 1).anomalies).toEqual(whole.anomalies);
  });

  test("says what it measured, with finite numbers", () => {
    for (const anomaly of whole.anomalies) {
      expect(Number.isFinite(anomaly.score)).toBe(true);
      expect(anomaly.pValue).toBeGreaterThan(0);
      expect(anomaly.pValue).toBeLessThanOrEqual(1);
      expect(anomaly.reason).toMatch(/\d.*\.$/s);
      expect(anomaly.reason).not.toMatch(/NaN|undefined|Infinity|\[object/);
      expect(anomaly.subject).not.toBe("");
    }
  });

  test("survives an empty stream, rows without context, and extreme values", () => {
    expect(analyze(pillar, [], options).anomalies).toEqual([]);
    const bare = Array.from({ length: 50 }, (_, i) => at(i * MINUTE, { Subject: "", Resource: "" }));
    expect(analyze(pillar, bare, options).anomalies).toEqual([]);
    const extreme = {
      ...row(),
      ...Object.fromEntries(
        Object.entries(CONTEXT_COLUMNS).map(([name, type]) => [name, type === "string" ? "__proto__" : 1e308]),
      ),
    };
    const odd = Array.from({ length: 300 }, (_, i) => ({
      ...extreme,
      ...at(i * 1000),
      Subject: i % 2 === 0 ? "__proto__" : "constructor",
    }));
    for (const { score } of analyze(pillar, odd, options).anomalies) expect(Number.isFinite(score)).toBe(true);
  });

  test("keeps its memory", () => {
    const tiny = Object.fromEntries(
      Object.keys(detector.defaults)
        .filter((name) => /^max/.test(name))
        .map((name) => [name, 16]),
    );
    const crowd = Array.from(
      { length: 3000 },
      (_, i) =>
        ({
          ...given[i % given.length],
          ...at(i * 1000),
          Subject: `u${i}`,
          SubjectType: "host",
          IP: `10.0.${i >> 8}.${i & 255}`,
          SessionId: `s${i}`,
          Resource: `r${i}`,
          App: `a${i}`,
          DeviceId: `d${i}`,
        }) as Row,
    );
    const settings = { [detector.name]: tiny };
    const run = analyze(pillar, crowd, { detectors: [detector], settings, lateness: 0 }, 500);
    const { trust: _, ...state } = run.analyzer.snapshot().pillars[pillar] ?? {};
    expect(JSON.stringify(state).length).toBeLessThan(600_000);
  });
});
