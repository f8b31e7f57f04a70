import type { Column, ScalarType } from "../../../core/kusto.ts";
import { quoteLiteral } from "../../../core/text/sql.ts";
import type { PlannedField } from "../../../tables/route.ts";
import type { Engine } from "../connection.ts";
import type { Store, StoredTable } from "../store.ts";
import { type Conversion, conversion, type RawForm, rawForm } from "./convert.ts";
import { UnexpectedMember } from "./limits.ts";
import { Reading, type Relation } from "./relation.ts";

/** Names of a spooled row's origin: number of the input, position (line or record number) and byte offset in it. */
export const ORIGIN = { input: "#f", position: "#n", offset: "#o" } as const;

export interface LoadJob {
  readonly table: string;
  readonly relation: Relation;
  readonly fields: readonly PlannedField[];
  readonly encodedDynamic?: boolean;
  /** Values were text in the input (CSV), whatever the relation is. */
  readonly textual?: boolean;
  /** Every row's router column has to say `is`; one that does not stops the statement. */
  readonly router?: { readonly source: string; readonly is: string };
  /** Rows without a time are kept. */
  readonly timeOptional?: boolean;
  /** Number of the input; absent when each row says its own. */
  readonly input?: number;
}

const formOf = (job: LoadJob, type: ScalarType): RawForm => rawForm(type, job.textual ? "csv" : "json");

/** The raw text of a field: its source, or the next one where that is empty. */
export function rawSql(job: LoadJob, field: PlannedField, reading: Reading): string {
  const form = formOf(job, field.type);
  const columns = [field.source, ...(field.also ?? [])].map((source) => reading.column(source, form));
  return columns.length === 1
    ? `${columns[0]}`
    : `coalesce(${columns.map((name) => `nullif(${name}, '')`).join(", ")})`;
}

export const conversions = (job: LoadJob, reading: Reading): Conversion[] =>
  job.fields.map((field) =>
    conversion(rawSql(job, field, reading), field.type, formOf(job, field.type), {
      ...(field.dates && { dates: field.dates }),
      ...(job.encodedDynamic && { encodedDynamic: true }),
    }),
  );

export const columnsOfJob = (job: LoadJob): Column[] => job.fields.map(({ column, type }) => ({ name: column, type }));

/** A column that exists already keeps its type, whatever this input suggests. */
export function settled(job: LoadJob, table: StoredTable): LoadJob {
  const fields = job.fields.map((field) => {
    const known = table.columns.get(field.column);
    return known && known.type !== field.type ? { ...field, type: known.type, inferred: false } : field;
  });
  return { ...job, fields };
}

/**
 * Loads every row in one statement and returns how many there were. Anything unexpected (a malformed record, a cell
 * that does not fit, an unknown table) throws before a row is kept: the exact path then says what and where.
 */
export async function loadStrictly(engine: Engine, store: Store, given: LoadJob): Promise<number> {
  const table = await store.ensure(given.table);
  const job = settled(given, table);
  const ids = await store.place(table, columnsOfJob(job));
  const reading = new Reading();
  const targets = job.fields.map((field) => ids.get(field.column));
  const values = conversions(job, reading).map((c, i) => {
    const needed = job.fields[i]?.column === "TimeGenerated" && !job.timeOptional;
    return needed ? `coalesce(${c.strict}, error('time'))` : c.strict;
  });
  const filter = job.router
    ? ` WHERE CASE WHEN ${reading.column(job.router.source, "text")} = ${quoteLiteral(job.router.is)} THEN true ELSE error('router') END`
    : "";
  table.filled = true;
  const [count] = await engine.rows(
    `INSERT INTO ${table.id} (${["f", ...targets].join(", ")}) SELECT ${[job.input ?? `${reading.column(ORIGIN.input, "text")}::INTEGER`, ...values].join(", ")} FROM ${reading.sql(job.relation)}${filter}`,
  );
  return Number(count?.[0] ?? 0);
}

/** Errors that the data causes; everything else is ours. */
export const isDataError = (error: unknown): boolean =>
  error instanceof Error &&
  /^(Invalid Input|Invalid|Conversion|Out of Range|IO|Serialization|Not implemented) Error/.test(error.message);

/** A record has a member that the load was not told of. */
export const isUnexpected = (error: unknown): boolean =>
  error instanceof UnexpectedMember || (error instanceof Error && / has unknown key "/.test(error.message));
