import { Command, Option } from "commander";
import { PILLAR_TITLES, type Stage } from "../core/maturity.ts";
import { jsonText } from "../core/text/json.ts";
import { pad, wrap } from "../core/text/terminal.ts";
import type { Comparison, CriterionChange, PillarChange } from "../maturity/compare.ts";
import { readResult } from "./support/results.ts";
import { writeOut } from "./support/streams.ts";

const WIDTH = 100;

export default (): Command =>
  new Command("compare")
    .description("what changed between two results, and which criterion moved which stage")
    .argument("<before>", "folder of an evidence bundle, or the output of replay -o jsonl")
    .argument("<after>", "the same, later")
    .addOption(new Option("-o, --output <format>", "how it is printed").choices(["table", "json"]).default("table"))
    .addHelpText(
      "after",
      `
Examples:
  ztlens replay ./may -o jsonl > may.jsonl && ztlens replay ./june -o jsonl > june.jsonl
  ztlens compare may.jsonl june.jsonl
  ztlens compare ./bundle-may ./bundle-june -o json`,
    )
    .action(run);

async function run(before: string, after: string, { output }: { readonly output: "table" | "json" }): Promise<void> {
  const { compareAssessments } = await import("../maturity/compare.ts");
  const comparison = compareAssessments(readResult(before), readResult(after));
  await writeOut(output === "json" ? `${jsonText(comparison, 2)}\n` : board(comparison));
}

function board({ before, after, pillars, criteria }: Comparison): string {
  const changed = criteria.filter(({ kind }) => kind !== "unchanged");
  const lines = [
    `From ${before} to ${after}: ${changed.length} of ${criteria.length} criteria changed`,
    "",
    ...pillars.flatMap(pillarLine),
    ...(changed.length > 0 ? ["", ...changed.flatMap(criterionLines)] : []),
  ];
  return `${lines.join("\n")}\n`;
}

const stageText = (stage: Stage): string => stage.replaceAll("_", " ");

function pillarLine({ pillar, before, after, because }: PillarChange): string[] {
  const move = before === after ? stageText(after) : `${stageText(before)} → ${stageText(after)}`;
  const why = because.length > 0 && before !== after ? `because of ${because.join(", ")}` : "";
  return [`${pad(PILLAR_TITLES[pillar], 20)} ${pad(move, 32)} ${why}`.trimEnd()];
}

const criterionLines = ({ id, kind, name, reason }: CriterionChange): string[] => [
  `${pad(kind, 10)}${pad(id, 7)}${name}`,
  ...wrap(reason, WIDTH - 17).map((line) => `${" ".repeat(17)}${line}`),
];
