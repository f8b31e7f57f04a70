import { Command, Option } from "commander";
import type { EmbeddedBackend } from "../backends/embedded/backend.ts";
import type { InputReport } from "../core/assessment.ts";
import { EXIT } from "../core/errors.ts";
import type { QueryResult } from "../core/kusto.ts";
import { jsonText } from "../core/text/json.ts";
import { terminalText } from "../core/text/terminal.ts";
import { Progress } from "./support/progress.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly assumeTable?: string;
  readonly store?: string;
  readonly quarantine?: string;
  readonly output: "table" | "json";
}

export default (): Command =>
  new Command("inputs")
    .description("what was found in exported logs, and what is missing for which criterion")
    .argument("<path...>", "exported logs: files, folders, globs, az://account/container/prefix, or - for stdin")
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--store <file>", "keep what was loaded in a DuckDB file; later runs read only what is new")
    .option("--quarantine <file>", "keep what could not be read; mend its lines and give the file as an input")
    .addOption(new Option("-o, --output <format>", "how it is printed").choices(["table", "json"]).default("table"))
    .addHelpText(
      "after",
      `
Exit codes: 0 ok, 2 usage, 3 some records or files could not be read or are not all there is, 4 access was refused.

Examples:
  ztlens inputs ./export
  ztlens inputs az://logarchive/am-signinlogs --store tenant.duckdb
  zstdcat logs.json.zst | ztlens inputs -
  ztlens inputs ./export --quarantine bad.jsonl && ztlens inputs bad.jsonl
  ztlens inputs ./export -o json | jq '.inputs[]'`,
    )
    .action(run);

interface Missing {
  readonly criterion: string;
  readonly name: string;
  /** Tables that no input has, alternatives joined by `or`. */
  readonly tables: readonly string[];
  /** Columns that its query reads and that no input has, as `Table.Column`. */
  readonly columns: readonly string[];
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  const { EmbeddedBackend: Backend } = await import("../backends/embedded/backend.ts");
  const progress = new Progress();
  const backend = await Backend.open({
    paths,
    ...(options.assumeTable !== undefined && { assumeTable: options.assumeTable }),
    ...(options.store !== undefined && { store: options.store }),
    ...(options.quarantine !== undefined && { quarantine: options.quarantine }),
    onProgress: progress.load,
  }).finally(() => progress.clear());
  try {
    const inputs = backend.inputs();
    const missing = await missingFor(backend);
    await writeOut(options.output === "json" ? `${jsonText({ inputs, missing }, 2)}\n` : await board(inputs, missing));
    if (inputs.some(({ table, quarantined, partial }) => table === null || quarantined > 0 || partial))
      process.exitCode = EXIT.incomplete;
  } finally {
    await backend.close();
  }
}

async function missingFor(backend: EmbeddedBackend): Promise<Missing[]> {
  const { loadPacks } = await import("../packs/load.ts");
  const { readsOfQuery } = await import("../packs/catalogue.ts");
  const present = backend.filledColumns();
  const without = (text: string): string[] =>
    [...(readsOfQuery(text) ?? [])].flatMap(([table, names]) => {
      const filled = present.get(table);
      return filled ? [...names].filter((name) => !filled.has(name)).map((name) => `${table}.${name}`) : [];
    });
  return loadPacks().criteria.flatMap(({ id, name, query, tables }) => {
    const groups = tables.map((entry) => (typeof entry === "string" ? [entry] : entry));
    const absent = groups.filter((group) => !group.some((table) => present.has(table)));
    const columns = absent.length > 0 ? [] : without(query);
    if (absent.length + columns.length === 0) return [];
    return [{ criterion: id, name, tables: absent.map((group) => group.join(" or ")), columns }];
  });
}

async function board(inputs: readonly InputReport[], missing: readonly Missing[]): Promise<string> {
  const { formatRows } = await import("../outputs/rows.ts");
  const files: QueryResult = {
    columns: [
      ...["file", "shape", "table"].map((name) => ({ name, type: "string" as const })),
      ...["read", "rows"].map((name) => ({ name, type: "long" as const })),
      ...["oldest", "newest"].map((name) => ({ name, type: "datetime" as const })),
      ...["quarantined", "duplicates", "skipped"].map((name) => ({ name, type: "long" as const })),
    ],
    rows: inputs.map((i) => [
      ...[i.file, i.shape, i.table ?? "", i.read, i.rows ?? 0, i.oldest ?? null, i.newest ?? null],
      ...[i.quarantined, i.duplicates ?? 0, i.skipped],
    ]),
  };
  const reasons = inputs.flatMap(({ file, reason, problems = [] }) => [
    ...(reason === undefined ? [] : [`${file}: ${reason}`]),
    ...problems.slice(0, 3).map(({ position, code, message }) => `${file}:${position}: ${code} ${message}`),
  ]);
  const needs = (pick: (one: Missing) => readonly string[]): string[] =>
    missing.flatMap((one) => (pick(one).length > 0 ? [`${one.criterion} ${one.name}: ${pick(one).join(", ")}`] : []));
  const block = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? "" : `\n${title}\n${lines.map((text) => `  ${terminalText(text)}\n`).join("")}`;
  return (
    formatRows(files, "table") +
    block("NOTES", reasons) +
    block(
      "CRITERIA WITHOUT THEIR TABLES",
      needs(({ tables }) => tables),
    ) +
    block(
      "CRITERIA WITHOUT SOME OF THEIR COLUMNS",
      needs(({ columns }) => columns),
    )
  );
}
