import { groupFindings } from "../../src/analyzer/findings.ts";
import type { Anomaly, Finding } from "../../src/core/assessment.ts";
import type { GroundTruth } from "../../src/simulate/simulate.ts";
import type { TenantResult } from "./tenant.ts";

/** One attack of one tenant: whether anything told it, what, and after how long. */
export interface Verdict {
  readonly attack: string;
  readonly pillar: string;
  readonly expected: string;
  readonly detectors: readonly string[];
  /** Minutes of event time from the attack's first row to the first anomaly; null for a miss. */
  readonly minutes: number | null;
}

export interface Score {
  readonly seed: number;
  readonly verdicts: readonly Verdict[];
  readonly findings: number;
  readonly falseFindings: readonly Finding[];
  readonly falsePerDayPer1000: number;
}

const [HOUR, DAY] = [3_600_000, 86_400_000];
/** Rhythm of a pillar, not of a subject: told by its time. */
const RHYTHM = "activity-shift";

/** An anomaly belongs to an attack when it names its subject, from an hour before its first row to a day after its last. */
function belongs(anomaly: Anomaly, attack: GroundTruth): boolean {
  const time = Date.parse(anomaly.time);
  if (time < Date.parse(attack.start) - HOUR || time > Date.parse(attack.end) + DAY) return false;
  return anomaly.subject.toLowerCase() === attack.subject.toLowerCase();
}

/** A shift in the rhythm of the attacked pillar while the attack runs is the attack seen from afar: not false, not a hit. */
function echoes({ detector, pillar, time }: Anomaly, attack: GroundTruth): boolean {
  const at = Date.parse(time);
  return (
    detector === RHYTHM &&
    pillar === attack.pillar &&
    at >= Date.parse(attack.start) - HOUR &&
    at <= Date.parse(attack.end) + HOUR
  );
}

export function scoreSeed({ seed, users, days, attacks, anomalies }: TenantResult): Score {
  const verdicts = attacks.map((attack): Verdict => {
    const found = anomalies.filter((anomaly) => belongs(anomaly, attack));
    const first = found.reduce((earliest, { time }) => Math.min(earliest, Date.parse(time)), Infinity);
    return {
      attack: attack.attack,
      pillar: attack.pillar,
      expected: attack.detector,
      detectors: [...new Set(found.map(({ detector }) => detector))].sort(),
      minutes: found.length === 0 ? null : Math.max(0, first - Date.parse(attack.start)) / 60_000,
    };
  });
  const findings = groupFindings(anomalies);
  const explained = new Set(
    anomalies.filter((anomaly) => attacks.some((a) => belongs(anomaly, a) || echoes(anomaly, a))).map(({ id }) => id),
  );
  const falseFindings = findings.filter((finding) => !finding.anomalies.some((id) => explained.has(id)));
  return {
    seed,
    verdicts,
    findings: findings.length,
    falseFindings,
    falsePerDayPer1000: falseFindings.length / days / (users / 1000),
  };
}
