import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Command, Option } from "commander";
import type { EmbeddedOptions } from "../backends/embedded/backend.ts";
import type { QueryBackend, QueryOptions } from "../backends/types.ts";
import { type Diagnostic, UsageError, ZtlensError } from "../core/errors.ts";
import type { QueryResult } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";
import { ticksOfDate } from "../core/ticks.ts";
import type { RowFormat } from "../outputs/rows.ts";
import { type BesideArguments, besideOf, besideOptions } from "./support/beside.ts";
import { newestTime } from "./support/clock.ts";
import { isLive, type LiveFlags, openLive, withLiveOptions } from "./support/live.ts";
import { formatDiagnostic } from "./support/main.ts";
import { collect, parseDuration, parseTime } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { pseudonymiseOption, pseudonymiserOf } from "./support/pseudonyms.ts";
import { readAll, writeOut } from "./support/streams.ts";

interface Options extends LiveFlags, BesideArguments {
  readonly file?: string;
  readonly batch?: boolean;
  readonly pseudonymise?: string;
  readonly data: readonly string[];
  readonly assumeTable?: string;
  readonly store?: string;
  readonly asOf?: bigint;
  readonly last?: bigint;
  readonly output: RowFormat;
}

export default (): Command =>
  besideOptions(
    withLiveOptions(new Command("query").description("run any KQL over exported logs, a workspace or a cluster")),
  )
    .argument("[kql]", "the query; - reads it from standard input")
    .option("-f, --file <file>", "read the query from a file")
    .option("--batch", "read one JSON object {id, query} per line from standard input, answer one per line")
    .option("-d, --data <path>", "exported logs: files, folders or globs (repeatable)", collect, [])
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--store <file>", "keep what was loaded in a DuckDB file; later runs read only what is new")
    .option("--as-of <time>", "what now() answers (default: the newest TimeGenerated; live: now)", parseTime)
    .option("--last <duration>", "only rows of the last 30d, 12h… before --as-of", parseDuration)
    .addOption(pseudonymiseOption())
    .addOption(
      new Option("-o, --output <format>", "how rows are printed")
        .choices(["table", "json", "jsonl", "csv"])
        .default("table"),
    )
    .addHelpText(
      "after",
      `
Examples:
  ztlens query -d ./export 'SigninLogs | summarize count() by ResultType'
  ztlens query -d ./export -f hunt.kql -o csv > hits.csv
  ztlens query -d ./export --functions ./parsers --watchlists ./watchlists -f rule.kql
  ztlens query -d ./export --batch < queries.jsonl > answers.jsonl
  ztlens query --workspace $WORKSPACE --last 1d 'SigninLogs | summarize count() by ResultType'`,
    )
    .action(run);

async function run(kql: string | undefined, options: Options): Promise<void> {
  const text = options.batch ? undefined : await queryText(kql, options);
  const backend = await open(text, options);
  try {
    const queryOptions = await clock(backend, options);
    if (text === undefined) await answerBatch(backend, queryOptions, await maskOf(options.pseudonymise));
    else await answerOne(backend, text, queryOptions, options);
  } finally {
    await backend.close();
  }
}

async function open(text: string | undefined, options: Options): Promise<QueryBackend> {
  if (isLive(options)) {
    if (options.data.length > 0) throw new UsageError("Give --data, or --workspace or --cluster, not both.");
    return openLive(options);
  }
  const { EmbeddedBackend } = await import("../backends/embedded/backend.ts");
  const progress = new Progress();
  return EmbeddedBackend.open({
    paths: options.data,
    ...(options.assumeTable === undefined ? {} : { assumeTable: options.assumeTable }),
    ...(options.store === undefined ? await selection(text, options) : { store: options.store }),
    ...besideOf(options),
    ...(options.batch ? {} : { onWarning: (warning) => process.stderr.write(formatDiagnostic(warning)) }),
    onProgress: progress.load,
  }).finally(() => progress.clear());
}

