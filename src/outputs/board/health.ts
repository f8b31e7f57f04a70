import type { Assessment, InputReport } from "../../core/assessment.ts";
import { PILLAR_TITLES } from "../../core/maturity.ts";
import { pad, truncate, truncateStart, wrap } from "../../core/text/terminal.ts";
import { integer, plural } from "../view/format.ts";
import { dataHealth, type Health } from "../view/health.ts";
import { STATE_TITLES } from "../view/ladder.ts";
import type { Paint } from "./paint.ts";
import { WIDTH } from "./pillar.ts";

const SHOWN = 12;
const WHY_LINES = 2;
const INDENT = "      ";
/** Columns of sign, state and pillar before a reason. */
const HEAD = 39;

/** True when something could not be assessed, was lost or does not add up: then the block leads the board. */
export const needsAttention = (health: Health, { warnings, inputs }: Assessment): boolean =>
  health.unassessed.length > 0 ||
  health.troubled.length > 0 ||
  !health.reconciled ||
  warnings.length > 0 ||
  inputs.length === 0;

/** The lines of the first blocks, and how many blocks there are beyond them. */
function shorten(blocks: readonly (readonly string[])[], noun: string): string[] {
  const rest = blocks.length - SHOWN;
  return [...blocks.slice(0, SHOWN).flat(), ...(rest > 0 ? [`  and ${integer(rest)} more ${noun}`] : [])];
}

function summary(health: Health, { inputs }: Assessment): string {
  const { read, accepted, quarantined, skipped } = health.totals;
  const verdicts = health.criteria - health.unassessed.length;
  const files = inputs.length === 0 ? "no input file" : plural(inputs.length, "input");
  return `${verdicts} of ${plural(health.criteria, "criterion", "criteria")} have a verdict; ${files}: ${integer(read)} read = ${integer(accepted)} accepted + ${integer(quarantined)} quarantined + ${integer(skipped)} skipped`;
}

function unassessedLines({ unassessed }: Health, paint: Paint): string[] {
  const blocks = unassessed.map(({ pillar, criterion }) => {
    const head = `  ${paint("yellow", "?")} ${pad(STATE_TITLES[criterion.state], 15)}${pad(PILLAR_TITLES[pillar], 20)}`;
    const reason = wrap(`${criterion.id}  ${criterion.reason}`, WIDTH - HEAD);
    return reason.map((line, i) => (i === 0 ? head : " ".repeat(HEAD)) + line);
  });
  return shorten(blocks, "criteria without a verdict");
}

/** `0 of 38 accepted, 38 skipped`. */
function counts({ read, accepted, quarantined, skipped }: InputReport): string {
  const lost = [
    ...(quarantined > 0 ? [`${integer(quarantined)} quarantined`] : []),
    ...(skipped > 0 ? [`${integer(skipped)} skipped`] : []),
  ];
  return [`${integer(accepted)} of ${integer(read)} accepted`, ...lost].join(", ");
}

function fileLines({ troubled }: Health, paint: Paint): string[] {
  const blocks = troubled.map((input) => {
    const first = input.problems?.[0];
    const why = input.reason ?? (first ? `first: record ${first.position}, ${first.code}, ${first.message}` : "");
    const sum = counts(input);
    const head = `  ${paint("yellow", "!")} ${sum}: ${truncateStart(input.file, WIDTH - 6 - sum.length)}`;
    const lines = wrap(why, WIDTH - INDENT.length);
    const cut =
      lines.length > WHY_LINES ? [...lines.slice(0, WHY_LINES - 1), `${lines[WHY_LINES - 1]?.slice(0, -1)}…`] : lines;
    return why === "" ? [head] : [head, ...cut.map((line) => INDENT + line)];
  });
  return shorten(blocks, "inputs");
}

export function healthBlock(assessment: Assessment, paint: Paint): string[] {
  const health = dataHealth(assessment);
  const lines = [
    paint("bold", "DATA HEALTH"),
    ...wrap(summary(health, assessment), WIDTH - 2).map((line) => `  ${line}`),
  ];
  if (!health.reconciled)
    lines.push(`  ${paint("red", "!")} The counts of some input do not add up; report this as a defect.`);
  lines.push(...unassessedLines(health, paint), ...fileLines(health, paint));
  const warnings = assessment.warnings.map((warning) => [`  ${paint("yellow", "!")} ${truncate(warning, WIDTH - 4)}`]);
  return [...lines, ...shorten(warnings, "warnings")];
}
