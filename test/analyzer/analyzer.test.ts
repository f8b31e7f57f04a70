import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Analyzer } from "../../src/analyzer/analyzer.ts";
import { type Detector, detector } from "../../src/analyzer/types.ts";
import { UsageError } from "../../src/core/errors.ts";
import { batchOf, type Row } from "../signals/support.ts";
import { analyze, at, byTime, MINUTE, START } from "./support.ts";

/** Records the order in which it sees events; its state is that order. */
const recorder = (): Detector & { readonly seen: string[] } => {
  const seen: string[] = [];
  const definition = detector({
    name: "recorder",
    pillars: ["identities"],
    needs: ["IP"],
    defaults: { every: 1 },
    create: (settings, emit) => {
      let count = 0;
      return {
        evictions: 0,
        open: (batch) => (rows) => {
          while (rows.next()) {
            const { row } = rows;
            seen.push(batch.eventId[row] as string);
            count += 1;
            const subject = batch.names.text(batch.subjectId[row] as number);
            if (count % settings.every === 0)
              emit({ subject, time: batch.time[row] as number, score: count, reason: `${count}` });
          }
        },
        finish: (time) => emit({ subject: "end", time, score: 0, reason: `${count} in all` }),
        snapshot: () => count,
        restore: (state) => {
          count = state as number;
        },
      };
    },
  });
  return { ...definition, seen };
};

const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) => at(i * 1000, { IP: "192.0.2.1" }));

describe("analyzer", () => {
  test("gives rows on in order of event time, whatever batch they came in", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 40 }), fc.infiniteStream(fc.nat(1000)), (offsets, keys) => {
        const given = offsets.map((offset) => at(offset * 1000, { IP: "192.0.2.1" }));
        const expected = given.toSorted((a, b) =>
          `${a.TimeGenerated}${a.EventId}` < `${b.TimeGenerated}${b.EventId}` ? -1 : 1,
        );
        const shuffled = given.map((row) => ({ row, key: keys.next().value })).sort((a, b) => a.key - b.key);
        const spy = recorder();
        const run = analyze(
          "identities",
          shuffled.map(({ row }) => row),
          { detectors: [spy], lateness: MINUTE },
          3,
        );
        expect(spy.seen).toEqual(expected.map(({ EventId }) => EventId));
        expect(run.analyzer.accounts().get("identities")?.late ?? 0).toBe(0);
      }),
    );
  });

  test("rows later than the lateness are judged and counted, not analysed", () => {
    const spy = recorder();
    const analyzer = new Analyzer({ detectors: [spy], lateness: MINUTE });
    analyzer.push("identities", batchOf([at(0, { IP: "" }), at(10 * MINUTE, { IP: "" })]));
    analyzer.push("identities", batchOf([at(8 * MINUTE, { IP: "" }), at(9.5 * MINUTE, { IP: "" })]));
    analyzer.finish();
    expect(spy.seen).toHaveLength(3);
    expect(analyzer.accounts().get("identities")).toMatchObject({ rows: 4, accepted: 4, rejected: 0, late: 1 });
    expect(analyzer.verification().get("identities")?.verified).toBe(4);
  });

  test("a snapshot at any point, through JSON, continues identically", () => {
    const given = rows(60);
    const whole = analyze("identities", given, { detectors: [recorder()], lateness: 5000 }, 4);
    for (let cut = 0; cut < 15; cut++) {
      const pieces = analyze("identities", given, { detectors: [recorder()], lateness: 5000 }, 4, cut);
      expect(pieces.anomalies).toEqual(whole.anomalies);
      expect(pieces.analyzer.verification()).toEqual(whole.analyzer.verification());
      expect(pieces.analyzer.coverage()).toEqual(whole.analyzer.coverage());
      expect(JSON.stringify(pieces.analyzer.snapshot())).toBe(JSON.stringify(whole.analyzer.snapshot()));
    }
  });

  test("a snapshot is not touched by what follows", () => {
    const analyzer = new Analyzer({ detectors: [recorder()] });
    analyzer.push("identities", batchOf(rows(10)));
    const snapshot = analyzer.snapshot();
    const text = JSON.stringify(snapshot);
    analyzer.push("identities", batchOf(rows(10)));
    analyzer.finish();
    expect(JSON.stringify(snapshot)).toBe(text);
  });

  test("says which detector could not see which rows", () => {
    const analyzer = new Analyzer({ detectors: [recorder()] });
    analyzer.push("identities", batchOf([at(0), at(1)]));
    analyzer.push("identities", batchOf([at(2, { IP: "192.0.2.1" })]));
    analyzer.push("network", batchOf([at(2)]));
    expect(analyzer.coverage()).toEqual([
      { detector: "recorder", pillar: "identities", rows: 1, skipped: 2, missing: ["IP"], evictions: 0, suppressed: 0 },
    ]);
    expect([...analyzer.verification().keys()]).toEqual(["identities", "network"]);
  });

  test("keeps a bounded number of anomalies and counts the rest", () => {
    const { analyzer } = analyze("identities", rows(50), { detectors: [recorder()], maxAnomalies: 20 });
    expect(analyzer.anomalies).toHaveLength(20);
    expect(analyzer.coverage()[0]?.suppressed).toBe(31);
  });

  test("anomalies have deterministic ids, in order of time", () => {
    const given = byTime(rows(9));
    const [a, b] = [5, 2].map((size) => analyze("identities", given, { detectors: [recorder()] }, size).anomalies);
    expect(a).toEqual(b);
    expect(new Set(a?.map(({ id }) => id)).size).toBe(10);
    expect(a?.[0]).toMatchObject({ pillar: "identities", detector: "recorder", time: new Date(START).toISOString() });
  });

  test("takes single signals, and bad rows reconcile", () => {
    const analyzer = new Analyzer();
    analyzer.push("data", batchOf([at(0), at(1, { Device: "?" })]));
    expect(analyzer.accounts().get("data")).toMatchObject({ rows: 2, accepted: 1, rejected: 1 });
    const facets = {
      identity: "verified",
      device: "failed",
      context: "na",
      policy: "na",
      session: "na",
      encryption: "na",
    } as const;
    analyzer.push("data", {
      time: START,
      eventId: "x",
      subject: "s",
      subjectType: "user",
      resource: "",
      facets,
      context: {},
    });
    expect(analyzer.verification().get("data")).toMatchObject({ verified: 1, failed: 1, rate: 0.5 });
  });

  test("refuses settings that nothing reads", () => {
    const detectors = [recorder()];
    expect(() => new Analyzer({ detectors, settings: { recordr: {} } })).toThrow(UsageError);
    expect(() => new Analyzer({ detectors, settings: { recorder: { evry: 2 } } })).toThrow(
      /no setting "evry"\. Known: every/,
    );
  });
});
