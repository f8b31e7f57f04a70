import type { Anomaly, Assessment, CriterionResult, InputReport, PillarResult } from "../core/assessment.ts";
import { jsonText } from "../core/text/json.ts";
import { redactAssessment } from "../evidence/redact.ts";
import { organisationOf } from "../maturity/organisation.ts";
import { repairOf } from "./view/leverage.ts";

const criterion = (c: CriterionResult, repair = repairOf(c)) => ({
  id: c.id,
  stage: c.stage,
  state: c.state,
  numerator: c.numerator,
  denominator: c.denominator,
  value: c.value,
  low: c.low,
  high: c.high,
  thresholds: c.thresholds,
  reason: c.reason,
  offenders: c.offenders,
  ...(repair && { repair }),
  queryDigest: c.queryDigest,
});

const pillar = ({ pillar: name, stage, continuousVerification: rate, trust, criteria }: PillarResult) => ({
  pillar: name,
  stage,
  continuousVerification: {
    verified: rate.verified,
    failed: rate.failed,
    unknown: rate.unknown,
    rate: rate.rate,
    low: rate.low,
    high: rate.high,
  },
  ...(trust && { trust }),
  criteria: criteria.map((own) => criterion(own)),
});

const anomaly = ({ id, pillar: name, detector, subject, time, score, pValue, reason }: Anomaly) => ({
  id,
  pillar: name,
  detector,
  subject,
  time,
  score,
  pValue,
  reason,
});

const input = ({ file, table, read, accepted, quarantined, skipped }: InputReport) => ({
  file,
  table,
  read,
  accepted,
  quarantined,
  skipped,
});

/**
 * The JSON contract of `ztlens replay --output json`: these members and no others, so that readers can rely on them.
 * `history` and `outlooks` are there where `--history` asks for them, `scopes` where `--by` does.
 */
export function render(result: Assessment): string {
  const { asOf, window, pillars, anomalies, findings, canary, inputs, timeTravel, scopes } = redactAssessment(result);
  const { stage, weakest, gates } = organisationOf(pillars);
  return `${jsonText(
    {
      asOf,
      window: { start: window.start, end: window.end },
      pillars: pillars.map(pillar),
      anomalies: anomalies.map(anomaly),
      ...(findings && { findings }),
      ...(canary && { canary }),
      inputs: inputs.map(input),
      organisation: { stage, weakest, gates },
      ...(scopes && { scopes }),
      ...(timeTravel && { history: timeTravel.steps, outlooks: timeTravel.outlooks }),
    },
    2,
  )}\n`;
}
