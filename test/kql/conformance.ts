import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { QueryResult } from "../../src/core/kusto.ts";
import { type ConformanceCase, judge, VERDICTS, type Verdict } from "./conformance-compare.ts";

/**
 * Runs queries with known answers through the engine and prints how many it gives.
 *   npm run conformance -- FOLDER|FILE… [--by oracle] [--fail FILE]
 * A `.jsonl` file holds a case per line, without `expected` where Kusto refuses the query; a `.yaml` file a list as in
 * `cases/`. The table has a line per feature, or per oracle.
 */
const { values: options, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: { by: { type: "string", default: "feature" }, fail: { type: "string" } },
});

interface OwnCase {
  readonly name: string;
  readonly query: string;
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly ordered?: boolean;
  readonly refused?: string;
}

const filesOf = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesOf(join(path, name)))
    : /\.(?:jsonl|ya?ml)$/.test(path)
      ? [path]
      : [];

/** A case of ours names columns only where their names matter, and never their types. */
function fromOwn(test: OwnCase, file: string): ConformanceCase {
  const { name, query, rows = [], columns = [], ordered = false } = test;
  if (test.refused !== undefined) return { id: name, query, oracle: file, feature: file, refused: true };
  const width = Math.max(columns.length, rows[0]?.length ?? 0);
  const named = Array.from({ length: width }, (_, i) => ({ name: columns[i] ?? "", type: "unknown" }));
  return { id: name, query, oracle: file, feature: file, expected: { columns: named, rows }, ordered };
}

function casesOf(file: string): ConformanceCase[] {
  const text = readFileSync(file, "utf8");
  if (!file.endsWith(".jsonl")) return (parse(text) as readonly OwnCase[]).map((test) => fromOwn(test, file));
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as ConformanceCase)
    .map((test) => (test.expected === undefined ? { ...test, oracle: "refused by Kusto", refused: true } : test));
}

const cases = paths.flatMap(filesOf).flatMap(casesOf);
if (cases.length === 0) {
  process.stderr.write("No case was found. Give folders or files: npm run conformance -- test/kql/cases\n");
  process.exit(2);
}

const backend = await EmbeddedBackend.open({ paths: [] });
const table = new Map<string, Record<Verdict | "cases", number>>();
const failed: unknown[] = [];
for (const test of cases) {
  let answer: QueryResult | undefined;
  let error: string | undefined;
  try {
    answer = await backend.query(test.query);
  } catch (cause) {
    error = cause instanceof Error ? cause.message : String(cause);
  }
  const unnamed = test.expected?.columns.every((column) => column.name === "");
  const found = judge(test, answer);
  const verdict = found === "names" && unnamed ? "ok" : found;
  const group = (options.by === "feature" ? (test.feature ?? test.oracle) : test.oracle) ?? "other";
  const none = { cases: 0, ok: 0, names: 0, values: 0, rows: 0, columns: 0, error: 0, answered: 0 };
  const row = table.get(group) ?? none;
  table.set(group, row);
  row.cases++;
  row[verdict]++;
  if (verdict !== "ok") failed.push({ ...test, verdict, ...(error === undefined ? { given: answer } : { error }) });
}
await backend.close();

const width = Math.max(...[...table.keys()].map((key) => key.length));
const line = (name: string, cells: readonly (string | number)[]): string =>
  `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join("")}\n`;
process.stdout.write(line("", ["cases", ...VERDICTS]));
for (const [group, row] of table) process.stdout.write(line(group, [row.cases, ...VERDICTS.map((key) => row[key])]));
const right = cases.length - failed.length;
process.stdout.write(`${right} of ${cases.length} right (${((100 * right) / cases.length).toFixed(2)} %)\n`);
if (options.fail !== undefined) writeFileSync(options.fail, failed.map((item) => `${JSON.stringify(item)}\n`).join(""));
process.exitCode = failed.length === 0 ? 0 : 1;
