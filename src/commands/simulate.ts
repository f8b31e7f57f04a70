import { Command, InvalidArgumentError, Option } from "commander";
import { LADDER } from "../core/maturity.ts";
import { formatDatetime } from "../core/ticks.ts";
import { parseCount, parseTime } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly users?: number;
  readonly days?: number;
  readonly seed?: number;
  readonly rows?: number;
  readonly end?: bigint;
  readonly profile: "good" | "bad" | "mixed";
  readonly attacks?: string;
  readonly dial?: Dials;
  readonly format: string;
  readonly gzip?: boolean;
  readonly everyday?: boolean;
}

/** Criterion → share, or stage → share. */
type Dials = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** Adds `ID-01=0.85` or `IN-11.optimal=0.4` to the dials. */
function parseDial(text: string, dials: Dials = {}): Dials {
  const [, id, stage, value] = /^([A-Za-z0-9-]+)(?:\.([a-z]+))?=(\d*\.?\d+)$/.exec(text) ?? [];
  if (id === undefined || (stage !== undefined && !(LADDER as readonly string[]).includes(stage)))
    throw new InvalidArgumentError(`A dial is a criterion and a share, such as ID-01=0.85 or IN-11.optimal=0.4.`);
  const share = Number(value);
  const known = dials[id];
  return { ...dials, [id]: stage === undefined ? share : { ...(typeof known === "object" && known), [stage]: share } };
}

export default (): Command =>
  new Command("simulate")
    .description("write exported logs of a synthetic tenant, with injected attacks and their ground truth")
    .argument("<folder>", "where the files go")
    .option("--users <n>", "people in the tenant", parseCount)
    .option("--days <n>", "days of logs", parseCount)
    .option("--seed <n>", "the same seed gives the same bytes", parseCount)
    .option("--rows <n>", "about how many rows (default: what the tenant's size gives)", parseCount)
    .option("--end <time>", "when the simulation ends", parseTime)
    .addOption(
      new Option("--profile <name>", "how mature the tenant is").choices(["good", "bad", "mixed"]).default("mixed"),
    )
    .option("--attacks <list>", "comma-separated names, all, or none (default: those of the tour)")
    .option("--dial <criterion=share>", "what a criterion measures, whatever the profile; repeatable", parseDial)
    .option("--everyday", "add harmless oddities: travel, new telephones, forgotten passwords, clean-ups")
    .option("--format <shape>", "export shape: ndjson, portal-csv…", "ndjson")
    .option("--gzip", "compress every file")
    .addHelpText(
      "after",
      `
A dial sets the share (numerator / denominator) of one criterion and leaves the others at their stages. Without attacks it
is exact to one event. Where the target differs per stage, so may the share: --dial IN-11.initial=1 --dial IN-11.optimal=0.4

Examples:
  ztlens simulate ./tenant --profile good --seed 7
  ztlens simulate ./tenant --profile good --attacks none --dial ID-01=0.85 --dial DA-04=0.02
  ztlens simulate ./big --rows 1000000 --attacks none
  ztlens simulate ./csv --format portal-csv --attacks password-spray,beaconing`,
    )
    .action(run);

async function run(folder: string, options: Options): Promise<void> {
  const { simulate } = await import("../simulate/simulate.ts");
  const progress = new Progress();
  const { attacks, dial, end, profile, format, gzip, everyday, ...sizes } = options;
  const manifest = await simulate({
    out: folder,
    profile,
    format,
    gzip: gzip === true,
    everyday: everyday === true,
    ...sizes,
    ...(dial && { dials: dial }),
    ...(attacks !== undefined && { attacks: attacks === "none" ? [] : attacks.split(",").map((name) => name.trim()) }),
    ...(end !== undefined && { end: formatDatetime(end) }),
    onTable: (table, rows) => progress.show(`${table}: ${rows} rows`),
  }).finally(() => progress.clear());
  await writeOut(
    `${manifest.rows} rows of ${manifest.files.length} tables, ${manifest.start} to ${manifest.end}, seed ${manifest.seed}, ` +
      `${manifest.attacks.length} attacks: ${folder}\n`,
  );
}
