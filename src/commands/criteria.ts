import { Command } from "commander";
import { LADDER, PILLAR_TITLES } from "../core/maturity.ts";
import { jsonText } from "../core/text/json.ts";
import { wrap } from "../core/text/terminal.ts";
import type { CriterionPack } from "../packs/types.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly seed?: boolean;
  readonly json?: boolean;
}

export default (): Command =>
  new Command("criteria")
    .description("the maturity model: every criterion with its thresholds, tables and sources")
    .option("--seed", "each phrase of the model, with the criteria that answer it")
    .option("--json", "print as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  ztlens criteria\n  ztlens criteria --seed\n  ztlens criteria --json | jq '.[].maps'",
    )
    .action(run);

async function run(options: Options): Promise<void> {
  const { loadPacks } = await import("../packs/load.ts");
  const { criteria } = loadPacks();
  if (options.seed) return printPhrases(criteria, options.json === true);
  if (options.json)
    return writeOut(
      `${jsonText(
        criteria.map(({ file: _, ...pack }) => pack),
        2,
      )}\n`,
    );
  await writeOut(criteria.map(describe).join("\n"));
}

async function printPhrases(criteria: readonly CriterionPack[], json: boolean): Promise<void> {
  const phrases = new Map<string, string[]>();
  for (const { id, seed, pillar } of criteria) {
    for (const phrase of [PILLAR_TITLES[pillar], ...seed]) phrases.set(phrase, [...(phrases.get(phrase) ?? []), id]);
  }
  const sorted = [...phrases].sort(([a], [b]) => a.localeCompare(b, "en"));
  if (json) return writeOut(`${jsonText(Object.fromEntries(sorted), 2)}\n`);
  const width = Math.max(0, ...sorted.map(([phrase]) => phrase.length));
  await writeOut(sorted.map(([phrase, ids]) => `${phrase.padEnd(width)}  ${ids.join(" ")}\n`).join(""));
}

const share = (value: number | undefined): string =>
  value === undefined ? "" : `${Number((value * 100).toPrecision(4))} %`;

function describe({
  id,
  name,
  pillar,
  stage,
  direction,
  thresholds,
  minimum,
  window,
  tables,
  description,
}: CriterionPack): string {
  const sign = direction === "atLeast" ? "≥" : "≤";
  const ladder = LADDER.filter((step) => thresholds[step] !== undefined).map(
    (step) => `${step} ${sign} ${share(thresholds[step])}`,
  );
  const needs = tables.map((entry) => (typeof entry === "string" ? entry : entry.join(" or ")));
  const lines = [
    `${id}  ${name}`,
    `  ${PILLAR_TITLES[pillar]}, required from ${stage}; ${ladder.join(", ")}; at least ${minimum} in ${window} days`,
    ...wrap(`needs ${needs.join(", ")}`, 96).map((text) => `  ${text}`),
    ...wrap(description.replaceAll("\n", " "), 96).map((text) => `  ${text}`),
  ];
  return `${lines.join("\n")}\n`;
}
