import { bar, completeness, date, stateIcon } from "./formatters.ts";
import { chart, grid, type Item } from "./items.ts";
import { latest, ofScope, pillarOrder, pillarTitle, stateTitle } from "./kql.ts";
import { NO_RUN } from "./overview.ts";

export const health: readonly Item[] = [
  grid({
    name: "health-runs",
    title: "Runs that arrived whole",
    query: `${ofScope("ZtRuns")}
| sort by WindowEnd desc
| project WindowEnd, RunTime, Status, Criteria, Met, NotMet, Unassessed, Anomalies, RecordsRead, RecordsAccepted, RecordsQuarantined, RecordsSkipped, Warnings = array_length(Warnings), ToolVersion
| take 1000`,
    noData: NO_RUN,
    formatters: [date("WindowEnd"), date("RunTime"), completeness("Status"), bar("RecordsQuarantined")],
    labels: {
      WindowEnd: "Data until",
      RunTime: "Published",
      NotMet: "Not met",
      Unassessed: "Without a verdict",
      RecordsRead: "Records read",
      RecordsAccepted: "accepted",
      RecordsQuarantined: "not understood",
      RecordsSkipped: "skipped",
      ToolVersion: "ztlens",
    },
  }),
  grid({
    name: "health-interrupted",
    title: "Runs that did not arrive whole: their rows are not shown anywhere else",
    query: `ZtSignal_CL
| where Scope == '{Scope}'
| summarize Rows = count(), RunTime = max(RunTime) by RunId
| where RunId !in ((ZtRun_CL | project RunId))
| sort by RunTime desc`,
    noData: "Every run that began to arrive is complete.",
    formatters: [date("RunTime")],
    labels: { RunTime: "Published", Rows: "Pillars that arrived" },
    width: 50,
  }),
  chart({
    name: "health-runs-by-day",
    title: "Runs by day",
    query: `${ofScope("ZtRuns")}
| summarize Runs = count() by Day = bin(RunTime, 1d), Status
| sort by Day asc`,
    noData: NO_RUN,
    kind: "timechart",
    x: "Day",
    y: "Runs",
    by: "Status",
    width: 50,
  }),
  grid({
    name: "health-unassessed",
    title: "Criteria without a verdict, and why",
    query: `${latest("ZtCriteria")}
| where State in ("insufficient", "absent", "stale", "partial")
| extend ${pillarOrder}
| extend ${pillarTitle}, ${stateTitle}
| sort by Order asc, CriterionId asc
| project Pillar, CriterionId, CriterionName, State, Reason, Tables = strcat_array(SourceTables, ", "), Blocks`,
    noData: "Every criterion has a verdict.",
    formatters: [stateIcon("State")],
    labels: { CriterionId: "Id", CriterionName: "Criterion", Blocks: "Blocks the next stage" },
  }),
  grid({
    name: "health-tables",
    title: "Source tables: how many criteria each one serves, and how many lack a verdict",
    query: `${latest("ZtCriteria")}
| mv-expand Table = SourceTables to typeof(string)
| summarize Criteria = count(), Absent = countif(State == "absent"), Stale = countif(State == "stale"), Insufficient = countif(State == "insufficient"), Partial = countif(State == "partial") by Table
| sort by Absent desc, Stale desc, Criteria desc, Table asc`,
    noData: NO_RUN,
    formatters: [bar("Criteria")],
    labels: { Absent: "No data", Stale: "Stale data", Insufficient: "Too few events", Partial: "Partial data" },
    width: 50,
  }),
  grid({
    name: "health-warnings",
    title: "What the runs could not read or do",
    query: `${ofScope("ZtRuns")}
| mv-expand Warning = Warnings to typeof(string)
| where isnotempty(Warning)
| summarize Runs = count(), LastSeen = max(WindowEnd) by Warning
| sort by LastSeen desc, Warning asc
| take 500`,
    noData: "No run in the time range has warned.",
    formatters: [date("LastSeen")],
    labels: { LastSeen: "Last seen" },
    width: 50,
  }),
];