/** What has to be read for one query alone: its columns, where they can be told, and the files of its window. */
async function selection(
  text: string | undefined,
  { asOf, last }: Options,
): Promise<Pick<EmbeddedOptions, "columns" | "horizon">> {
  const { readsOfQuery } = await import("../packs/catalogue.ts");
  const columns = text === undefined ? undefined : readsOfQuery(text);
  return {
    ...(columns && { columns }),
    ...(last !== undefined && { horizon: { last, ...(asOf !== undefined && { to: asOf }) } }),
  };
}

/** A service has a clock of its own; it is pinned only where a moment or an interval is asked for. */
async function clock(backend: QueryBackend, options: Options): Promise<QueryOptions> {
  const wall = (): bigint | undefined => (options.last === undefined ? undefined : ticksOfDate(new Date()));
  const now = options.asOf ?? (isLive(options) ? wall() : await newestTime(backend));
  if (now === undefined) return {};
  return options.last === undefined ? { now } : { now, timespan: { start: now - options.last, end: now + 1n } };
}

async function queryText(kql: string | undefined, options: Options): Promise<string> {
  if (options.file !== undefined && kql !== undefined)
    throw new UsageError("Give the query as an argument or with --file, not both.");
  if (options.file !== undefined) {
    try {
      return readFileSync(options.file, "utf8");
    } catch (cause) {
      throw new UsageError(`Cannot read the query file ${options.file}.`, [], { cause });
    }
  }
  if (kql === undefined) throw new UsageError("No query: give it as an argument, with --file, or use --batch.");
  return kql === "-" ? readAll(process.stdin) : kql;
}

async function answerOne(
  backend: QueryBackend,
  kql: string,
  options: QueryOptions,
  { output, pseudonymise }: Options,
): Promise<void> {
  const { rowChunks } = await import("../outputs/rows.ts");
  const result = (await maskOf(pseudonymise))(await backend.query(kql, options));
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  for (const chunk of rowChunks(result, output, width)) await writeOut(chunk);
  if (result.partial !== undefined) throw new ZtlensError(3, `The answer is incomplete: ${result.partial}`);
}

type Mask = (result: QueryResult) => QueryResult;

async function maskOf(keyFile: string | undefined): Promise<Mask> {
  if (keyFile === undefined) return (result) => result;
  const { pseudonymiseRows } = await import("../evidence/pseudonymise.ts");
  const pseudonymiser = await pseudonymiserOf(keyFile);
  return (result) => pseudonymiseRows(result, pseudonymiser);
}

interface BatchLine {
  readonly id?: unknown;
  readonly query: string;
}

/** One bad line or query gives an error in its place and never stops the batch. */
async function answerBatch(backend: QueryBackend, options: QueryOptions, mask: Mask): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== "") await writeOut(`${jsonLine(await answerLine(backend, line, options, mask))}\n`);
  }
}

async function answerLine(backend: QueryBackend, line: string, options: QueryOptions, mask: Mask): Promise<object> {
  let request: BatchLine;
  try {
    request = JSON.parse(line) as BatchLine;
    if (typeof request?.query !== "string") throw new SyntaxError("no query");
  } catch {
    return { id: null, error: { code: "BATCH001", message: 'The line is not a JSON object with "id" and "query".' } };
  }
  const id = request.id ?? null;
  try {
    const { columns, rows, partial } = mask(await backend.query(request.query, options));
    return { id, columns: columns.map(({ name, type }) => ({ name, type })), rows, ...(partial && { partial }) };
  } catch (error) {
    return { id, error: describe(error) };
  }
}

function describe(error: unknown): Partial<Diagnostic> {
  const first = error instanceof ZtlensError ? error.diagnostics[0] : undefined;
  if (first) {
    const { code, message, line, column, hint } = first;
    return { code, message, ...(line && { line }), ...(column && { column }), ...(hint && { hint }) };
  }
  const code = error instanceof ZtlensError ? "QUERY001" : "DEFECT001";
  return { code, message: error instanceof Error ? error.message : String(error) };
}
