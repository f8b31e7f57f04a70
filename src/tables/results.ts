import type { Column, ScalarType, Value } from "../core/kusto.ts";

/*
 * The tables that ztlens writes its results to. Rows, stream declarations, tables, infrastructure code and workbook are
 * made from this file alone. Log Analytics reserves the names Title, Type, id and TenantId, and cuts a field at 64 KB.
 */

type Columns = Readonly<Record<string, readonly [type: ScalarType, description: string]>>;

interface Definition {
  readonly description: string;
  readonly columns: Columns;
}

/**
 * `TimeGenerated` is the time of publication: the service replaces one that is older than two days, so the times of
 * the data have columns of their own. The same finding has the same `ResultId` in every run over its window.
 */
const COMMON = {
  TimeGenerated: ["datetime", "When the row was published"],
  ResultId: [
    "string",
    "sha256 of table, scope, window and finding: the same for the same finding however often it is sent",
  ],
  RunId: ["string", "The run that found it: the same result has the same run"],
  RunTime: ["datetime", "When the run was published first; of two rows with one ResultId the later counts"],
  Scope: ["string", "What was assessed: a workspace, a tenant, a subsidiary"],
  WindowStart: ["datetime", "First moment of the data"],
  WindowEnd: ["datetime", "The moment that was assessed"],
} as const satisfies Columns;

const BOUNDS = {
  Low: ["real", "Lower Wilson 95 % bound"],
  High: ["real", "Upper Wilson 95 % bound"],
} as const satisfies Columns;

