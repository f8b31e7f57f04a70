import type { History, HistoryStep, Outlook, PillarStep } from "../../core/assessment.ts";
import { PILLAR_TITLES, STAGE_TITLES, type Stage } from "../../core/maturity.ts";
import { pad, truncate } from "../../core/text/terminal.ts";
import { STAGE_STYLE } from "./overview.ts";
import type { Paint } from "./paint.ts";
import { WIDTH } from "./pillar.ts";

const NAME = 21;
const SIGNS: Readonly<Record<Stage, string>> = {
  traditional: "T",
  initial: "I",
  intermediate: "M",
  optimal: "O",
  not_assessable: "?",
};
/** Moves that are told; the newest matter most. */
const MOVES = 12;
const DATES = 6;

const day = (time: string): string => time.slice(0, 10);

function sameLetters(stages: readonly Stage[], paint: Paint): string {
  const runs: { stage: Stage; length: number }[] = [];
  for (const stage of stages) {
    const last = runs.at(-1);
    if (last?.stage === stage) last.length += 1;
    else runs.push({ stage, length: 1 });
  }
  return runs.map(({ stage, length }) => paint(STAGE_STYLE[stage], SIGNS[stage].repeat(length))).join("");
}

/** The criteria whose stage moved with the pillar's, in the same direction or out of sight. */
function movers(before: PillarStep, after: PillarStep): string[] {
  const blocked = new Set([...before.blockedBy, ...after.blockedBy]);
  return after.criteria
    .filter(({ id, stage }) => blocked.has(id) && before.criteria.find((old) => old.id === id)?.stage !== stage)
    .map(({ id, state }) => `${id} ${state.replace("_", " ")}`);
}

function moves(steps: readonly HistoryStep[]): string[] {
  return steps.flatMap((step, i) =>
    step.pillars.flatMap((pillar, p) => {
      const before = steps[i - 1]?.pillars[p];
      if (!before || before.stage === pillar.stage) return [];
      const why = movers(before, pillar);
      const move = `${STAGE_TITLES[before.stage]} → ${STAGE_TITLES[pillar.stage]}`;
      return [
        `  ${day(step.asOf)}  ${PILLAR_TITLES[pillar.pillar]}: ${move}${why.length > 0 ? ` (${why.join(", ")})` : ""}`,
      ];
    }),
  );
}

function outlookLine({ criterion, stage, reaches, earliest, latest, skill = 0 }: Outlook): string[] {
  if (reaches === null) return [];
  const range = `${earliest ? day(earliest) : "?"} to ${latest ? day(latest) : "never at the slow end"}`;
  return [`  ${criterion} meets ${STAGE_TITLES[stage]} about ${day(reaches)} (${range}), skill ${skill.toFixed(2)}`];
}

/** A letter per step and pillar, the moves with their criteria, and the dates that the trends have earned. */
export function historyBlock({ steps, outlooks }: History, paint: Paint): string[] {
  const shown = steps.slice(-(WIDTH - NAME));
  const [first, last] = [shown[0], shown.at(-1)];
  if (!first || !last) return [paint("bold", "HISTORY"), "  No moment before this one has data."];
  const rows = last.pillars.map(({ pillar, confirmed }, p) => {
    const letters = sameLetters(
      shown.map((step) => step.pillars[p]?.stage ?? "not_assessable"),
      paint,
    );
    return `${pad(PILLAR_TITLES[pillar], NAME - 1)} ${letters}  ${confirmed === last.pillars[p]?.stage ? "" : `confirmed: ${STAGE_TITLES[confirmed]}`}`.trimEnd();
  });
  const whole = sameLetters(
    shown.map(({ stage }) => stage),
    paint,
  );
  const told = moves(steps);
  const hidden = told.length - MOVES;
  return [
    paint("bold", `HISTORY from ${day(first.asOf)} to ${day(last.asOf)}: T I M O as the stages, ? not assessable`),
    ...rows,
    `${pad("Organisation", NAME - 1)} ${whole}`,
    ...told.slice(-MOVES).map((line) => truncate(line, WIDTH)),
    ...(hidden > 0 ? [`  ${hidden} earlier moves are in the JSON.`] : []),
    ...outlooks.flatMap(outlookLine).slice(0, DATES),
  ];
}
