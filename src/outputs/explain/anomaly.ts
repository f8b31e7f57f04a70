import type { Activity, Anomaly, Assessment } from "../../core/assessment.ts";
import type { QueryResult } from "../../core/kusto.ts";
import { PILLAR_TITLES } from "../../core/maturity.ts";
import { truncate } from "../../core/text/terminal.ts";
import { activityOf, baselineOf, peersText } from "../report/scenes.ts";
import { integer, moment, plural } from "../view/format.ts";
import { block, code, tableLines, WIDTH, wrapped } from "./criterion.ts";

const BARS = "▁▂▃▄▅▆▇█";
const COLUMNS = 60;

/** A series in one line of text: each column holds the most of its steps; `^` marks the anomaly below it. */
function chart({ events }: Activity, at: number): string[] {
  const perColumn = Math.max(1, Math.ceil(events.length / COLUMNS));
  const columns = Array.from({ length: Math.ceil(events.length / perColumn) }, (_, i) =>
    Math.max(...events.slice(i * perColumn, (i + 1) * perColumn)),
  );
  const most = Math.max(1, ...columns);
  const bars = columns.map((value) => (value === 0 ? " " : (BARS[Math.ceil((value / most) * BARS.length) - 1] ?? " ")));
  const mark = Math.min(columns.length - 1, Math.max(0, Math.floor(at / perColumn)));
  return [bars.join(""), `${" ".repeat(mark)}^`];
}

function baselineLines(activity: Activity, anomaly: Anomaly): string[] {
  const { at, median, most, active, steps } = baselineOf(activity, anomaly.time);
  const unit = activity.stepHours === 1 ? "hour" : `${activity.stepHours} hours`;
  const now = activity.events[at] ?? 0;
  const before =
    active === 0
      ? `no event in any of the ${plural(steps, "span")} before.`
      : `before, events in ${integer(active)} of ${plural(steps, "span")}, with a median of ${integer(median)} and ${integer(most)} at most.`;
  return [...chart(activity, at), ...wrapped(`${plural(now, "event")} in these ${unit}; ${before}`)];
}

export interface AnomalyEvidence {
  /** What would have made it normal. */
  readonly normal: string | undefined;
  readonly events?: QueryResult;
  readonly query?: string;
  readonly link?: string;
  readonly rows: number;
}

/** An anomaly with its baseline, its peers and what would have been normal, for a terminal. */
export function explainAnomaly(assessment: Assessment, anomaly: Anomaly, evidence: AnomalyEvidence): string {
  const activity = activityOf(assessment)(anomaly);
  const odds =
    anomaly.pValue === null ? "the detector states no p-value" : `p ${Number(anomaly.pValue.toPrecision(2))}`;
  const { events, query, link, normal, rows } = evidence;
  const peers = activity ? peersText(assessment, activity) : null;
  return [
    `${truncate(`${anomaly.detector}  ${anomaly.subject}`, WIDTH)}\n`,
    `${PILLAR_TITLES[anomaly.pillar]}, ${moment(anomaly.time)}, score ${Number(anomaly.score.toPrecision(3))}, ${odds}, id ${truncate(anomaly.id, 40)}\n`,
    block("DEVIATION", wrapped(anomaly.reason)),
    block("BASELINE", activity ? baselineLines(activity, anomaly) : []),
    block("PEERS", peers === null ? [] : wrapped(peers)),
    block("WOULD BE NORMAL", normal === undefined ? [] : wrapped(normal)),
    events ? block(`ROWS (${plural(events.rows.length, "event")} around it)`, tableLines(events, rows)) : "",
    block("QUERY", query === undefined ? [] : code(query)),
    link === undefined ? "" : `\nOPEN IN LOGS\n  ${link}\n`,
  ].join("");
}
