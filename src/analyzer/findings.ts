import { createHash } from "node:crypto";
import type { Anomaly, Finding } from "../core/assessment.ts";

const HOUR = 3_600_000;

export interface GroupOptions {
  /** Anomalies of one subject less than this apart, in ms, are one finding. */
  readonly gap?: number;
}

interface Open {
  readonly anomalies: Anomaly[];
  last: number;
}

/** −log10 of a p-value, bounded; an anomaly without one weighs nothing. */
const decades = ({ pValue }: Anomaly): number =>
  pValue === null ? 0 : Math.min(300, -Math.log10(Math.max(pValue, 1e-300)));

function findingOf(anomalies: readonly Anomaly[]): Finding {
  const first = anomalies[0] as Anomaly;
  const strongest = anomalies.reduce((best, next) => (decades(next) > decades(best) ? next : best));
  const detectors = [...new Set(anomalies.map(({ detector }) => detector))];
  const known = anomalies.flatMap(({ pValue }) => (pValue === null ? [] : [pValue]));
  // The smallest of several p-values, paid for by their number (Bonferroni): never too small.
  const pValue = known.length === 0 ? null : Math.min(1, Math.min(...known) * known.length);
  const others = detectors.filter((name) => name !== strongest.detector);
  return {
    id: createHash("sha256").update(`finding\u0000${first.id}`).digest("hex").slice(0, 16),
    subject: first.subject,
    start: first.time,
    end: (anomalies.at(-1) as Anomaly).time,
    pillars: [...new Set(anomalies.map(({ pillar }) => pillar))],
    detectors,
    anomalies: anomalies.map(({ id }) => id),
    pValue,
    reason: others.length === 0 ? strongest.reason : `${strongest.reason} Also told by ${others.join(", ")}.`,
  };
}

/**
 * What concerns one subject at one time is one finding, whatever detectors and pillars it was seen by: an analyst reads
 * one story, not five alerts. Subjects compare without case. By start, then id. O(n log n).
 */
export function groupFindings(anomalies: readonly Anomaly[], { gap = 12 * HOUR }: GroupOptions = {}): Finding[] {
  const open = new Map<string, Open>();
  const done: Open[] = [];
  const ordered = anomalies.toSorted((a, b) => (a.time === b.time ? (a.id < b.id ? -1 : 1) : a.time < b.time ? -1 : 1));
  for (const anomaly of ordered) {
    const [key, time] = [anomaly.subject.toLowerCase(), Date.parse(anomaly.time)];
    const running = open.get(key);
    if (running && time - running.last <= gap) {
      running.anomalies.push(anomaly);
      running.last = time;
      continue;
    }
    const fresh: Open = { anomalies: [anomaly], last: time };
    open.set(key, fresh);
    done.push(fresh);
  }
  return done.map(({ anomalies: own }) => findingOf(own));
}
