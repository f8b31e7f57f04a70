import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import type { EmbeddedBackend } from "../backends/embedded/backend.ts";
import type { AlertSeverity, Detection } from "../core/alert.ts";
import { type Diagnostic, EXIT, UsageError } from "../core/errors.ts";
import { TICKS_PER_MINUTE } from "../core/ticks.ts";
import type { LoadedRules } from "../packs/rules/load.ts";
import { SEVERITIES } from "../packs/rules/types.ts";
import { besideOf } from "./support/beside.ts";
import { formatDiagnostic } from "./support/main.ts";
import { parseDuration, parseTime } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly rules?: readonly string[];
  readonly data: readonly string[];
  readonly functions?: string;
  readonly watchlists?: string;
  readonly externalData?: string;
  readonly step?: bigint | "once";
  readonly delay: bigint;
  readonly from?: bigint;
  readonly to?: bigint;
  readonly keepRepeats?: boolean;
  readonly assumeTable?: string;
  readonly store?: string;
  readonly output: "timeline" | "jsonl" | "csv" | "ocsf";
  readonly report?: string;
  readonly coverage?: string;
  readonly failOn?: AlertSeverity;
  readonly allowPartial?: boolean;
}

const parseStep = (text: string): bigint | "once" => (text === "once" ? "once" : parseDuration(text));
const parseDelay = (text: string): bigint => (/^0[smhd]?$/.test(text) ? 0n : parseDuration(text));

function parseSeverity(text: string): AlertSeverity {
  const found = SEVERITIES.find((severity) => severity.toLowerCase() === text.toLowerCase());
  if (!found) throw new InvalidArgumentError(`Write one of ${SEVERITIES.join(", ").toLowerCase()}.`);
  return found;
}

export default (): Command =>
  new Command("detect")
    .description("run Sentinel analytic rules over exported logs, each on its own schedule")
    .option(
      "-r, --rules <path...>",
      "rules: YAML, ARM or REST JSON, folders such as a clone of Azure-Sentinel (default: ours)",
    )
    .requiredOption("-d, --data <path...>", "exported logs: files, folders or globs")
    .option("--functions <folder>", "saved functions and ASIM parsers: parser YAML, ARM templates, or name.kql")
    .option("--watchlists <folder>", "what _GetWatchlist('alias') reads: alias.csv with a header")
    .option("--external-data <folder>", "copies of what externaldata names: host/path, or the file's name alone")
    .option(
      "--step <duration>",
      "run every rule this often instead of at its own frequency; once: one run over everything",
      parseStep,
    )
    .addOption(
      new Option("--delay <duration>", "how long after its window's end a rule runs; 0 for windows at the full hour")
        .argParser(parseDelay)
        .default(5n * TICKS_PER_MINUTE, "5m"),
    )
    .option("--from <time>", "where the runs start (default: the oldest row)", parseTime)
    .option("--to <time>", "where they end (default: the newest row)", parseTime)
    .option("--keep-repeats", "tell also what overlapping windows find again, as Sentinel does")
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--store <file>", "keep what was loaded in a DuckDB file; later runs read only what is new")
    .addOption(
      new Option("-o, --output <format>", "how alerts are printed")
        .choices(["timeline", "jsonl", "csv", "ocsf"])
        .default("timeline"),
    )
    .option("--report <file>", "write an HTML page too")
    .option("--coverage <file>", "write what became of each rule, a JSON object per line")
    .option("--fail-on <severity>", "exit with 1 when an alert is at least this severe", parseSeverity)
    .option("--allow-partial", "exit with 0 although rules were not understood")
    .addHelpText(
      "after",
      `
Every rule runs at its queryFrequency over its queryPeriod, 5 minutes late, with its trigger, suppression, event grouping,
entity mapping and alert details. A table without rows, a rule that is not understood: the coverage says so.

Examples:
  ztlens detect -d ./export
  ztlens detect -r ./Azure-Sentinel/Detections -d ./export -o jsonl > alerts.jsonl
  ztlens detect -r my-rule.yaml -d ./export --step once
  ztlens detect -r ./Azure-Sentinel/Solutions --functions ./Azure-Sentinel/Parsers -d ./export --report alerts.html`,
    )
    .action(run);

