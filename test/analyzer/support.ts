import { Analyzer, type AnalyzerOptions } from "../../src/analyzer/analyzer.ts";
import type { Detector } from "../../src/analyzer/types.ts";
import type { Anomaly } from "../../src/core/assessment.ts";
import type { Pillar } from "../../src/core/maturity.ts";
import { batchOf, type Row, row } from "../signals/support.ts";

export const START = Date.UTC(2026, 4, 4);
export const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000] as const;

let sequence = 0;

/** A signal row at `START + offset` ms with its own event id. */
export function at(offset: number, changes: Row = {}): Row {
  sequence += 1;
  const time = new Date(START + offset).toISOString().replace("Z", "0000Z");
  return row({ TimeGenerated: time, EventId: `e${String(sequence).padStart(8, "0")}`, ...changes });
}

export const byTime = (rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => (String(a.TimeGenerated) < String(b.TimeGenerated) ? -1 : 1));

export interface Run {
  readonly analyzer: Analyzer;
  readonly anomalies: readonly Anomaly[];
}

/** Pushes rows in batches of `size`; cuts after batch `cut` by a snapshot through JSON into a new analyzer. */
export function analyze(pillar: Pillar, rows: readonly Row[], options: AnalyzerOptions = {}, size = 97, cut = -1): Run {
  let analyzer = new Analyzer(options);
  for (let start = 0, index = 0; start < rows.length; start += size, index++) {
    analyzer.push(pillar, batchOf(rows.slice(start, start + size)));
    if (index !== cut) continue;
    const saved = JSON.parse(JSON.stringify(analyzer.snapshot()));
    analyzer = new Analyzer(options);
    analyzer.restore(saved);
  }
  analyzer.finish();
  return { analyzer, anomalies: analyzer.anomalies };
}

/** The anomalies of one detector on rows in time order. */
export const detect = (
  detector: Detector,
  pillar: Pillar,
  rows: readonly Row[],
  settings: Record<string, number> = {},
) => analyze(pillar, byTime(rows), { detectors: [detector], settings: { [detector.name]: settings } }).anomalies;
