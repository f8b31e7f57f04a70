import type { Anomaly, CriterionResult, PillarResult } from "../../core/assessment.ts";
import { PILLAR_TITLES } from "../../core/maturity.ts";
import { displayWidth, pad, truncate, wrap } from "../../core/text/terminal.ts";
import { rankAnomalies } from "../view/anomalies.ts";
import { arithmetic } from "../view/arithmetic.ts";
import { bounds, integer, moment, plural, share } from "../view/format.ts";
import { type Blocker, blockers, isUnassessed, nextStage, STAGE_TITLES } from "../view/ladder.ts";
import { wayOut } from "../view/leverage.ts";
import { distinctSubjects } from "../view/offenders.ts";
import { coverage, ladder, STAGE_STYLE } from "./overview.ts";
import type { Paint } from "./paint.ts";

export const WIDTH = 100;
const LABEL = 14;
const SHOWN_OFFENDERS = 3;
const SHOWN_ANOMALIES = 3;

/** A label in the left column, then text that wraps beside it. */
function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `  ${pad(i === 0 ? label : "", LABEL - 2)}${line}`);
}

function heading({ pillar, stage }: PillarResult, paint: Paint): string {
  const title = PILLAR_TITLES[pillar].toUpperCase();
  const right = `${ladder(stage)} ${STAGE_TITLES[stage]}`;
  const rule = "─".repeat(Math.max(1, WIDTH - displayWidth(title) - displayWidth(right) - 2));
  return `${paint("bold", title)} ${paint("dim", rule)} ${paint(STAGE_STYLE[stage], right)}`;
}

function verification({ continuousVerification: rate }: PillarResult): string {
  const known = rate.verified + rate.failed;
  const unknown = `${integer(rate.unknown)} unknown`;
  if (rate.rate === null) return `no event with a known verdict; ${unknown}`;
  return `${share(rate.rate)} (${bounds(rate.low, rate.high)}) of ${plural(known, "event")}; coverage ${share(coverage(rate))}, ${unknown}`;
}

function blockerLines(blocker: Blocker, paint: Paint): string[] {
  const unassessed = !blocker.criterion || isUnassessed(blocker.criterion.state);
  const mark = unassessed ? paint("yellow", "?") : paint("red", "✗");
  const room = WIDTH - 6;
  const lines = [
    `  ${mark} ${paint("bold", truncate(`${blocker.id}  ${blocker.criterion?.name ?? ""}`.trimEnd(), WIDTH - 4))}`,
  ];
  lines.push(...wrap(arithmetic(blocker), room).map((line) => `      ${line}`));
  const way = wayOut(blocker);
  if (way !== "") lines.push(...wrap(way, room).map((line) => `      ${line}`));
  if (blocker.criterion) lines.push(...topOffenders(blocker.criterion).map((line) => `      ${paint("dim", line)}`));
  return lines;
}

function topOffenders({ offenders }: CriterionResult): string[] {
  const subjects = [...distinctSubjects(offenders)];
  if (subjects.length === 0) return [];
  const shown = subjects
    .slice(0, SHOWN_OFFENDERS)
    .map(([subject, size]) => `${truncate(subject, 40)}${size === null ? "" : ` (${integer(size)})`}`);
  const rest = subjects.length - shown.length;
  return wrap(`offenders: ${shown.join(", ")}${rest > 0 ? `, and ${integer(rest)} more` : ""}`, WIDTH - 6);
}

function anomalyLines(anomalies: readonly Anomaly[]): string[] {
  const ranked = rankAnomalies(anomalies);
  const lines = ranked.slice(0, SHOWN_ANOMALIES).flatMap(({ anomaly }) => {
    const p = anomaly.pValue === null ? "" : `, p ${Number(anomaly.pValue.toPrecision(1))}`;
    const what = `${moment(anomaly.time)}  ${anomaly.detector}, score ${Number(anomaly.score.toPrecision(3))}${p}`;
    const reason = wrap(`${truncate(anomaly.subject, 60)}: ${anomaly.reason}`, WIDTH - LABEL - 2);
    return [truncate(what, WIDTH - LABEL), ...reason.map((line) => `  ${line}`)];
  });
  const rest = ranked.length - SHOWN_ANOMALIES;
  return rest > 0 ? [...lines, `and ${integer(rest)} more`] : lines;
}

/** Everything that the board says about one pillar. */
export function pillarBlock(pillar: PillarResult, anomalies: readonly Anomaly[], paint: Paint): string[] {
  const lines = [heading(pillar, paint), ...labelled("Verified", wrap(verification(pillar), WIDTH - LABEL))];
  const next = nextStage(pillar);
  const blocking = blockers(pillar);
  if (pillar.criteria.length === 0) lines.push(...labelled("Next", ["No criterion was evaluated."]));
  else if (!next) lines.push(...labelled("Next", ["Every stage is reached; keep the criteria as they are."]));
  else if (blocking.length > 0) lines.push(`  ${paint("bold", `Blocks ${STAGE_TITLES[next]}`)}`);
  for (const blocker of blocking) lines.push(...blockerLines(blocker, paint));
  if (anomalies.length > 0) lines.push(...labelled("Anomalies", anomalyLines(anomalies)));
  return lines;
}
