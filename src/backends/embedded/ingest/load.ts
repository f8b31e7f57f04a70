import type { Column, ScalarType } from "../../../core/kusto.ts";
import { quoteIdentifier, quoteLiteral } from "../../../core/text/sql.ts";
import type { Field } from "../../../tables/shape.ts";
import type { Engine } from "../connection.ts";
import type { Store, StoredTable } from "../store.ts";
import { type Conversion, conversion, type RawForm, rawForm, strict } from "./convert.ts";

/** A record longer than this is not a log row. Bytes. */
export const MAX_RECORD_BYTES = 1 << 20;

/** Where the rows of a load lie. `columns` are CSV's header names in order. */
export type Relation =
  | { readonly kind: "ndjson"; readonly file: string }
  | { readonly kind: "csv"; readonly file: string; readonly columns: readonly string[] }
  | { readonly kind: "parquet"; readonly file: string; readonly casts: ReadonlyMap<string, string> }
  | { readonly kind: "text"; readonly json: string };

export interface TypedField extends Field {
  readonly type: ScalarType;
  /** The type is a guess from a sample: a misfit makes the column a string. */
  readonly inferred?: boolean;
}

export interface LoadJob {
  readonly table: string;
  readonly relation: Relation;
  readonly fields: readonly TypedField[];
  readonly encodedDynamic?: boolean;
  /** Values were text in the input (CSV), whatever the relation is. */
  readonly textual?: boolean;
  /** Every row's router column has to say `is`; one that does not stops the statement. */
  readonly router?: { readonly source: string; readonly is: string };
  /** Rows without a time are kept. */
  readonly timeOptional?: boolean;
  /** Number of the input. */
  readonly input: number;
}

/** Names of a spooled row's origin: position (line or record number) and byte offset in the input. */
export const ORIGIN = { position: "#n", offset: "#o" } as const;

const alias = (i: number): string => `s${i}`;

/** JSON keys that differ only in case collide as DuckDB column names: then each is extracted by path instead. */
function ndjsonSql(file: string, sources: readonly string[], forms: readonly string[]): string {
  const from = quoteLiteral(file);
  const distinct = new Set(sources.map((source) => source.toLowerCase())).size === sources.length;
  if (sources.length === 0 || !distinct) return extractSql(`read_ndjson_objects(${from})`, "json", sources, forms);
  const spec = sources.map((s, i) => `${quoteLiteral(s)}: '${forms[i] === "json" ? "JSON" : "VARCHAR"}'`);
  const items = sources.map((s, i) => `${quoteIdentifier(s)}::VARCHAR AS ${alias(i)}`);
  return `(SELECT ${items.join(", ")} FROM read_ndjson(${from}, columns = {${spec.join(", ")}}, maximum_object_size = ${MAX_RECORD_BYTES}))`;
}

