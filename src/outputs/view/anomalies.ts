import type { Anomaly } from "../../core/assessment.ts";

export interface RankedAnomaly {
  readonly anomaly: Anomaly;
  /** 0 for the strongest of its detector and pillar. Scores of different detectors have no common scale. */
  readonly rank: number;
  /** Score over the highest of its detector, 0 to 1. */
  readonly weight: number;
}

const newestFirst = (a: Anomaly, b: Anomaly): number =>
  a.time < b.time ? 1 : a.time > b.time ? -1 : a.id < b.id ? -1 : 1;

/** The strongest of each detector first, then the second of each; equals by time, newest first. */
export function rankAnomalies(anomalies: readonly Anomaly[]): RankedAnomaly[] {
  const byDetector = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    const key = `${anomaly.pillar}\n${anomaly.detector}`;
    const group = byDetector.get(key);
    if (group) group.push(anomaly);
    else byDetector.set(key, [anomaly]);
  }
  const ranked: RankedAnomaly[] = [];
  for (const group of byDetector.values()) {
    group.sort((a, b) => b.score - a.score || newestFirst(a, b));
    const highest = group[0]?.score ?? 0;
    for (const [rank, anomaly] of group.entries()) {
      ranked.push({ anomaly, rank, weight: highest > 0 ? Math.max(0, anomaly.score) / highest : 1 });
    }
  }
  return ranked.sort((a, b) => a.rank - b.rank || newestFirst(a.anomaly, b.anomaly));
}
