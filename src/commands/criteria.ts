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
  const [{ loadPacks }, { preparePacks }] = await Promise.all([
    import("../packs/load.ts"),
    import("../packs/prepared.ts"),
  ]);
  const packs = loadPacks();
  const { criteria } = packs;
  if (options.seed) return printPhrases(criteria, options.json === true);
  const { queries } = preparePacks(packs);
  const readsOf = (pack: CriterionPack): Reads =>
    merged([pack.query, pack.offendersQuery ?? ""].map((text) => queries.get(text)?.reads ?? {}));
  if (options.json)
    return writeOut(
      `${jsonText(
        criteria.map(({ file, ...pack }) => ({ ...pack, reads: readsOf({ ...pack, file }) })),
        2,
      )}\n`,
    );
  await writeOut(criteria.map((pack) => describe(pack, readsOf(pack))).join("\n"));
}

/** Table → the columns that a criterion reads of it. */
type Reads = Readonly<Record<string, readonly string[]>>;

function merged(all: readonly Reads[]): Reads {
  const columns = new Map<string, Set<string>>();
  for (const [table, names] of all.flatMap((reads) => Object.entries(reads))) {
    const own = columns.get(table) ?? new Set();
    columns.set(table, own);
    for (const name of names) own.add(name);
  }
  return Object.fromEntries([...columns].map(([table, names]) => [table, [...names].sort()]));
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

function describe(pack: CriterionPack, reads: Reads): string {
  const { id, name, pillar, stage, gate, direction, thresholds, minimum, window, tables, description } = pack;
  const sign = direction === "atLeast" ? "≥" : "≤";
  const ladder = LADDER.filter((step) => thresholds[step] !== undefined).map(
    (step) => `${step} ${sign} ${share(thresholds[step])}`,
  );
  const needs = tables.map((entry) => (typeof entry === "string" ? entry : entry.join(" or ")));
  const lines = [
    `${id}  ${name}`,
    `  ${PILLAR_TITLES[pillar]}, required from ${stage}${gate ? `, a gate out of ${gate}` : ""}; ${ladder.join(", ")}; at least ${minimum} in ${window} days`,
    ...wrap(`needs ${needs.join(", ")}`, 96).map((text) => `  ${text}`),
    ...Object.entries(reads).flatMap(([table, columns]) =>
      wrap(`reads ${table}: ${columns.join(", ")}`, 96).map((text) => `  ${text}`),
    ),
    ...wrap(description.replaceAll("\n", " "), 96).map((text) => `  ${text}`),
  ];
  return `${lines.join("\n")}\n`;
}