const jsonPath = (key: string): string => quoteLiteral(`$."${key.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);

function extractSql(from: string, json: string, sources: readonly string[], forms: readonly string[]): string {
  const items = sources.map(
    (s, i) => `(${json} ${forms[i] === "json" ? "->" : "->>"} ${jsonPath(s)})::VARCHAR AS ${alias(i)}`,
  );
  return `(SELECT ${items.length === 0 ? "1" : items.join(", ")} FROM ${from})`;
}

function csvSql(file: string, columns: readonly string[], sources: readonly string[]): string {
  const spec = columns.map((_, i) => `'k${i}': 'VARCHAR'`).join(", ");
  const items = sources.map((source, i) => `k${columns.indexOf(source)} AS ${alias(i)}`);
  const options = `delim = ',', quote = '"', escape = '"', header = true, auto_detect = false, null_padding = false, strict_mode = true, max_line_size = ${MAX_RECORD_BYTES}`;
  return `(SELECT ${items.join(", ")} FROM read_csv(${quoteLiteral(file)}, columns = {${spec}}, ${options}))`;
}

export function relationSql(relation: Relation, sources: readonly string[], forms: readonly string[]): string {
  switch (relation.kind) {
    case "ndjson":
      return ndjsonSql(relation.file, sources, forms);
    case "csv":
      return csvSql(relation.file, relation.columns, sources);
    case "parquet": {
      const items = sources.map(
        (s, i) => `${relation.casts.get(s) ?? `${quoteIdentifier(s)}::VARCHAR`} AS ${alias(i)}`,
      );
      return `(SELECT ${items.join(", ")} FROM read_parquet(${quoteLiteral(relation.file)}))`;
    }
    case "text":
      return extractSql(
        `(SELECT unnest(json_extract(${quoteLiteral(relation.json)}, '$[*]')) AS json)`,
        "json",
        sources,
        forms,
      );
  }
}

const formOf = (job: LoadJob, type: ScalarType): RawForm => rawForm(type, job.textual ? "csv" : "json");

/** The raw text of a field: its source, or the next one where that is empty. */
function rawSql(job: LoadJob, sources: readonly string[], i: number): string {
  const also = job.fields[i]?.also ?? [];
  if (also.length === 0) return alias(i);
  const others = also.map((source) => alias(sources.lastIndexOf(source)));
  return `coalesce(${[alias(i), ...others].map((name) => `nullif(${name}, '')`).join(", ")})`;
}

const conversions = (job: LoadJob, sources: readonly string[]): Conversion[] =>
  job.fields.map((field, i) =>
    conversion(rawSql(job, sources, i), field.type, formOf(job, field.type), {
      ...(field.dates && { dates: field.dates }),
      ...(job.encodedDynamic && { encodedDynamic: true }),
    }),
  );

/** Sources to read: the fields', then the router's, then the origin's. */
function sourcesOf(job: LoadJob, withOrigin: boolean): { sources: string[]; forms: string[]; router?: string } {
  const sources = job.fields.map((field) => field.source);
  const forms = job.fields.map((field) => formOf(job, field.type));
  for (const field of job.fields) {
    for (const source of field.also ?? []) {
      sources.push(source);
      forms.push(formOf(job, field.type));
    }
  }
  let router: string | undefined;
  if (job.router) {
    const at = sources.indexOf(job.router.source);
    router = alias(at >= 0 ? at : sources.push(job.router.source) - 1);
    if (at < 0) forms.push("text");
  }
  if (withOrigin) {
    sources.push(ORIGIN.position, ORIGIN.offset);
    forms.push("text", "text");
  }
  return { sources, forms, ...(router !== undefined && { router }) };
}

function routerFilter(job: LoadJob, column: string | undefined): string {
  if (!job.router || column === undefined) return "";
  return ` WHERE CASE WHEN ${column} = ${quoteLiteral(job.router.is)} THEN true ELSE error('router') END`;
}

const columnsOfJob = (job: LoadJob): Column[] => job.fields.map(({ column, type }) => ({ name: column, type }));

/** A column that exists already keeps its type, whatever this input suggests. */
function settled(job: LoadJob, table: StoredTable): LoadJob {
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
  const { sources, forms, router } = sourcesOf(job, false);
  const targets = job.fields.map((field) => ids.get(field.column));
  const timeAt = job.fields.findIndex((field) => field.column === "TimeGenerated");
  const values = conversions(job, sources).map((c, i) =>
    i === timeAt && !job.timeOptional ? `coalesce(${strict(c)}, error('time'))` : strict(c),
  );
  const [count] = await engine.rows(
    `INSERT INTO ${table.id} (${["f", ...targets].join(", ")}) SELECT ${[job.input, ...values].join(", ")} FROM ${relationSql(job.relation, sources, forms)}${routerFilter(job, router)}`,
  );
  return Number(count?.[0] ?? 0);
}

export interface CellProblem {
  readonly position: number;
  readonly offset: number | null;
  readonly column: string;
  readonly type: ScalarType;
  readonly text: string;
}

export interface CarefulResult {
  readonly accepted: number;
  /** Rows left out because their TimeGenerated is empty or not a time. */
  readonly untimed: readonly CellProblem[];
  readonly untimedCount: number;
  /** Cells that became null, by column: how many, and the first of them. */
  readonly misfits: readonly { readonly column: string; readonly count: number; readonly first: CellProblem }[];
}

const STAGE = "stage";

/**
 * Loads row by row truth: cells that do not fit become null and are listed, rows without a time are left out and
 * listed. The relation's rows carry their origin.
 */
export async function loadCarefully(engine: Engine, store: Store, given: LoadJob): Promise<CarefulResult> {
  const table = await store.ensure(given.table);
  const first = settled(given, table);
  const { sources, forms } = sourcesOf(first, true);
  await engine.rows(
    `CREATE OR REPLACE TEMP TABLE ${STAGE} AS SELECT * FROM ${relationSql(first.relation, sources, forms)}`,
  );
  try {
    const job = await widened(engine, store, table, first, sources);
    return await insertStage(engine, store, table, job, sources);
  } finally {
    await engine.rows(`DROP TABLE ${STAGE}`);
  }
}

async function badCounts(engine: Engine, job: LoadJob, sources: readonly string[]): Promise<number[]> {
  const counts = conversions(job, sources).map(({ bad }) => (bad === undefined ? "0" : `count(*) FILTER (${bad})`));
  const [row] = counts.length === 0 ? [[]] : await engine.rows(`SELECT ${counts.join(", ")} FROM ${STAGE}`);
  return (row ?? []).map(Number);
}

/** Inferred columns with a misfit become strings, unless an earlier input already fixed the type with data. */
async function widened(
  engine: Engine,
  store: Store,
  table: StoredTable,
  job: LoadJob,
  sources: readonly string[],
): Promise<LoadJob> {
  const counts = await badCounts(engine, job, sources);
  const fields = job.fields.map((field, i): TypedField => {
    if (!field.inferred || (counts[i] ?? 0) === 0) return field;
    store.displace(table, field.column);
    return { ...field, type: "string" };
  });
  return { ...job, fields };
}

async function problems(
  engine: Engine,
  job: LoadJob,
  sources: readonly string[],
  where: string,
  i: number,
  limit: number,
): Promise<CellProblem[]> {
  const origin = sources.length - 2;
  const rows = await engine.rows(
    `SELECT s${origin}::BIGINT, s${origin + 1}::BIGINT, left(${rawSql(job, sources, i)}, 100) FROM ${STAGE} WHERE ${where} ORDER BY 1 LIMIT ${limit}`,
  );
  const field = job.fields[i];
  return rows.map(([position, offset, text]) => ({
    position: Number(position),
    offset: offset === null ? null : Number(offset),
    column: field?.column ?? "",
    type: field?.type ?? "string",
    text: text === null ? "" : String(text),
  }));
}

const MAX_LISTED = 100_000;

async function insertStage(
  engine: Engine,
  store: Store,
  table: StoredTable,
  job: LoadJob,
  sources: readonly string[],
): Promise<CarefulResult> {
  const ids = await store.place(table, columnsOfJob(job));
  const made = conversions(job, sources);
  const origin = sources.length - 2;
  const timeAt = job.fields.findIndex((field) => field.column === "TimeGenerated");
  const time = made[timeAt];
  const keep = time ? `(${time.value}) IS NOT NULL` : "true";
  const targets = job.fields.map((field) => ids.get(field.column));
  const [count] = await engine.rows(
    `INSERT INTO ${table.id} (${["f", ...targets].join(", ")}) SELECT ${[job.input, ...made.map((c) => c.value)].join(", ")} FROM ${STAGE} WHERE ${keep} ORDER BY ${alias(origin)}::BIGINT`,
  );
  const untimed = time ? await problems(engine, job, sources, `NOT (${keep})`, timeAt, MAX_LISTED) : [];
  const misfits = [];
  for (const [i, bad] of (await badCounts(engine, job, sources)).entries()) {
    if (bad === 0 || i === timeAt) continue;
    const [first] = await problems(engine, job, sources, made[i]?.bad ?? "false", i, 1);
    if (first) misfits.push({ column: first.column, count: bad, first });
  }
  const [all] = await engine.rows(`SELECT count(*) FROM ${STAGE}`);
  const accepted = Number(count?.[0] ?? 0);
  return { accepted, untimed, untimedCount: Number(all?.[0] ?? 0) - accepted, misfits };
}
