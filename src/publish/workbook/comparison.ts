import { change, date, percent, stageColour, stateIcon } from "./formatters.ts";
import { choice, grid, type Item, parameters } from "./items.ts";
import { ofScope, pillarOrder, pillarTitle, stageTitle, stateTitle } from "./kql.ts";
import { NO_RUN } from "./overview.ts";

const runs = (order: "asc" | "desc"): string => `${ofScope("ZtRuns")}
| sort by WindowEnd ${order}
| project value = RunId, label = format_datetime(WindowEnd, "yyyy-MM-dd HH:mm")`;

const both = (view: string): string => `${ofScope(view)}
| where RunId in ('{RunBefore}', '{RunAfter}')`;

const isBefore = "RunId == '{RunBefore}'";
const isAfter = "RunId == '{RunAfter}'";

export const comparison: readonly Item[] = [
  parameters("comparison-runs", [
    choice("RunBefore", "Before", runs("asc")),
    choice("RunAfter", "After", runs("desc")),
  ]),
  grid({
    name: "comparison-stages",
    title: "Pillars",
    query: `${both("ZtStages")}
| extend ${pillarOrder}
| extend ${pillarTitle}, ${stageTitle}
| summarize Before = take_anyif(Stage, ${isBefore}), After = take_anyif(Stage, ${isAfter}), RankBefore = take_anyif(StageRank, ${isBefore}), RankAfter = take_anyif(StageRank, ${isAfter}), VerifiedBefore = take_anyif(Rate, ${isBefore}), VerifiedAfter = take_anyif(Rate, ${isAfter}) by Order, Pillar
| extend Change = case(Before == After, "same", RankAfter > RankBefore, "better", RankAfter < RankBefore, "worse", "changed")
| sort by Order asc
| project Pillar, Change, Before, After, VerifiedBefore, VerifiedAfter`,
    noData: NO_RUN,
    formatters: [
      change("Change"),
      stageColour("Before"),
      stageColour("After"),
      percent("VerifiedBefore"),
      percent("VerifiedAfter"),
    ],
    labels: { VerifiedBefore: "Verified before", VerifiedAfter: "Verified after" },
  }),
  grid({
    name: "comparison-criteria",
    title: "Criteria whose state or value changed",
    query: `${both("ZtCriteria")}
| extend ${pillarOrder}
| extend ${pillarTitle}, ${stateTitle}
| summarize Before = take_anyif(State, ${isBefore}), After = take_anyif(State, ${isAfter}), ValueBefore = take_anyif(Value, ${isBefore}), ValueAfter = take_anyif(Value, ${isAfter}), Query = dcount(QueryDigest) by Order, Pillar, CriterionId, CriterionName, Direction
| where Before != After or coalesce(ValueBefore, -1.0) != coalesce(ValueAfter, -1.0)
| extend Closer = iff(Direction == "atLeast", ValueAfter > ValueBefore, ValueAfter < ValueBefore)
| extend Change = case(Before != After and After == "met", "better", Before != After and Before == "met", "worse", Before != After, "changed", Closer, "better", "worse")
| extend Remark = iff(Query > 1, "measured by another query", "")
| sort by Order asc, CriterionId asc
| project Pillar, CriterionId, CriterionName, Change, Before, After, ValueBefore, ValueAfter, Remark`,
    noData: "No criterion differs between the two runs.",
    formatters: [
      change("Change"),
      stateIcon("Before"),
      stateIcon("After"),
      percent("ValueBefore"),
      percent("ValueAfter"),
    ],
    labels: { CriterionId: "Id", CriterionName: "Criterion", ValueBefore: "Value before", ValueAfter: "Value after" },
  }),
  grid({
    name: "comparison-anomalies",
    title: "Anomalies that happened in between",
    query: `let Before = toscalar(ZtRuns() | where ${isBefore} | project WindowEnd);
let After = toscalar(ZtRuns() | where ${isAfter} | project WindowEnd);
${ofScope("ZtAnomalies")}
| where EventTime > Before and EventTime <= After
| extend ${pillarTitle}
| top 500 by EventTime desc
| project EventTime, Pillar, Detector, Subject, Score, Reason`,
    noData: "No anomaly happened between the ends of the two windows.",
    formatters: [date("EventTime")],
    labels: { EventTime: "Time" },
  }),
];
