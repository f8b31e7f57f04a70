import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { parseAllDocuments } from "yaml";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { ZtlensError } from "../../src/core/errors.ts";
import { parseQuery } from "../../src/kql/syntax/parse.ts";

/**
 * Compiles and runs every query of a folder of rules and hunting queries on empty tables, and counts those that
 * Microsoft's binder accepts and the engine does not run.
 *   npm run collections -- FOLDER… [--fail FILE] [--every N]
 * `--every 10` takes each tenth query. Tables have the catalogue's columns; tables and functions that it does not know are open.
 */
const { values: options, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: { fail: { type: "string" }, every: { type: "string", default: "1" } },
});
const every = Number(options.every);

interface Query {
  readonly file: string;
  readonly text: string;
}

/** The `query` texts of a YAML file, at any depth. */
function inYaml(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "query" && typeof value === "string" ? [value] : inYaml(value),
  );
}

function fromYaml(text: string): string[] {
  try {
    return parseAllDocuments(text).flatMap((document) => ("toJS" in document ? inYaml(document.toJS()) : []));
  } catch {
    return [];
  }
}

/** Fenced blocks that say they are KQL. */
const fenced = (text: string): string[] =>
  [...text.matchAll(/^[ \t]*```[ \t]*(?:kql|kusto|kusto-query-language)[ \t]*\r?\n([\s\S]*?)^[ \t]*```/gim)].map(
    ([, body = ""]) => body,
  );

const READERS: Readonly<Record<string, (text: string) => string[]>> = {
  ".yaml": fromYaml,
  ".yml": fromYaml,
  ".md": fenced,
  ".kql": (text) => [text],
  ".csl": (text) => [text],
  ".kusto": (text) => [text],
};

const filesOf = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: "utf8" })
        .filter((name) => extname(name).toLowerCase() in READERS)
        .sort()
        .map((name) => join(path, name))
    : [path];

function* queriesOf(files: readonly string[]): Generator<Query> {
  const seen = new Set<string>();
  for (const file of files) {
    const read = READERS[extname(file).toLowerCase()];
    for (const text of read?.(readFileSync(file, "utf8").replace(/^\uFEFF/, "")) ?? []) {
      const key = text.replace(/\s+/g, " ").trim();
      if (key === "" || seen.has(key)) continue;
      seen.add(key);
      if (seen.size % every === 0) yield { file, text };
    }
  }
}

const backend = await EmbeddedBackend.open({ paths: [], open: true });
const counts = { noQuery: 0, unreadable: 0, rejected: 0, rejectedButRun: 0, accepted: 0, run: 0, defects: 0 };
if (options.fail !== undefined) writeFileSync(options.fail, "");
const reasons = new Map<string, number>();
const longest = { cpu: 0, file: "" };
for (const { file, text } of queriesOf(paths.flatMap(filesOf))) {
  const before = process.cpuUsage();
  let error: unknown;
  try {
    await backend.query(text);
  } catch (cause) {
    error = cause;
  }
  const { user, system } = process.cpuUsage(before);
  if (user + system > longest.cpu) Object.assign(longest, { cpu: user + system, file });
  const first = error instanceof ZtlensError ? error.diagnostics[0] : undefined;
  if (first?.code === "KQL100") {
    counts.noQuery++;
    continue;
  }
  const { problems } = parseQuery(text, backend.schema);
  const accepted = problems.length === 0;
  if (problems.some(({ syntax }) => syntax)) counts.unreadable++;
  else if (accepted) counts.accepted++;
  else counts.rejected++;
  if (error === undefined) {
    if (accepted) counts.run++;
    else counts.rejectedButRun++;
    continue;
  }
  if (!first) counts.defects++;
  if (!accepted && first) continue;
  const message = first ? `${first.code} ${first.message}` : `DEFECT ${error instanceof Error ? error.message : error}`;
  const [reason = ""] = message.split("\n");
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  if (options.fail !== undefined)
    appendFileSync(options.fail, `${JSON.stringify({ file, accepted, line: first?.line, message, text })}\n`);
}
await backend.close();

for (const [reason, count] of [...reasons].sort(([, a], [, b]) => b - a).slice(0, 40))
  process.stdout.write(`${String(count).padStart(6)}  ${reason}\n`);
const { noQuery, unreadable, rejected, rejectedButRun, accepted, run, defects } = counts;
process.stdout.write(
  `${noQuery} texts hold no query, ${unreadable} do not parse; ${rejected} are refused by the binder, of which ${rejectedButRun} run all the same.\n` +
    `${run} of ${accepted} accepted queries run on empty tables (${((100 * run) / accepted).toFixed(2)} %); ` +
    `${defects} internal errors; the longest took ${(longest.cpu / 1e6).toFixed(1)} s of CPU (${longest.file}).\n`,
);
process.exitCode = run >= 0.99 * accepted && defects === 0 ? 0 : 1;
