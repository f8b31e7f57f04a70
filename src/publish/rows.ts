import type { Anomaly, Assessment, CriterionResult, InputReport, PillarResult } from "../core/assessment.ts";
import type { Value } from "../core/kusto.ts";
import { isUnassessed } from "../core/maturity.ts";
import { sha256, uuidOf } from "../evidence/digest.ts";
import { canonical, representable } from "../evidence/exact.ts";
import { offenderLabel } from "../evidence/offenders.ts";
import { redactAssessment } from "../evidence/redact.ts";
import { resultDigest } from "../evidence/result.ts";
import type { ResultRow, ResultTableName } from "../tables/results.ts";
import { fitted } from "./fields.ts";

export interface RunOptions {
  /** What was assessed, so that several workspaces can share the tables. */
  readonly scope: string;
  /** ISO 8601 UTC. */
  readonly runTime: string;
}

/** The rows of one run, by table. */
export type RunRows = { readonly [T in ResultTableName]: readonly ResultRow<T>[] };

type Common = ResultRow<"ZtRun_CL">;
type Identified = Pick<
  Common,
  "TimeGenerated" | "ResultId" | "RunId" | "RunTime" | "Scope" | "WindowStart" | "WindowEnd"
>;

interface Run {
  readonly assessment: Assessment;
  /** The columns that every table has. `key` tells the findings of one table and window apart. */
  identify(table: ResultTableName, ...key: readonly string[]): Identified;
}

/**
 * An assessment as rows of the result tables: without credentials, no field longer than the service keeps. The same
 * assessment gives the same `RunId` and `ResultId`s, so that publishing it twice changes nothing.
 */
export function resultRows(result: Assessment, { scope, runTime }: RunOptions): RunRows {
  const assessment = representable(redactAssessment(result)) as Assessment;
  const { start, end } = assessment.window;
  const digest = resultDigest(assessment);
  const common = {
    RunId: uuidOf(canonical([scope, start, end, digest])),
    RunTime: runTime,
    Scope: scope,
    WindowStart: start,
    WindowEnd: end,
  };
  const run: Run = {
    assessment,
    identify: (table, ...key) => ({
      TimeGenerated: runTime,
      ResultId: sha256(canonical([table, scope, start, end, ...key])),
      ...common,
    }),
  };
  const offenders = offenderRows(run);
  return {
    ZtSignal_CL: assessment.pillars.map((pillar) => signalRow(run, pillar)),
    ZtCriterion_CL: assessment.pillars.flatMap((pillar) =>
      pillar.criteria.map((criterion) => fitted(criterionRow(run, pillar, criterion))),
    ),
    ZtAnomaly_CL: assessment.anomalies.map((anomaly) => fitted(anomalyRow(run, anomaly))),
    ZtOffender_CL: offenders.map(fitted),
    ZtRun_CL: [fitted(runRow(run, digest, offenders.length))],
  };
}

const counted = (
  criteria: readonly CriterionResult[],
): Record<"Criteria" | "Met" | "Excepted" | "Unassessed", number> => ({
  Criteria: criteria.length,
  Met: criteria.filter(({ state }) => state === "met").length,
  Excepted: criteria.filter(({ state }) => state === "excepted").length,
  Unassessed: criteria.filter(({ state }) => isUnassessed(state)).length,
});

