import { Command, Option } from "commander";
import type { InputReport } from "../core/assessment.ts";
import { EXIT } from "../core/errors.ts";
import type { QueryResult } from "../core/kusto.ts";
import { jsonText } from "../core/text/json.ts";
import { terminalText } from "../core/text/terminal.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly assumeTable?: string;
  readonly store?: string;
  readonly output: "table" | "json";
}

export default (): Command =>
  new Command("inputs")
    .description("what was found in exported logs, and what is missing for which criterion")
    .argument("<path...>", "exported logs: files, folders or globs")
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--store <file>", "keep what was loaded in a DuckDB file; later runs read only what is new")
    .addOption(new Option("-o, --output <format>", "how it is printed").choices(["table", "json"]).default("table"))
    .addHelpText("after", "\nExamples:\n  ztlens inputs ./export\n  ztlens inputs ./export -o json | jq '.inputs[]'")
    .action(run);

interface Missing {
  readonly criterion: string;
  readonly name: string;
  readonly tables: readonly string[];
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  const { EmbeddedBackend } = await import("../backends/embedded/backend.ts");
  const backend = await EmbeddedBackend.open({
    paths,
    ...(options.assumeTable !== undefined && { assumeTable: options.assumeTable }),
    ...(options.store !== undefined && { store: options.store }),
  });
  try {
    const inputs = backend.inputs();
    const missing = await missingFor(new Set((await backend.tables()).keys()));
    await writeOut(options.output === "json" ? `${jsonText({ inputs, missing }, 2)}\n` : await board(inputs, missing));
    if (inputs.some(({ table, quarantined }) => table === null || quarantined > 0)) process.exitCode = EXIT.incomplete;
  } finally {
    await backend.close();
  }
}

async function missingFor(present: ReadonlySet<string>): Promise<Missing[]> {
  const { loadPacks } = await import("../packs/load.ts");
  return loadPacks().criteria.flatMap(({ id, name, tables }) => {
    const groups = tables.map((entry) => (typeof entry === "string" ? [entry] : entry));
    const absent = groups.filter((group) => !group.some((table) => present.has(table)));
    return absent.length > 0 ? [{ criterion: id, name, tables: absent.map((group) => group.join(" or ")) }] : [];
  });
}

async function board(inputs: readonly InputReport[], missing: readonly Missing[]): Promise<string> {
  const { formatRows } = await import("../outputs/rows.ts");
  const files: QueryResult = {
    columns: [
      { name: "file", type: "string" },
      { name: "shape", type: "string" },
      { name: "table", type: "string" },
      { name: "read", type: "long" },
      { name: "accepted", type: "long" },
      { name: "quarantined", type: "long" },
      { name: "skipped", type: "long" },
    ],
    rows: inputs.map((i) => [i.file, i.shape, i.table ?? "", i.read, i.accepted, i.quarantined, i.skipped]),
  };
  const reasons = inputs.flatMap(({ file, reason, problems = [] }) => [
    ...(reason === undefined ? [] : [`${file}: ${reason}`]),
    ...problems.slice(0, 3).map(({ position, code, message }) => `${file}:${position}: ${code} ${message}`),
  ]);
  const gaps = missing.map(({ criterion, name, tables }) => `${criterion} ${name}: needs ${tables.join(", ")}`);
  const block = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `\n${title}\n${lines.map((text) => `  ${terminalText(text)}\n`).join("")}`;
  return formatRows(files, "table") + block("NOTES", reasons) + block("CRITERIA WITHOUT THEIR TABLES", gaps);
}