async function run(options: Options): Promise<void> {
  const { detectionsRoot, loadRules } = await import("../packs/rules/load.ts");
  const loaded = loadRules(options.rules ?? [detectionsRoot()]);
  if (loaded.rules.length === 0) throw new UsageError("No analytic rule could be loaded.", loaded.diagnostics);
  process.stderr.write(loaded.diagnostics.map(formatDiagnostic).join(""));
  const backend = await open(options);
  const progress = new Progress();
  try {
    const detection = await execute(backend, loaded, options, progress);
    progress.clear();
    await print(detection, options);
    await save(detection, options);
    process.exitCode = exitCodeOf(detection, loaded.diagnostics, options);
  } finally {
    progress.clear();
    await backend.close();
  }
}

async function open({ data, assumeTable, store, ...beside }: Options): Promise<EmbeddedBackend> {
  const { EmbeddedBackend: Backend } = await import("../backends/embedded/backend.ts");
  return Backend.open({
    paths: data,
    ...besideOf(beside),
    onWarning: (warning) => process.stderr.write(formatDiagnostic(warning)),
    ...(assumeTable !== undefined && { assumeTable }),
    ...(store !== undefined && { store }),
  });
}

async function execute(
  backend: EmbeddedBackend,
  { rules, functions }: LoadedRules,
  options: Options,
  progress: Progress,
): Promise<Detection> {
  const { detect, openSchema } = await import("../detect/detect.ts");
  const { step, delay, from, to, keepRepeats } = options;
  return detect({
    rules,
    backend,
    schema: openSchema(backend.schema, functions),
    delay,
    ...(step !== undefined && { step }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(keepRepeats !== undefined && { keepRepeats }),
    onRule: (done, rule) => progress.show(`${done} of ${rules.length} rules: ${rule.name}`),
  });
}

async function print(detection: Detection, { output }: Options): Promise<void> {
  if (output === "timeline") {
    const { render } = await import("../outputs/alerts/timeline.ts");
    const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
    await writeOut(render(detection, { color, width: process.stdout.columns ?? 140 }));
    return;
  }
  const modules = {
    jsonl: () => import("../outputs/alerts/jsonl.ts"),
    csv: () => import("../outputs/alerts/csv.ts"),
    ocsf: () => import("../outputs/alerts/ocsf.ts"),
  };
  const { render } = await modules[output]();
  for (const text of render(detection)) await writeOut(text);
}

async function save(detection: Detection, { coverage, report }: Options): Promise<void> {
  if (coverage !== undefined) {
    const { renderCoverage } = await import("../outputs/alerts/jsonl.ts");
    await writeText(coverage, [...renderCoverage(detection.coverage)].join(""));
  }
  if (report !== undefined) {
    const { render } = await import("../outputs/alerts/html.ts");
    await writeText(report, render(detection));
  }
}

async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new UsageError(`Cannot write ${file}.`, [], { cause });
  }
}

/** A rule that could not be understood leaves the answer incomplete; one without data does not: it is in the coverage. */
function exitCodeOf(
  { alerts, coverage }: Detection,
  diagnostics: readonly Diagnostic[],
  { failOn, allowPartial }: Options,
): number {
  const rank = (severity: AlertSeverity): number => SEVERITIES.indexOf(severity);
  if (failOn !== undefined && alerts.some(({ severity }) => rank(severity) >= rank(failOn))) return EXIT.gateMissed;
  const isPartial =
    diagnostics.some(({ severity }) => severity === "error") ||
    coverage.some(({ outcome }) => outcome === "error" || outcome === "unsupported");
  return isPartial && allowPartial !== true ? EXIT.incomplete : EXIT.ok;
}