function runRow({ assessment, identify }: Run, digest: string, offenders: number): ResultRow<"ZtRun_CL"> {
  const { pillars, anomalies, inputs, warnings, tool } = assessment;
  const criteria = pillars.flatMap((pillar) => pillar.criteria);
  const total = (count: (input: InputReport) => number): number => inputs.reduce((sum, one) => sum + count(one), 0);
  return {
    ...identify("ZtRun_CL"),
    Status: warnings.length > 0 || criteria.some(({ state }) => state === "partial") ? "partial" : "complete",
    ToolVersion: tool.version,
    PackDigest: sha256(canonical(criteria.map(({ id, queryDigest }) => [id, queryDigest]))),
    ResultDigest: digest,
    ...counted(criteria),
    NotMet: criteria.filter(({ state }) => state === "not_met").length,
    Anomalies: anomalies.length,
    Offenders: offenders,
    RecordsRead: total(({ read }) => read),
    RecordsAccepted: total(({ accepted }) => accepted),
    RecordsQuarantined: total(({ quarantined }) => quarantined),
    RecordsSkipped: total(({ skipped }) => skipped),
    Warnings: [...warnings],
  };
}

function signalRow({ assessment, identify }: Run, result: PillarResult): ResultRow<"ZtSignal_CL"> {
  const { pillar, stage, blockedBy, criteria, continuousVerification } = result;
  const { verified, failed, unknown, rate, low, high } = continuousVerification;
  const all = verified + failed + unknown;
  return {
    ...identify("ZtSignal_CL", pillar),
    Pillar: pillar,
    Stage: stage,
    BlockedBy: [...blockedBy],
    Verified: verified,
    Failed: failed,
    Unknown: unknown,
    Rate: rate,
    Low: low,
    High: high,
    Coverage: all === 0 ? null : (verified + failed) / all,
    ...counted(criteria),
    Anomalies: assessment.anomalies.filter((anomaly) => anomaly.pillar === pillar).length,
  };
}

function criterionRow(
  { identify }: Run,
  { pillar, blockedBy }: PillarResult,
  criterion: CriterionResult,
): ResultRow<"ZtCriterion_CL"> {
  const { thresholds, exceptions } = criterion;
  return {
    ...identify("ZtCriterion_CL", criterion.id, criterion.queryDigest),
    Pillar: pillar,
    CriterionId: criterion.id,
    CriterionName: criterion.name,
    State: criterion.state,
    Stage: criterion.stage,
    RequiredFrom: criterion.requiredFrom,
    Blocks: blockedBy.includes(criterion.id),
    Numerator: criterion.numerator,
    Denominator: criterion.denominator,
    Value: criterion.value,
    Low: criterion.low,
    High: criterion.high,
    Direction: criterion.direction,
    ThresholdInitial: thresholds.initial ?? null,
    ThresholdIntermediate: thresholds.intermediate ?? null,
    ThresholdOptimal: thresholds.optimal ?? null,
    Minimum: criterion.minimum,
    Reason: criterion.reason,
    NextStep: criterion.next,
    SourceTables: [...criterion.tables],
    Offenders: criterion.offenders.length,
    Query: criterion.query,
    QueryDigest: criterion.queryDigest,
    Exceptions: (exceptions?.applied ?? []) as unknown as Value,
  };
}

function anomalyRow({ identify }: Run, anomaly: Anomaly): ResultRow<"ZtAnomaly_CL"> {
  return {
    ...identify("ZtAnomaly_CL", anomaly.id, anomaly.pillar, anomaly.detector),
    AnomalyId: anomaly.id,
    Pillar: anomaly.pillar,
    Detector: anomaly.detector,
    Subject: anomaly.subject,
    EventTime: anomaly.time,
    Score: anomaly.score,
    PValue: anomaly.pValue,
    Reason: anomaly.reason,
  };
}

function offenderRows({ assessment, identify }: Run): ResultRow<"ZtOffender_CL">[] {
  return assessment.pillars.flatMap(({ pillar, criteria }) =>
    criteria.flatMap(({ id, queryDigest, offenders }) =>
      offenders.map((offender, i) => {
        const { subject, size } = offenderLabel(offender);
        return {
          ...identify("ZtOffender_CL", id, queryDigest, String(i + 1), canonical(offender)),
          Pillar: pillar,
          CriterionId: id,
          Position: i + 1,
          Entity: subject,
          Amount: size,
          Details: offender,
        };
      }),
    ),
  );
}
