import { Command } from "commander";
import { type Format, outputOption, printAssessment, writeReport } from "./support/assessment.ts";
import { writeEvidence } from "./support/evidence.ts";
import { exitCodeOf, type Gate, parseGates } from "./support/gate.ts";
import { collect, parseCount, parseTime } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly asOf?: bigint;
  readonly assumeTable?: string;
  readonly store?: string;
  readonly queries?: string;
  readonly config?: string;
  readonly output: Format;
  readonly report?: string;
  readonly evidence?: string;
  readonly signWith: readonly string[];
  readonly follows?: string;
  readonly budget?: number;
  readonly canary?: boolean;
  readonly failOn?: readonly Gate[];
  readonly allowPartial?: boolean;
}

export default (): Command =>
  new Command("replay")
    .description("assess exported logs: the stage of each pillar, what blocks the next one, and who causes it")
    .argument("<path...>", "exported logs: files, folders or globs")
    .option("--as-of <time>", "the moment that is assessed (default: the newest TimeGenerated)", parseTime)
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--store <file>", "keep what was loaded in a DuckDB file; later runs read only what is new")
    .option("--queries <folder>", "query packs of your own instead of the shipped ones")
    .option("--config <file>", "thresholds, minimums, cadences and exceptions of your own (YAML)")
    .addOption(outputOption())
    .option("--report <file>", "also write the HTML report")
    .option("--evidence <folder>", "also write an evidence bundle")
    .option("--sign-with <file>", "sign the bundle with an Ed25519 private key, PEM (repeatable)", collect, [])
    .option("--follows <digest>", "sha256 of the manifest of the bundle before this one")
    .option("--budget <n>", "about how many findings a day to tell (default: what passes the limits)", parseCount)
    .option("--canary", "also test the detectors with synthetic attacks, in a shadow of the events")
    .option("--fail-on <gate>", "exit 1 below a stage: intermediate, or identities=optimal (repeatable)", parseGates)
    .option("--allow-partial", "exit 0 although a criterion could not be assessed")
    .addHelpText(
      "after",
      `
Exit codes: 0 ok, 1 a gate was missed, 2 usage, 3 something could not be assessed.

Examples:
  ztlens replay ./export --report report.html
  ztlens replay 'logs/**/*.json.gz' --as-of 2026-01-31 -o json
  ztlens replay ./export --fail-on intermediate --allow-partial`,
    )
    .action(run);

async function run(paths: readonly string[], options: Options): Promise<void> {
  const { replay } = await import("../maturity/replay.ts");
  const configuration = options.config && (await import("../maturity/config.ts")).readConfiguration(options.config);
  const progress = new Progress();
  progress.show("reading the logs");
  const assessment = await replay({
    paths,
    ...(options.asOf !== undefined && { asOf: options.asOf }),
    ...(options.assumeTable !== undefined && { assumeTable: options.assumeTable }),
    ...(options.store !== undefined && { store: options.store }),
    ...(options.queries !== undefined && { packs: options.queries }),
    ...(configuration && { configuration }),
    ...(options.budget !== undefined && { budget: options.budget }),
    canary: options.canary === true,
    insights: options.report !== undefined,
    onLoad: ({ file, done, total }) => progress.show(`${done}/${total} files: ${file}`),
    onStep: (label, done, total) => progress.show(`${done}/${total} ${label}`),
  }).finally(() => progress.clear());
  await printAssessment(assessment, options.output);
  if (assessment.canary && options.output === "table")
    await writeOut(`\n${(await import("../outputs/board/canary.ts")).canaryBlock(assessment.canary)}`);
  if (options.report !== undefined) await writeReport(assessment, options.report);
  if (options.evidence !== undefined) await writeEvidence(assessment, options.evidence, options);
  process.exitCode = exitCodeOf(assessment, options.failOn ?? [], options.allowPartial === true);
}
