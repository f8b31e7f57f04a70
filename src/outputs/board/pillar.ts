import type { Anomaly, CriterionResult, PillarResult } from "../../core/assessment.ts";
import { PILLAR_TITLES } from "../../core/maturity.ts";
import { displayWidth, pad, truncate, wrap } from "../../core/text/terminal.ts";
import { arithmetic } from "../view/arithmetic.ts";
import { bounds, integer, moment, plural, share } from "../view/format.ts";
import { type Blocker, blockers, isUnassessed, nextStage, STAGE_TITLES } from "../view/ladder.ts";
import { offenderLabel } from "../view/offenders.ts";
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
  if (blocker.criterion) lines.push(...topOffenders(blocker.criterion).map((line) => `      ${paint("dim", line)}`));
  return lines;
}

function topOffenders({ offenders }: CriterionResult): string[] {
  if (offenders.length === 0) return [];
  const shown = offenders.slice(0, SHOWN_OFFENDERS).map((offender) => {
    const { subject, size } = offenderLabel(offender);
    return `${truncate(subject, 40)}${size === null ? "" : ` (${integer(size)})`}`;
  });
  const rest = offenders.length - shown.length;
  return wrap(`offenders: ${shown.join(", ")}${rest > 0 ? `, and ${integer(rest)} more` : ""}`, WIDTH - 6);
}

function anomalyLines(anomalies: readonly Anomaly[]): string[] {
  const ranked = [...anomalies].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  const lines = ranked.slice(0, SHOWN_ANOMALIES).flatMap((anomaly) => {
    const p = anomaly.pValue === null ? "" : `, p ${anomaly.pValue.toPrecision(1)}`;
    const what = `${anomaly.detector}  ${truncate(anomaly.subject, 40)}  score ${integer(anomaly.score)}${p}  ${moment(anomaly.time)}`;
    return [truncate(what, WIDTH - LABEL), ...wrap(anomaly.reason, WIDTH - LABEL - 2).map((line) => `  ${line}`)];
  });
  if (ranked.length > SHOWN_ANOMALIES) lines.push(`and ${integer(ranked.length - SHOWN_ANOMALIES)} more`);
  return lines;
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
