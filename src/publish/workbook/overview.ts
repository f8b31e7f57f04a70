import { completeness, date, freshness, hidden, percent, plain, stageColour, stateIcon } from "./formatters.ts";
import { chart, grid, type Item, tiles } from "./items.ts";
import { latest, needs, ofScope, pillarOrder, pillarTitle, stageTitle, stateTitle } from "./kql.ts";

export const NO_RUN =
  "No run of this scope arrived in the time range. Widen it, or see the tab Data health; ztlens publish writes the rows.";

const banner = grid({
  name: "overview-freshness",
  title: "How fresh and how complete is this?",
  query: `ZtLatestRuns()
| where Scope == '{Scope}'
| extend AgeHours = round((now() - RunTime) / 1h, 1)
| extend Freshness = case(AgeHours <= 26, "fresh", AgeHours <= 50, "late", "missing")
| extend Assessed = todouble(Criteria - Unassessed) / Criteria
| project Freshness, AgeHours, WindowEnd, Status, Assessed, Unassessed, RecordsQuarantined, Anomalies, ToolVersion`,
  noData: NO_RUN,
  formatters: [freshness("Freshness"), date("WindowEnd"), completeness("Status"), percent("Assessed")],
  labels: {
    Freshness: "Last run",
    AgeHours: "Hours ago",
    WindowEnd: "Data until",
    Assessed: "Criteria with a verdict",
    Unassessed: "Criteria without",
    RecordsQuarantined: "Records not understood",
    ToolVersion: "ztlens",
  },
});

const stages = tiles({
  name: "overview-stages",
  title: "Stage of each pillar",
  query: `${latest("ZtStages")}
| extend ${pillarOrder}
| extend ${pillarTitle}, ${stageTitle}
| extend Verified = iff(isnull(Rate), "no known event", strcat(round(Rate * 100, 1), " % verified, ", round(Coverage * 100, 1), " % known"))
| extend Summary = strcat(Met, " of ", Criteria, " criteria met", iff(Unassessed > 0, strcat(", ", Unassessed, " without a verdict"), ""))
| project Order, Pillar, Stage, Verified, Summary
| sort by Order asc`,
  noData: NO_RUN,
  head: plain("Pillar"),
  main: stageColour("Stage"),
  below: plain("Summary"),
  second: plain("Verified"),
  order: "Order",
});

const weakest = grid({
  name: "overview-weakest",
  title: "Where to start: what keeps the weakest pillars from their next stage",
  query: `let Ranks = ${latest("ZtStages")}
| project Pillar, PillarStage = Stage, Rank = coalesce(StageRank, -1);
${latest("ZtCriteria")}
| where Blocks
| join kind=inner Ranks on Pillar
| extend ${needs}
| extend ${pillarOrder}
| extend ${pillarTitle}, ${stateTitle}
| sort by Rank asc, Order asc, CriterionId asc
| project Pillar, CriterionId, CriterionName, State, Value, Needs, Offenders, NextStep
| take 50`,
  noData: "Nothing keeps a pillar from its next stage.",
  formatters: [stateIcon("State"), percent("Value")],
  labels: {
    CriterionId: "Id",
    CriterionName: "Criterion",
    Needs: "Initial / Intermediate / Optimal",
    NextStep: "Next step",
  },
});

const stageTrend = chart({
  name: "overview-stage-trend",
  title: "Stage by day: 0 Traditional, 1 Initial, 2 Intermediate, 3 Optimal",
  query: `${ofScope("ZtStages")}
| where isnotnull(StageRank)
| summarize arg_max(WindowEnd, StageRank) by Day = bin(WindowEnd, 1d), Pillar
| extend ${pillarTitle}
| project Day, Pillar, StageRank
| sort by Day asc, Pillar asc`,
  noData: NO_RUN,
  kind: "timechart",
  x: "Day",
  y: "StageRank",
  by: "Pillar",
  range: { min: 0, max: 3 },
  width: 50,
});

const verificationTrend = chart({
  name: "overview-verification-trend",
  title: "Verified access events by day, in percent",
  query: `${ofScope("ZtStages")}
| where isnotnull(Rate)
| summarize arg_max(WindowEnd, Rate) by Day = bin(WindowEnd, 1d), Pillar
| extend ${pillarTitle}
| project Day, Pillar, Percent = round(Rate * 100, 2)
| sort by Day asc, Pillar asc`,
  noData: "No run in the time range has seen an access event of which enough is known.",
  kind: "timechart",
  x: "Day",
  y: "Percent",
  by: "Pillar",
  range: { min: 0, max: 100 },
  width: 50,
});

const states = chart({
  name: "overview-states",
  title: "Criteria by state",
  query: `${latest("ZtCriteria")}
| extend ${pillarOrder}
| extend ${pillarTitle}, ${stateTitle}
| summarize Criteria = count() by Order, Pillar, State
| sort by Order asc, State asc
| project Pillar, State, Criteria`,
  noData: NO_RUN,
  kind: "categoricalbar",
  x: "Pillar",
  y: "Criteria",
  by: "State",
  width: 50,
});

const anomalies = grid({
  name: "overview-anomalies",
  title: "Newest anomalies",
  query: `${ofScope("ZtAnomalies")}
| top 20 by EventTime desc
| extend ${pillarTitle}
| project EventTime, Pillar, Detector, Subject, Score, Reason, AnomalyId`,
  noData: "No anomaly in the time range.",
  formatters: [date("EventTime"), hidden("AnomalyId")],
  labels: { EventTime: "Time" },
  width: 50,
});

export const overview: readonly Item[] = [banner, stages, weakest, stageTrend, verificationTrend, states, anomalies];