const DEFINITIONS = {
  ZtRun_CL: {
    description: "One row per run, written last: a run without it was not published whole",
    columns: {
      ...COMMON,
      Status: ["string", "complete, or partial where a query did not give its whole answer"],
      ToolVersion: ["string", "Version of ztlens"],
      PackDigest: ["string", "sha256 over the digests of all criterion queries: changes with the model"],
      ResultDigest: ["string", "sha256 of counts, states, stages and anomalies, as in the evidence bundle"],
      Criteria: ["int", "Criteria that were evaluated"],
      Met: ["int", "Criteria in state met"],
      NotMet: ["int", "Criteria in state not_met"],
      Excepted: ["int", "Criteria covered by an exception"],
      Unassessed: ["int", "Criteria without a verdict: insufficient, absent, stale or partial"],
      Anomalies: ["int", "Rows of ZtAnomaly_CL"],
      Offenders: ["int", "Rows of ZtOffender_CL"],
      RecordsRead: ["long", "Records read from exported files; accepted + quarantined + skipped"],
      RecordsAccepted: ["long", "Records that were assessed"],
      RecordsQuarantined: ["long", "Records that could not be understood"],
      RecordsSkipped: ["long", "Records that were left out, duplicates for example"],
      Warnings: ["dynamic", "What the run could not read or do, as texts"],
    },
  },
  ZtSignal_CL: {
    description: "One row per pillar and run: its stage, and its access events by verdict",
    columns: {
      ...COMMON,
      Pillar: ["string", "identities, devices, applications, network, data or infrastructure"],
      Stage: ["string", "traditional, initial, intermediate, optimal or not_assessable"],
      BlockedBy: ["dynamic", "Ids of the criteria that keep the pillar from its next stage"],
      Verified: ["long", "Events with no failed facet and enough known ones"],
      Failed: ["long", "Events with a failed facet"],
      Unknown: ["long", "Events of which too little is known"],
      Rate: ["real", "Verified / (Verified + Failed); null without such events"],
      ...BOUNDS,
      Coverage: ["real", "(Verified + Failed) / all events; null without events"],
      Criteria: ["int", "Criteria of the pillar"],
      Met: ["int", "Criteria in state met"],
      Excepted: ["int", "Criteria covered by an exception"],
      Unassessed: ["int", "Criteria without a verdict"],
      Anomalies: ["int", "Anomalies of the pillar"],
    },
  },
  ZtCriterion_CL: {
    description: "One row per criterion and run, with the arithmetic behind its state",
    columns: {
      ...COMMON,
      Pillar: ["string", "The pillar of the criterion"],
      CriterionId: ["string", "Id of the criterion, such as ID-01"],
      CriterionName: ["string", "Name of the criterion"],
      State: ["string", "met, not_met, insufficient, absent, stale, partial or excepted"],
      Stage: ["string", "The stage that the criterion reaches; not_assessable without a verdict"],
      RequiredFrom: ["string", "The first stage that requires the criterion"],
      Blocks: ["bool", "Whether it keeps its pillar from the next stage"],
      Numerator: ["long", "Events or entities that count for the value"],
      Denominator: ["long", "Events or entities looked at"],
      Value: ["real", "Numerator / Denominator; null without a denominator"],
      ...BOUNDS,
      Direction: [
        "string",
        "atLeast: the lower bound must reach the threshold; atMost: the upper bound must not exceed it",
      ],
      ThresholdInitial: ["real", "Threshold of the stage Initial; null where it has none"],
      ThresholdIntermediate: ["real", "Threshold of the stage Intermediate"],
      ThresholdOptimal: ["real", "Threshold of the stage Optimal"],
      Minimum: ["long", "The smallest denominator that carries a verdict"],
      Reason: ["string", "The arithmetic in one sentence, or why there is none"],
      NextStep: ["string", "What to do"],
      SourceTables: ["dynamic", "The tables that the query requires"],
      Offenders: ["int", "Rows of ZtOffender_CL for the criterion"],
      Query: ["string", "The KQL text as run"],
      QueryDigest: ["string", "sha256 of the query text"],
      Exceptions: ["dynamic", "Unexpired exceptions that were applied, with reason, owner and expiry"],
    },
  },
  ZtAnomaly_CL: {
    description: "One row per anomaly; later runs over the same events repeat it under the same AnomalyId",
    columns: {
      ...COMMON,
      AnomalyId: ["string", "The same for the same anomaly in every run"],
      Pillar: ["string", "The pillar in which it was found"],
      Detector: ["string", "The detector that found it"],
      Subject: ["string", "Who or what it is about"],
      EventTime: ["datetime", "When it happened"],
      Score: ["real", "On the scale of the detector; larger is more anomalous"],
      PValue: ["real", "How rare it is by chance; null where the detector has no null distribution"],
      Reason: ["string", "What was seen, against what was expected"],
    },
  },
  ZtOffender_CL: {
    description: "One row per offender of a criterion, in the order of its query",
    columns: {
      ...COMMON,
      Pillar: ["string", "The pillar of the criterion"],
      CriterionId: ["string", "The criterion that the offender fails"],
      Position: ["int", "1 for the first row of the offenders query"],
      Entity: ["string", "Who or what it is: the first text of the row"],
      Amount: ["real", "Failed events, or else the first number of the row"],
      Details: ["dynamic", "The whole row"],
    },
  },
} as const satisfies Readonly<Record<string, Definition>>;

export type ResultTableName = keyof typeof DEFINITIONS;

/** A row with exactly the columns of its table. */
export type ResultRow<T extends ResultTableName> = Readonly<Record<keyof (typeof DEFINITIONS)[T]["columns"], Value>>;

export interface ResultColumn extends Column {
  readonly description: string;
}

export interface ResultTable {
  readonly name: ResultTableName;
  readonly description: string;
  readonly columns: readonly ResultColumn[];
}

/** In the order in which they are written down; `ZtRun_CL`, which completes a run, is sent last. */
export const RESULT_TABLES: readonly ResultTable[] = Object.entries(DEFINITIONS).map(([name, table]) => ({
  name: name as ResultTableName,
  description: table.description,
  columns: Object.entries(table.columns).map(([column, [type, description]]) => ({ name: column, type, description })),
}));
