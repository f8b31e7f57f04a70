import type { Timespan } from "../core/kusto.ts";
import { aggregates, scalarFunctions } from "./functions/index.ts";
import { CONVERSION_UDFS } from "./functions/support/convert.ts";
import type { Udf } from "./functions/types.ts";
import { BAG_ITEMS } from "./plan/expansion.ts";
import { KEY_VALUE } from "./plan/key-values.ts";
import { SESSION_UDFS } from "./plan/sessions.ts";
import { TERM_UDFS } from "./plan/strings.ts";
import { ROWS_BEGIN, ROWS_END } from "./sql/rows.ts";
import type { CompiledQuery } from "./types.ts";

/*
 * A compiled query with its clock, its interval and its tables left open, as JSON. What of the SQL moves with the clock
 * is found by compiling the parsed text at two clocks: a literal that moves as far as the clock does is the clock plus a
 * constant. A third clock must then give the very text that a compilation gives, or the query is not prepared.
 */
export interface PreparedQuery {
  /** SQL with marks: `{{now 5}}`, `{{start -5}}`, `{{end 0}}` in ticks, `{{table SigninLogs}}`, and those of `sql/rows.ts`. */
  readonly sql: string;
  readonly columns: CompiledQuery["columns"];
  /** Table → columns read. */
  readonly reads: Readonly<Record<string, readonly string[]>>;
  readonly udfs: readonly string[];
}

const TABLE = /"\{\{table ([^}]*)\}\}"/g;
const CLOCK = /\{\{(now|start|end) (-?\d+)\}\}/g;

export interface Clock {
  readonly now: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

/** The SQL with its marks at a clock. */
export const atClock = (sql: string, clock: Clock): string =>
  sql.replace(CLOCK, (_, name: keyof Clock, offset: string) => String(clock[name] + BigInt(offset)));

let known: ReadonlyMap<string, Udf> | undefined;

/** The functions that are the same for every query: those of the registry, and of the operators that need some. */
export function udfNamed(): ReadonlyMap<string, Udf> {
  if (known) return known;
  const registered = [...scalarFunctions.values(), ...aggregates.values()].flatMap(({ udfs = [] }) => udfs);
  const all = [...CONVERSION_UDFS, BAG_ITEMS, KEY_VALUE, ...TERM_UDFS, ...SESSION_UDFS, ...registered];
  known = new Map(all.map((udf) => [udf.name, udf]));
  return known;
}

/** The functions that a prepared query calls. */
export const udfsOf = ({ udfs }: Pick<PreparedQuery, "udfs">): Udf[] =>
  udfs.flatMap((name) => udfNamed().get(name) ?? []);

/** The query with its tables in place: `place` gives a table's rows. Undefined where one of them has no place. */
export function placed(
  prepared: PreparedQuery,
  place: (table: string) => string | undefined,
): PreparedQuery | undefined {
  const tables = new Set([...prepared.sql.matchAll(TABLE)].map(([, table = ""]) => table));
  const places = new Map([...tables].map((table) => [table, place(table)]));
  if ([...places.values()].includes(undefined)) return undefined;
  return { ...prepared, sql: prepared.sql.replace(TABLE, (_, table: string) => places.get(table) ?? "") };
}

const ROWS = /\{\{rows\}\}((?:(?!\{\{\/?rows\}\}).)*)\{\{\/rows\}\}/gs;

/**
 * The query with its row-wise work read from somewhere else: `keep` is given the SQL of some rows that no clock changes
 * and answers what stands for it.
 */
export function keepRows(prepared: PreparedQuery, keep: (sql: string) => string): PreparedQuery {
  const sql = prepared.sql.replace(ROWS, (whole, rows: string) => (rows.search(CLOCK) >= 0 ? whole : keep(rows)));
  return { ...prepared, sql };
}

/** The query at a clock. */
export function complete({ sql, columns, reads, udfs }: PreparedQuery, now: bigint, timespan: Timespan): CompiledQuery {
  return {
    sql: atClock(sql, { now, ...timespan })
      .replaceAll(ROWS_BEGIN, "")
      .replaceAll(ROWS_END, ""),
    columns,
    reads: new Map(Object.entries(reads).map(([table, own]) => [table, new Set(own)])),
    udfs: udfsOf({ udfs }),
    warnings: [],
  };
}
