import { Command, Option } from "commander";
import { EXIT, UsageError } from "../core/errors.ts";
import { jsonLine } from "../core/text/json.ts";
import { terminalText, wrap } from "../core/text/terminal.ts";
import { formatDiagnostic } from "./support/main.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly output: "text" | "jsonl";
  readonly support?: boolean;
  readonly functions?: string;
}

export default (): Command =>
  new Command("check")
    .description("validate KQL files, query packs and analytic rules")
    .argument("[path...]", ".kql, .yaml, .yml or .json files, or folders of them")
    .addOption(
      new Option("-o, --output <format>", "how findings are printed").choices(["text", "jsonl"]).default("text"),
    )
    .option("--functions <folder>", "saved functions that the queries call: name.kql, or a parser's YAML")
    .option("--support", "list what the embedded engine runs of KQL instead")
    .addHelpText(
      "after",
      `
First Microsoft's own diagnostics, then what the embedded engine cannot run. An analytic rule is also held to what
Azure-Sentinel's continuous integration asks: field limits, ATT&CK, entity identifiers, version, unique ids.
Tables and functions that nothing describes are taken as the workspace's own, with a warning.

Examples:
  ztlens check queries/ detections/
  ztlens check hunt.kql -o jsonl
  ztlens check --support`,
    )
    .action(run);

async function run(paths: readonly string[], options: Options): Promise<void> {
  if (options.support) return printSupport(options.output);
  if (paths.length === 0) throw new UsageError("Nothing to check: give a file or a folder, or --support.");
  const [{ checkPaths }, { readBeside }] = await Promise.all([
    import("../packs/check.ts"),
    import("../backends/embedded/beside.ts"),
  ]);
  const { functions } = await readBeside(
    options.functions === undefined ? {} : { functions: options.functions },
    (warning) => process.stderr.write(formatDiagnostic(warning)),
  );
  let failed = 0;
  let count = 0;
  for await (const result of checkPaths(paths, functions && { functions })) {
    count++;
    if (!result.ok) failed++;
    if (options.output === "jsonl") await writeOut(`${jsonLine(result)}\n`);
    else await writeOut(describe(result));
  }
  if (count === 0) throw new UsageError("No query was found in the given paths.");
  if (options.output === "text") await writeOut(`${count - failed} of ${count} queries are ready to run.\n`);
  if (failed > 0) process.exitCode = EXIT.usage;
}

async function printSupport(output: Options["output"]): Promise<void> {
  const { supported } = await import("../kql/support.ts");
  for (const [kind, { names, known }] of Object.entries(supported())) {
    const count = known === null ? `${names.length}` : `${names.length} of ${known}`;
    const text = `${kind} (${count})\n${wrap(names.join(" "), 116)
      .map((line) => `  ${line}\n`)
      .join("")}\n`;
    await writeOut(output === "jsonl" ? `${jsonLine({ kind, known, names })}\n` : text);
  }
}

type CheckResult = import("../packs/check.ts").CheckResult;

function describe(result: CheckResult): string {
  const place = `${result.file}${result.id === null ? "" : ` (${result.id})`}`;
  const errors = [...result.errors, ...(result.warnings ?? [])].map(
    ({ line = 1, column = 1, code, severity, message }) =>
      `${place}:${line}:${column}: ${severity === "warning" ? "warning " : ""}${code} ${message}`,
  );
  const unsupported = result.unsupported.map((feature) => `${place}: the embedded engine cannot run ${feature}`);
  return [...errors, ...unsupported].map((line) => `${terminalText(line)}\n`).join("");
}
