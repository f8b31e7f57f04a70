import { PILLAR_TITLES, type Pillar } from "../../core/maturity.ts";
import { entityLink } from "./entity.ts";
import { bar, date, details, percent, plain, stageColour, stateIcon, url } from "./formatters.ts";
import { chart, grid, type Item, parameters, text, tiles } from "./items.ts";
import { latest, needs, ofScope, requiredTitle, stageTitle, stateTitle } from "./kql.ts";
import { NO_RUN } from "./overview.ts";

/** What each pillar asks, in one sentence. */
const QUESTIONS: Readonly<Record<Pillar, string>> = {
  identities: "Who signs in, how is that proved, and is it checked again while access lasts?",
  devices: "Is the device known, healthy and compliant when it gets access?",
  applications: "Do calls to applications and APIs carry an identity, a policy and an encrypted channel?",
  network: "Which flows does a rule allow, are they encrypted, and is what is denied denied?",
  data: "Who reads which data, by which key, and is it labelled and kept from leaving?",
  infrastructure: "Who changes the control plane and the workloads, and would anybody see it?",
};

export interface PillarOptions {
  /** Address of the portal, for links to the logs. */
  readonly portal: string;
}

/** The items of one pillar's tab. A click on a criterion shows its offenders, its arithmetic and its query. */
export function pillarItems(pillar: Pillar, { portal }: PillarOptions): Item[] {
  const parameter = `Criterion_${pillar}`;
  const ofPillar = (view: string): string => `${latest(view)}\n| where Pillar == "${pillar}"`;
  const chosen = `| where '{${parameter}}' in ("", CriterionId)`;
  return [
    parameters(`${pillar}-selection`, [
      { name: parameter, type: 1, isHiddenWhenLocked: true, label: "Criterion", value: "" },
    ]),
    text(`${pillar}-question`, `## ${PILLAR_TITLES[pillar]}\n${QUESTIONS[pillar]}`),
    stageTiles(pillar, ofPillar),
    criteria(pillar, ofPillar, parameter),
    offenders(pillar, ofPillar, chosen, portal),
    arithmetic(pillar, ofPillar, chosen, portal),
    anomalies(pillar, portal),
    anomaliesByDay(pillar),
  ];
}

type Of = (view: string) => string;

const stageTiles = (pillar: Pillar, ofPillar: Of): Item =>
  tiles({
    name: `${pillar}-stage`,
    title: "Stage and verification",
    query: `${ofPillar("ZtStages")}
| extend ${stageTitle}
| extend Events = strcat(Verified, " verified, ", Failed, " failed, ", Unknown, " unknown")
| extend Bounds = iff(isnull(Rate), "no known event", strcat(round(Rate * 100, 2), " % verified (", round(Low * 100, 2), " - ", round(High * 100, 2), " %)"))
| project Order = 0, Pillar = "${PILLAR_TITLES[pillar]}", Stage, Bounds, Events`,
    noData: NO_RUN,
    head: plain("Pillar"),
    main: stageColour("Stage"),
    below: plain("Events"),
    second: plain("Bounds"),
    order: "Order",
  });

const criteria = (pillar: Pillar, ofPillar: Of, parameter: string): Item =>
  grid({
    name: `${pillar}-criteria`,
    title: "Criteria: select one to see who fails it and how it was measured",
    query: `${ofPillar("ZtCriteria")}
| extend ${needs}
| extend ${stateTitle}, ${stageTitle}, ${requiredTitle}
| sort by Blocks desc, CriterionId asc
| project CriterionId, CriterionName, State, Stage, RequiredFrom, Blocks, Numerator, Denominator, Value, Low, High, Needs, Offenders, Reason`,
    noData: NO_RUN,
    formatters: [
      stateIcon("State"),
      stageColour("Stage"),
      percent("Value"),
      percent("Low"),
      percent("High"),
      bar("Offenders"),
    ],
    labels: {
      CriterionId: "Id",
      CriterionName: "Criterion",
      RequiredFrom: "Required from",
      Blocks: "Blocks the next stage",
      Low: "Lower bound",
      High: "Upper bound",
      Needs: "Initial / Intermediate / Optimal",
    },
    select: { field: "CriterionId", parameter },
  });

const offenders = (pillar: Pillar, ofPillar: Of, chosen: string, portal: string): Item =>
  grid({
    name: `${pillar}-offenders`,
    title: "Offenders",
    query: `${ofPillar("ZtOffenders")}
${chosen}
| sort by CriterionId asc, Position asc
| take 1000
${entityLink(portal, "Entity", "Details")}
| project CriterionId, Entity, Open, Amount, Details`,
    noData: "Nobody fails the criterion, or it lists nobody.",
    formatters: [url("Open", "Open in the portal"), bar("Amount"), details("Details", "Whole row")],
    labels: { CriterionId: "Id", Entity: "Who or what", Open: "Look further", Amount: "Failed" },
    width: 50,
  });

/** The address opens the criterion's own query, text of the pack, in the workspace. */
const arithmetic = (pillar: Pillar, ofPillar: Of, chosen: string, portal: string): Item =>
  grid({
    name: `${pillar}-arithmetic`,
    title: "How it was measured, and what to do next",
    query: `${ofPillar("ZtCriteria")}
${chosen}
| extend Logs = strcat("${portal}/#blade/Microsoft_Azure_Monitoring_Logs/LogsBlade/resourceId/", url_encode_component('{Workspace}'), "/source/LogsBlade.AnalyticsShareLinkToQuery/query/", url_encode_component(Query))
| sort by Blocks desc, CriterionId asc
| project CriterionId, Reason, NextStep, Tables = strcat_array(SourceTables, ", "), Minimum, Query, Logs, Exceptions`,
    noData: NO_RUN,
    formatters: [details("Query", "KQL"), url("Logs", "Open in Logs"), details("Exceptions", "Exceptions")],
    labels: { CriterionId: "Id", NextStep: "Next step", Minimum: "Smallest sample" },
    width: 50,
  });

const anomalies = (pillar: Pillar, portal: string): Item =>
  grid({
    name: `${pillar}-anomalies`,
    title: "Anomalies",
    query: `${ofScope("ZtAnomalies")}
| where Pillar == "${pillar}"
| top 500 by EventTime desc
${entityLink(portal, "Subject", "dynamic(null)")}
| project EventTime, Detector, Subject, Open, Score, PValue, Reason`,
    noData: "No anomaly of this pillar in the time range.",
    formatters: [date("EventTime"), url("Open", "Open in the portal")],
    labels: { EventTime: "Time", Open: "Look further", PValue: "p" },
    width: 65,
  });

const anomaliesByDay = (pillar: Pillar): Item =>
  chart({
    name: `${pillar}-anomalies-by-day`,
    title: "Anomalies by day and detector",
    query: `${ofScope("ZtAnomalies")}
| where Pillar == "${pillar}"
| summarize Anomalies = count() by Day = bin(EventTime, 1d), Detector
| sort by Day asc`,
    noData: "No anomaly of this pillar in the time range.",
    kind: "timechart",
    x: "Day",
    y: "Anomalies",
    by: "Detector",
    width: 35,
  });
