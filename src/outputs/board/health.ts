import type { Assessment } from "../../core/assessment.ts";
import { PILLAR_TITLES } from "../../core/maturity.ts";
import { pad, truncate, wrap } from "../../core/text/terminal.ts";
import { integer, plural } from "../view/format.ts";
import { dataHealth, type Health } from "../view/health.ts";
import { STATE_TITLES } from "../view/ladder.ts";
import type { Paint } from "./paint.ts";
import { WIDTH } from "./pillar.ts";

const SHOWN = 12;
const INDENT = "      ";

/** True when something could not be assessed, was lost or does not add up: then the block leads the board. */
export const needsAttention = (health: Health, { warnings, inputs }: Assessment): boolean =>
  health.unassessed.length > 0 ||
  health.troubled.length > 0 ||
  !health.reconciled ||
  warnings.length > 0 ||
  inputs.length === 0;

function shorten(lines: readonly string[], noun: string): string[] {
  if (lines.length <= SHOWN) return [...lines];
  return [...lines.slice(0, SHOWN), `  and ${integer(lines.length - SHOWN)} more ${noun}`];
}

function summary(health: Health, { inputs }: Assessment): string {
  const { read, accepted, quarantined, skipped } = health.totals;
  const verdicts = health.criteria - health.unassessed.length;
  const files = inputs.length === 0 ? "no input file" : plural(inputs.length, "input");
  return `${verdicts} of ${plural(health.criteria, "criterion", "criteria")} have a verdict; ${files}: ${integer(read)} read = ${integer(accepted)} accepted + ${integer(quarantined)} quarantined + ${integer(skipped)} skipped`;
}

function unassessedLines({ unassessed }: Health, paint: Paint): string[] {
  const lines = unassessed.map(({ pillar, criterion }) => {
    const head = `  ${paint("yellow", "?")} ${pad(STATE_TITLES[criterion.state], 15)}${pad(PILLAR_TITLES[pillar], 20)}`;
    return `${head}${truncate(`${criterion.id}  ${criterion.reason}`, WIDTH - 39)}`;
  });
  return shorten(lines, "criteria without a verdict");
}

function fileLines({ troubled }: Health, paint: Paint): string[] {
  const lines = troubled.flatMap((input) => {
    const counts = `${integer(input.accepted)} of ${integer(input.read)} accepted, ${integer(input.quarantined)} quarantined, ${integer(input.skipped)} skipped`;
    const first = input.problems?.[0];
    const why = input.reason ?? (first ? `first: record ${first.position}, ${first.code}, ${first.message}` : "");
    const head = `  ${paint("yellow", "!")} ${truncate(`${input.file}: ${counts}`, WIDTH - 4)}`;
    return why === "" ? [head] : [head, `${INDENT}${truncate(why, WIDTH - INDENT.length)}`];
  });
  return shorten(lines, "lines about inputs");
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
  const warnings = assessment.warnings.map((warning) => `  ${paint("yellow", "!")} ${truncate(warning, WIDTH - 4)}`);
  return [...lines, ...shorten(warnings, "warnings")];
}
