import type { Anomaly, Assessment, CriterionResult, PillarResult } from "../core/assessment.ts";
import { PILLAR_TITLES, type State } from "../core/maturity.ts";
import { jsonLine } from "../core/text/json.ts";
import { uuidOf } from "../evidence/digest.ts";
import { MANIFEST_FILE } from "../evidence/manifest.ts";
import { redactAssessment } from "../evidence/redact.ts";
import type { Evidence, ViewOptions } from "./view/evidence.ts";
import { isUnassessed, STATE_TITLES } from "./view/ladder.ts";

const SCHEMA_VERSION = "1.5.0";
const CATEGORY_FINDINGS = 2;
const COMPLIANCE_FINDING = 2003;
const DETECTION_FINDING = 2004;
const ACTIVITY_CREATE = 1;
const STATUS_NEW = 1;
const SEVERITY = { informational: 1, low: 2, medium: 3 } as const;
const ANALYTIC = { rule: 1, statistical: 3 } as const;
/** compliance.status_id. A warning is "the check could not give a verdict". */
const VERDICT = { pass: 1, warning: 2, fail: 3 } as const;

function verdictOf(state: State): { status_id: number; status: string } {
  if (state === "met") return { status_id: VERDICT.pass, status: "Pass" };
  if (isUnassessed(state) || state === "excepted") return { status_id: VERDICT.warning, status: "Warning" };
  return { status_id: VERDICT.fail, status: "Fail" };
}

/** What every event has. `status_id` here is the life cycle of the finding, not its verdict. */
const base = (assessment: Assessment, classUid: number, severity: number, time: string) => ({
  activity_id: ACTIVITY_CREATE,
  category_uid: CATEGORY_FINDINGS,
  class_uid: classUid,
  type_uid: classUid * 100 + ACTIVITY_CREATE,
  severity_id: severity,
  status_id: STATUS_NEW,
  time: Date.parse(time),
  metadata: {
    version: SCHEMA_VERSION,
    product: {
      name: assessment.tool.name,
      vendor_name: assessment.tool.name,
      version: assessment.tool.version,
    },
  },
});

function severityOf(criterion: CriterionResult, pillar: PillarResult): number {
  if (criterion.state !== "not_met") return SEVERITY.informational;
  return pillar.blockedBy.includes(criterion.id) ? SEVERITY.medium : SEVERITY.low;
}

/** The bundle that holds the rows, as evidence beside the figures. */
const bundled = (evidence: Evidence | undefined): object[] =>
  evidence ? [{ data: { file: MANIFEST_FILE, manifest_sha256: evidence.digest } }] : [];

const compliance = (
  assessment: Assessment,
  pillar: PillarResult,
  criterion: CriterionResult,
  evidence: Evidence | undefined,
) => ({
  ...base(assessment, COMPLIANCE_FINDING, severityOf(criterion, pillar), assessment.asOf),
  message: criterion.reason,
  finding_info: {
    uid: uuidOf(`${pillar.pillar}\n${criterion.id}\n${assessment.asOf}`),
    title: criterion.name,
    desc: criterion.reason,
    analytic: {
      type_id: ANALYTIC.rule,
      uid: criterion.id,
      name: criterion.name,
    },
  },
  compliance: {
    control: criterion.id,
    standards: [`Zero Trust maturity: ${PILLAR_TITLES[pillar.pillar]}`],
    ...verdictOf(criterion.state),
    status_code: criterion.state,
    status_details: [STATE_TITLES[criterion.state], criterion.reason],
  },
  remediation: { desc: criterion.next },
  evidences: [
    {
      // OCSF's own "query" is one of DNS.
      data: {
        query: criterion.query,
        query_sha256: criterion.queryDigest,
        numerator: criterion.numerator,
        denominator: criterion.denominator,
        value: criterion.value,
        low: criterion.low,
        high: criterion.high,
        thresholds: criterion.thresholds,
        direction: criterion.direction,
        minimum: criterion.minimum,
        stage: criterion.stage,
        offenders: criterion.offenders,
      },
    },
    ...bundled(evidence),
  ],
});

const detection = (assessment: Assessment, anomaly: Anomaly, evidence: Evidence | undefined) => ({
  ...base(assessment, DETECTION_FINDING, SEVERITY.medium, anomaly.time),
  message: anomaly.reason,
  finding_info: {
    uid: uuidOf(`${anomaly.detector}\n${anomaly.id}`),
    title: `${anomaly.detector}: ${anomaly.subject}`,
    desc: anomaly.reason,
    analytic: {
      type_id: ANALYTIC.statistical,
      uid: anomaly.detector,
      name: anomaly.detector,
    },
  },
  evidences: [
    {
      data: {
        subject: anomaly.subject,
        pillar: anomaly.pillar,
        score: anomaly.score,
        p_value: anomaly.pValue,
      },
    },
    ...bundled(evidence),
  ],
});

/** OCSF events, one per line: a Compliance Finding (2003) per criterion, a Detection Finding (2004) per anomaly. */
export function render(result: Assessment, { evidence }: ViewOptions = {}): string {
  const assessment = redactAssessment(result);
  const criteria = assessment.pillars.flatMap((pillar) =>
    pillar.criteria.map((c) => compliance(assessment, pillar, c, evidence)),
  );
  const anomalies = assessment.anomalies.map((anomaly) => detection(assessment, anomaly, evidence));
  return [...criteria, ...anomalies].map((event) => `${jsonLine(event)}\n`).join("");
}
