import type { Anomaly, Assessment, Finding } from "../../core/assessment.ts";
import { visibleText } from "../../core/text/visible.ts";
import { moment } from "../view/format.ts";

/** The least likely first; without a probability, those that most detectors told; equals by time, newest first. */
const strongestFirst = (a: Finding, b: Finding): number =>
  (a.pValue ?? 1) - (b.pValue ?? 1) || b.detectors.length - a.detectors.length || (a.start < b.start ? 1 : -1);

/** Anomalies of one subject at one time, together. `anomalies` are places in the list that is `written`. */
export function findingsData({ findings }: Assessment, written: readonly Anomaly[]) {
  if (!findings) return null;
  const place = new Map(written.map(({ id }, i) => [id, i]));
  return findings.toSorted(strongestFirst).map((finding) => ({
    subject: visibleText(finding.subject),
    time: finding.start,
    from: moment(finding.start),
    to: moment(finding.end),
    pillars: finding.pillars,
    detectors: finding.detectors.map(visibleText),
    anomalies: finding.anomalies.flatMap((id) => place.get(id) ?? []),
    pValue: finding.pValue,
    reason: visibleText(finding.reason),
  }));
}
