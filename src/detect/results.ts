import type { EmbeddedBackend } from "../backends/embedded/backend.ts";
import type { AlertRow } from "../core/alert.ts";
import type { QueryResult } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";
import type { Schema } from "../kql/types.ts";
import type { WindowedQuery } from "../kql/windows.ts";
import type { CommonRows } from "./common.ts";
import { endOf, type Schedule, windowOf } from "./schedule.ts";

/** The rows of one run. */
export interface RunResult {
  readonly run: number;
  readonly rows: readonly AlertRow[];
}

export interface RunContext {
  readonly backend: EmbeddedBackend;
  readonly schema: Schema;
  readonly schedule: Schedule;
  readonly text: string;
  /** The widest table of those read, in rows. */
  readonly largest: number;
  /** What the statement of all windows has in common with those of other rules. */
  readonly common?: CommonRows;
  /** A run that is not wanted: the rule rests. */
  isSuppressed(run: number): boolean;
}

/** Rows times windows that one statement may go through. */
const MOST_ROWS = 15_000_000;
/** With fewer windows in a statement than this, each is asked on its own. */
const FEWEST_WINDOWS = 4;

function toRows({ columns, rows }: QueryResult, from = 0): AlertRow[] {
  const names = columns.slice(from).map(({ name }) => name);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i + from] ?? null])));
}

/** Rows that the query does not order, in an order of their own: alerts must be the same the next time. */
function settled(rows: readonly AlertRow[]): readonly AlertRow[] {
  if (rows.length < 2) return rows;
  return rows
    .map((row) => ({ row, key: jsonLine(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

/** Runs that found something, in their order: a run that is left out found no row. */
export async function* resultsOf(query: WindowedQuery | undefined, context: RunContext): AsyncGenerator<RunResult> {
  if (!query) {
    yield* eachCompiled(context);
    return;
  }
  for await (const { run, rows } of windowed(query, context))
    yield { run, rows: query.isOrdered ? rows : settled(rows) };
}

async function* windowed(query: WindowedQuery, context: RunContext): AsyncGenerator<RunResult> {
  const next = query.over ? yield* together(query.over, context) : 0;
  if (next < context.schedule.count) yield* each(query, context, next);
}

/** The windows that one statement answers for; 0 where each is asked on its own. */
export function windowsAtOnce({ count, period, step }: Schedule, largest: number): number {
  const overlap = Number(period / step) + 1;
  const size = largest * overlap <= MOST_ROWS ? count : Math.floor(MOST_ROWS / largest);
  return count === 1 || size < FEWEST_WINDOWS ? 0 : size;
}

/** Many windows in one statement, as many at a time as a statement may go through. Returns the first that is left. */
async function* together(
  over: NonNullable<WindowedQuery["over"]>,
  { schedule, largest, backend, common }: RunContext,
): AsyncGenerator<RunResult, number> {
  const { count } = schedule;
  const size = windowsAtOnce(schedule, largest);
  if (size === 0) return 0;
  for (let from = 0; from < count; from += size) {
    const query = over(from, Math.min(size, count - from));
    const shared =
      size === count && common ? await attempt(async () => backend.run(await common.over(query))) : undefined;
    const rows = shared ?? (await attempt(() => backend.run(query)));
    if (!rows) return from;
    yield* byWindow(rows, from);
  }
  return count;
}

/** What DuckDB cannot run for all windows, it may run for one. */
async function attempt<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch {
    return undefined;
  }
}

function* byWindow({ columns, rows }: QueryResult, from: number): Generator<RunResult> {
  const groups = Map.groupBy(rows, ([window]) => from + Number(window));
  for (const [run, group] of groups) yield { run, rows: toRows({ columns, rows: group }, 1) };
}

/** One statement per window, without those in which no table has a row for the query. */
async function* each(query: WindowedQuery, context: RunContext, from: number): AsyncGenerator<RunResult> {
  const { backend, schedule } = context;
  for (const run of await runsOf(query, context)) {
    if (run < from || context.isSuppressed(run)) continue;
    const rows = toRows(await backend.run(query.at(endOf(schedule, run))));
    if (rows.length > 0) yield { run, rows };
  }
}

async function runsOf(query: WindowedQuery, { backend, schedule }: RunContext): Promise<Iterable<number>> {
  const all = Array.from({ length: schedule.count }, (_, run) => run);
  const occupied = query.occupied();
  if (!occupied || schedule.count === 1) return all;
  const answer = await attempt(() => backend.run(occupied));
  if (!answer) return all;
  const runs = new Set(answer.rows.map((row) => Number(row[0])));
  // One window without rows stands for all of them: a query may answer nothing with something, such as a count of 0.
  const idle = all.find((run) => !runs.has(run));
  if (idle === undefined) return all;
  const { rows } = await backend.run(query.at(endOf(schedule, idle)));
  return rows.length > 0 ? all : all.filter((run) => runs.has(run));
}

/** A query whose columns or text depend on the data or the clock is compiled for every window. */
async function* eachCompiled({ backend, schema, schedule, text, isSuppressed }: RunContext): AsyncGenerator<RunResult> {
  const arrival = { byArrival: schedule.byArrival };
  for (let run = 0; run < schedule.count; run++) {
    if (isSuppressed(run)) continue;
    const timespan = windowOf(schedule, run);
    const rows = toRows(
      await backend.query(text, {
        schema,
        now: timespan.end,
        timespan,
        ...arrival,
        arrivedBy: timespan.end + schedule.delay,
      }),
    );
    if (rows.length > 0) yield { run, rows };
  }
}
