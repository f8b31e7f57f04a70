import type { PillarResult, VerificationRate } from "../../core/assessment.ts";
import { PILLAR_TITLES, STAGES, type Stage } from "../../core/maturity.ts";
import { pad, truncate, wrap } from "../../core/text/terminal.ts";
import type { Gate } from "../../maturity/gates.ts";
import { organisationOf } from "../../maturity/organisation.ts";
import { bounds, share } from "../view/format.ts";
import { isUnassessed, STAGE_TITLES, STATE_TITLES } from "../view/ladder.ts";
import type { Paint, Style } from "./paint.ts";

const COLUMNS = [
  ["PILLAR", 20],
  ["LADDER", 11],
  ["STAGE", 15],
  ["VERIFIED (95 % bounds)", 23],
  ["COVERAGE", 9],
  ["CRITERIA MET", 17],
] as const;

export const STAGE_STYLE: Readonly<Record<Stage, Style>> = {
  traditional: "red",
  initial: "yellow",
  intermediate: "cyan",
  optimal: "green",
  not_assessable: "dim",
};

/** `●━━●━━○━━○`: the rungs that are reached, from Traditional to Optimal; `?` where nothing can be said. */
export function ladder(stage: Stage): string {
  if (stage === "not_assessable") return "?──?──?──?";
  const reached = STAGES.indexOf(stage);
  return STAGES.map((_, i) => `${i === 0 ? "" : i <= reached ? "━━" : "──"}${i <= reached ? "●" : "○"}`).join("");
}

/** The share of events whose verification is known, 0 to 1; null without events. */
export function coverage({ verified, failed, unknown }: VerificationRate): number | null {
  const all = verified + failed + unknown;
  return all === 0 ? null : (verified + failed) / all;
}

function metCount({ criteria }: PillarResult): string {
  const met = criteria.filter(({ state }) => state === "met").length;
  const excepted = criteria.filter(({ state }) => state === "excepted").length;
  const unknown = criteria.filter(({ state }) => isUnassessed(state)).length;
  return `${met}/${criteria.length}${excepted ? ` ${excepted} exc.` : ""}${unknown ? ` ${unknown} open` : ""}`;
}

export function overview(pillars: readonly PillarResult[], paint: Paint): string[] {
  const header = COLUMNS.map(([title, width]) => pad(title, width)).join(" ");
  const lines = pillars.map((pillar) => {
    const rate = pillar.continuousVerification;
    const style = STAGE_STYLE[pillar.stage];
    const texts = [
      PILLAR_TITLES[pillar.pillar],
      ladder(pillar.stage),
      STAGE_TITLES[pillar.stage],
      rate.rate === null ? "no known event" : `${share(rate.rate)} (${bounds(rate.low, rate.high)})`,
      share(coverage(rate)),
      metCount(pillar),
    ];
    return texts
      .map((text, i) => {
        const cell = pad(text, COLUMNS[i]?.[1] ?? 0);
        return i === 1 || i === 2 ? paint(style, cell) : cell;
      })
      .join(" ")
      .trimEnd();
  });
  return [paint("dim", header.trimEnd()), ...lines];
}

/** The organisation as a whole, who holds it there, and what the gate to its next stage still asks for. */
export function organisationLines(pillars: readonly PillarResult[], paint: Paint): string[] {
  const { stage, weakest, gate, gates } = organisationOf(pillars);
  const texts = ["Organisation", ladder(stage), STAGE_TITLES[stage]].map((text, i) => pad(text, COLUMNS[i]?.[1] ?? 0));
  const names = weakest.map((pillar) => PILLAR_TITLES[pillar]).join(", ");
  const why = gate ? "held by its gate" : weakest.length < pillars.length ? `held by ${names}` : "";
  const [name = "", rungs = "", title = ""] = texts;
  const style = STAGE_STYLE[stage];
  const first = `${paint("bold", name)} ${paint(style, rungs)} ${paint(style, title)} ${truncate(why, 50)}`.trimEnd();
  return [
    first,
    ...gates
      .filter(({ holds }) => !holds)
      .slice(0, 1)
      .flatMap((open) => gateLines(open, paint)),
  ];
}

/** `Gate: to leave Initial, ID-06 (not met) and NW-01 (absent) must hold`. */
function gateLines({ leaves, criteria }: Gate, paint: Paint): string[] {
  const open = criteria.filter(({ holds }) => !holds).map(({ id, state }) => `${id} (${STATE_TITLES[state]})`);
  const aim = leaves === "optimal" ? "to sustain Optimal" : `to leave ${STAGE_TITLES[leaves]}`;
  return wrap(`Gate ${aim}: ${open.join(", ")} must hold`, 98).map((line, i) =>
    paint("dim", i === 0 ? line : `  ${line}`),
  );
}
