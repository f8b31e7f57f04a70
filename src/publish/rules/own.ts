import { TICKS_PER_DAY, TICKS_PER_HOUR } from "../../core/ticks.ts";
import { uuidOf } from "../../evidence/digest.ts";
import type { AnalyticRule } from "../../packs/rules/types.ts";

type Own = Pick<AnalyticRule, "name" | "description" | "severity" | "query" | "frequency" | "period"> &
  Partial<Pick<AnalyticRule, "tactics" | "techniques" | "customDetails" | "override" | "grouping">>;

const rule = (key: string, own: Own): AnalyticRule => ({
  id: uuidOf(`analytic rule ${key}`),
  kind: "Scheduled",
  enabled: true,
  version: "1.0.0",
  trigger: { operator: "gt", threshold: 0 },
  grouping: "AlertPerResult",
  tactics: [],
  techniques: [],
  connectors: [],
  entityMappings: [],
  customDetails: {},
  override: { properties: {} },
  file: key,
  position: { line: 1, column: 1 },
  queryPosition: { line: 1, column: 1 },
  ...own,
});

/** Rules over the published results: each run looks at what was published since the one before. */
export const OWN_RULES: readonly AnalyticRule[] = [
  rule("maturity-dropped", {
    name: "Zero Trust maturity of a pillar dropped",
    description:
      "A pillar has a lower stage than in the run before it, or its stage can no longer be told because data went missing.",
    severity: "Medium",
    frequency: TICKS_PER_HOUR,
    period: 8n * TICKS_PER_DAY,
    tactics: ["DefenseEvasion"],
    techniques: ["T1562"],
    query: `ZtStages()
| extend Rank = coalesce(StageRank, -1)
| sort by Scope asc, Pillar asc, WindowEnd asc
| extend Before = iff(prev(Scope) == Scope and prev(Pillar) == Pillar, prev(Rank), int(null)), StageBefore = prev(Stage)
| where Rank < Before and RunTime > ago(1h)
| project TimeGenerated = RunTime, Scope, Pillar, StageBefore, Stage, BlockedBy = strcat_array(BlockedBy, ", "), RunId`,
    customDetails: { Pillar: "Pillar", Before: "StageBefore", After: "Stage", BlockedBy: "BlockedBy", Scope: "Scope" },
    override: { displayName: "Zero Trust maturity: {{Pillar}} went from {{StageBefore}} to {{Stage}}", properties: {} },
  }),
  rule("telemetry-lost", {
    name: "A Zero Trust criterion lost its data",
    description: "A criterion that had a verdict in the run before has none now, because a table is absent or stale.",
    severity: "Medium",
    frequency: TICKS_PER_HOUR,
    period: 8n * TICKS_PER_DAY,
    tactics: ["DefenseEvasion"],
    techniques: ["T1562"],
    query: `ZtCriteria()
| sort by Scope asc, CriterionId asc, WindowEnd asc
| extend Before = iff(prev(Scope) == Scope and prev(CriterionId) == CriterionId, prev(State), "")
| where Before in ("met", "not_met", "excepted") and State in ("absent", "stale") and RunTime > ago(1h)
| project TimeGenerated = RunTime, Scope, Pillar, CriterionId, CriterionName, Before, State, Reason, SourceTables = strcat_array(SourceTables, ", ")`,
    customDetails: { Criterion: "CriterionId", Pillar: "Pillar", Tables: "SourceTables", Scope: "Scope" },
    override: { displayName: "Zero Trust: {{CriterionId}} lost its data", properties: {} },
  }),
  rule("run-missing", {
    name: "The Zero Trust assessment did not run",
    description:
      "A scope that was assessed before has had no complete run for 26 hours: see the job and its exit code.",
    severity: "Low",
    frequency: 6n * TICKS_PER_HOUR,
    period: 14n * TICKS_PER_DAY,
    query: `ZtRuns()
| summarize LastRun = max(RunTime) by Scope
| where LastRun < ago(26h)
| project TimeGenerated = now(), Scope, LastRun`,
    customDetails: { Scope: "Scope", LastRun: "LastRun" },
    override: { displayName: "Zero Trust assessment of {{Scope}} did not run", properties: {} },
  }),
  rule("anomaly-found", {
    name: "Zero Trust analyzer found an anomaly",
    description: "The streaming analyzer found an anomaly that no earlier run had published.",
    severity: "Medium",
    frequency: TICKS_PER_HOUR,
    period: 8n * TICKS_PER_DAY,
    query: `ZtAnomaly_CL
| where RunId in ((ZtRuns() | project RunId))
| summarize FirstPublished = min(RunTime), arg_max(RunTime, *) by Scope, Pillar, AnomalyId
| where FirstPublished > ago(1h)
| project TimeGenerated = EventTime, Scope, Pillar, Detector, Subject, Score, PValue, Reason, AnomalyId`,
    customDetails: { Pillar: "Pillar", Detector: "Detector", Subject: "Subject", AnomalyId: "AnomalyId" },
    override: { displayName: "{{Detector}}: {{Subject}}", properties: {} },
  }),
];
