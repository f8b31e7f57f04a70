import { describe, expect, test } from "vitest";
import { Analyzer } from "../../src/analyzer/analyzer.ts";
import { CanaryFeed, canaries, canaryReport } from "../../src/analyzer/canary.ts";
import { loadDetectors } from "../../src/analyzer/registry.ts";
import { PILLARS } from "../../src/core/maturity.ts";
import { CONTEXT_COLUMNS } from "../../src/core/signal.ts";
import { batchOf, type Row } from "../signals/support.ts";
import { at, DAY, HOUR, START } from "./support.ts";

const detectors = await loadDetectors();
const END = START + 20 * DAY;

/** Twenty quiet days of a few subjects, with every column. */
const quiet = (pillar: string): Row[] =>
  Array.from({ length: 20 * 48 }, (_, i) =>
    at(i * (HOUR / 2), {
      ...Object.fromEntries(
        Object.entries(CONTEXT_COLUMNS).map(([name, type]) => [name, type === "string" ? "" : null]),
      ),
      Subject: `${pillar}-${i % 5}`,
      IP: `192.0.2.${i % 5}`,
      ASN: "64496",
      ResultCode: "0",
      Operation: "read",
    }),
  );

describe("canaries", () => {
  test("name shipped detectors, and subjects that cannot exist", () => {
    for (const { detector, pillar, signals } of canaries(END)) {
      const known = detectors.find(({ name }) => name === detector);
      expect(known?.pillars, detector).toContain(pillar);
      for (const { time } of signals) expect(time).toBeLessThanOrEqual(END);
    }
  });

  test("are found in a shadow of the stream, and leave the stream alone", () => {
    const [analyzer, shadow, alone] = [1, 2, 3].map(() => new Analyzer({ detectors })) as [
      Analyzer,
      Analyzer,
      Analyzer,
    ];
    const all = canaries(END);
    for (const pillar of PILLARS) {
      const rows = quiet(pillar);
      const feed = new CanaryFeed(all, pillar);
      for (let i = 0; i < rows.length; i += 96) {
        const batch = batchOf(rows.slice(i, i + 96));
        const extra = feed.upTo(START + (i + 95) * (HOUR / 2), [batch]);
        analyzer.push(pillar, batch);
        alone.push(pillar, batch);
        shadow.pushAligned(pillar, extra ? [batch, extra] : [batch]);
      }
    }
    for (const one of [analyzer, shadow, alone]) one.finish();
    const report = canaryReport(all, new Set(PILLARS), shadow.anomalies, analyzer.anomalies);
    const missed = report.injected.filter(({ found }) => !found).map(({ pillar, detector }) => `${pillar}/${detector}`);
    expect(missed).toEqual([]);
    expect(report.recall).toBe(1);
    expect(report.alarms).toBe(0);
    // Never in evidence: counts and anomalies are those of a run without canaries.
    expect(analyzer.verification()).toEqual(alone.verification());
    expect(JSON.stringify(analyzer.snapshot())).not.toContain("canary");
  });

  test("have no column that the real events lack", () => {
    const feed = new CanaryFeed(canaries(END), "identities");
    const extra = feed.upTo(END, [batchOf([at(0)])]);
    expect(extra?.columns.has("IP")).toBe(false);
    expect(extra?.columns.has("Subject")).toBe(true);
    expect(feed.upTo(END, [batchOf([at(0)])])).toBeUndefined();
  });
});
