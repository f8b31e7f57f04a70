import { totalmem } from "node:os";
import type { InputReport } from "../../core/assessment.ts";
import { type Diagnostic, UsageError } from "../../core/errors.ts";
import type { Column, QueryResult } from "../../core/kusto.ts";
import { ticksOfDate } from "../../core/ticks.ts";
import type { Planner } from "../../kql/index.ts";
import { complete, type PreparedQuery, placed } from "../../kql/prepared.ts";
import type { CompiledQuery, CompileOptions, ProbeAnswer, Schema } from "../../kql/types.ts";
import { planFields } from "../../tables/route.ts";
import type { JsonObject } from "../../tables/shape.ts";
import type { ColumnBatch, OpenResult, QueryBackend, QueryOptions, TableInfo } from "../types.ts";
import { type BesideOptions, readBeside } from "./beside.ts";
import { type Engine, openEngine } from "./connection.ts";
import { findSources, type Horizon, within } from "./ingest/find.ts";
import { Ingest } from "./ingest/ingest.ts";
import { loadStrictly } from "./ingest/load.ts";
import { loadSources, type Progress } from "./ingest/open.ts";
import { QuarantineFile } from "./ingest/quarantine.ts";
import type { Source } from "./ingest/source.ts";
import { Scratch } from "./ingest/spool.ts";
import { KeptRows } from "./kept.ts";
import { Ledger } from "./ledger.ts";
import { Store } from "./store.ts";
import { type Others, spanOf, Twins } from "./twins.ts";

export interface EmbeddedOptions extends BesideOptions {
  /** Exported logs: files, folders, globs, blobs (`az://account/container/prefix`, https), `-` for standard input. */
  readonly paths: readonly string[];
  /** Load only these columns of these tables; the time and the keys are always loaded. */
  readonly columns?: ReadonlyMap<string, ReadonlySet<string>>;
  /** The table of inputs that do not say theirs. */
  readonly assumeTable?: string;
  /** A database file that keeps what was loaded: later runs read only new and changed files. */
  readonly store?: string;
  /** Tables and functions that nothing describes are taken as empty ones instead of being refused. */
  readonly open?: boolean;
  /** Files whose folders say that all their rows lie outside of it are not read. */
  readonly horizon?: Horizon;
  /** Where the records that could not be loaded are kept; given as an input, the file is read as what they were. */
  readonly quarantine?: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Queries that need not be compiled, by their text. */
  readonly prepared?: ReadonlyMap<string, PreparedQuery>;
  /** Told what a query had to assume: a table without data, a missing source. */
  readonly onWarning?: (warning: Diagnostic) => void;
  /** DuckDB size text such as `4GB`. Default: half of the machine's memory, at most 4 GB, for large inputs 1.2 GB; beyond it data spills to disk. */
  readonly memoryLimit?: string;
  readonly threads?: number;
}

export interface EmbeddedQueryOptions extends QueryOptions, Pick<CompileOptions, "arrivedBy" | "byArrival"> {
  /** What the text may name; default: the backend's own tables. Physical tables must be those of `schema`. */
  readonly schema?: Schema;
}

function refusal(diagnostics: readonly Diagnostic[]): UsageError {
  const [first] = diagnostics;
  return new UsageError(first?.message ?? "The query cannot be run.", diagnostics);
}

const FAILS_ON_ROWS = /^(?:Invalid Input|Conversion|Out of Range|Out of Memory) Error: ([^\n]*)/;

/** What the database says of the rows, such as that they are too many for a limit, is said of the query. */
function ofRows(error: unknown): unknown {
  const message = error instanceof Error ? FAILS_ON_ROWS.exec(error.message)?.[1] : undefined;
  if (message === undefined) return error;
  return new UsageError(message, [{ code: "KQL320", message, severity: "error" }], { cause: error });
}

/** Dynamic values leave the engine as the JSON text that they are inside. */
const dynamicAsText = <T extends Column>(column: T): T =>
  column.type === "dynamic" ? { ...column, type: "string" } : column;

/** Parsed texts that are kept for their next clock. */
const MAX_PLANNERS = 128;
const GIB = 2 ** 30;
/** Inputs beyond this are kept in a file; bytes. */
const SPACIOUS = GIB;
/** Packed logs are about this many times larger when they are unpacked. */
const EXPANSION = 12;
/** A store is written whenever so many bytes of inputs were read: a run that is killed goes on from there. */
const BATCH = GIB;

const defaultMemory = (spacious: boolean): string =>
  `${Math.max(0.5, Math.min(spacious ? 1.2 : 4, totalmem() / GIB / 2)).toFixed(1)}GiB`;

const plainSize = ({ path, size = 0 }: Source): number =>
  /\.(gz|tgz|zst|zip|parquet)$/i.test(path) ? size * EXPANSION : size;

/** What is said of files that their folders leave out. */
function leftOut(sources: readonly Source[]): InputReport[] {
  const [first, ...others] = sources;
  if (!first) return [];
  const reason = `Its folder lies outside of the window: it and ${others.length} others are not read.`;
  return [{ file: first.path, shape: "layout", table: null, read: 0, accepted: 0, quarantined: 0, skipped: 0, reason }];
}

/** A table with the rows of its twin. */
function together(own: TableInfo | undefined, others: Others): TableInfo {
  if (!own) return others;
  return {
    ...own,
    rows: own.rows + others.rows,
    ...spanOf([own.oldest, own.newest, others.oldest, others.newest]),
    columns: new Set([...others.columns, ...(own.columns ?? [])]),
  };
}

/** What the inputs of a table say of being less than there is. */
function truncation(inputs: readonly InputReport[], name: string): string | undefined {
  const [first, ...others] = inputs.filter(({ table, partial }) => partial && table === name);
  if (!first) return undefined;
  const more = others.length === 0 ? "" : ` (and ${others.length} more inputs)`;
  return `${name} may not be all there. ${first.file}${more}: ${first.reason}`;
}

/** Answers KQL over exported logs with DuckDB: no cloud, no network, no file access once the logs are loaded. */
export class EmbeddedBackend implements QueryBackend {
  readonly #engine: Engine;
  #common = 0;
  readonly #store: Store;
  readonly #inputs: readonly InputReport[];
  readonly #prepared: ReadonlyMap<string, PreparedQuery>;
  /** What is known of a text as long as the tables keep their columns; null: it has to be compiled. */
  readonly #placed = new Map<string, PreparedQuery | null>();
  readonly #planners = new Map<Schema, Map<string, Planner>>();
  readonly #onWarning: EmbeddedOptions["onWarning"];
  readonly #kept: KeptRows;
  readonly #twins: Twins;

  private constructor(
    engine: Engine,
    store: Store,
    inputs: readonly InputReport[],
    { prepared, onWarning }: EmbeddedOptions,
  ) {
    this.#engine = engine;
    this.#store = store;
    this.#inputs = inputs;
    this.#prepared = prepared ?? new Map();
    this.#onWarning = onWarning;
    this.#kept = new KeptRows(engine);
    this.#twins = new Twins(engine, store);
    store.reading = (text) => this.#twins.reading(text);
  }

  /** Loads the inputs and closes the engine to the outside. Throws `UsageError` for a path that does not exist. */
  static async open(options: EmbeddedOptions): Promise<EmbeddedBackend> {
    const all = await findSources(options.paths);
    const { kept, left } = options.horizon ? within(all, options.horizon) : { kept: all, left: [] };
    const spacious = kept.reduce((sum, source) => sum + plainSize(source), 0) > SPACIOUS;
    const engine = await openEngine({
      memoryLimit: options.memoryLimit ?? defaultMemory(spacious),
      spacious,
      ...(options.threads !== undefined && { threads: options.threads }),
    });
    const scratch = new Scratch();
    const quarantine = options.quarantine === undefined ? undefined : new QuarantineFile(options.quarantine);
    try {
      await engine.rows("SET TimeZone = 'UTC'");
      const ledger = options.store === undefined ? undefined : await Ledger.open(engine, options.store);
      const staging = new Store(engine);
      const ingest = new Ingest(engine, staging, scratch, {
        ...options,
        ...(quarantine && { kept: quarantine }),
        first: ledger?.next ?? 0,
      });
      const reports: InputReport[] = [];
      const commit = async (): Promise<void> => {
        await ingest.finish();
        await ledger?.commit(staging, ingest.accounts);
        reports.push(...ingest.take());
      };
      const sources = kept.filter((source) => !ledger?.isOwn(source));
      const known = await loadSources(ingest, scratch, sources, {
        memory: ledger,
        onProgress: options.onProgress,
        ...(ledger && { batch: { bytes: BATCH, commit } }),
      });
      await commit();
      const { folders, ...beside } = await readBeside(options, options.onWarning);
      await engine.seal(folders);
      const store = ledger?.store ?? staging;
      Object.assign(store, beside, { open: options.open ?? false });
      const backend = new EmbeddedBackend(engine, store, [...known, ...reports, ...leftOut(left)], options);
      await backend.#twins.look();
      return backend;
    } catch (error) {
      engine.close();
      throw error;
    } finally {
      quarantine?.close();
      scratch.close();
    }
  }

  get schema(): Schema {
    return this.#store;
  }

  /** What was found in each input: `read = accepted + quarantined + skipped`. */
  inputs(): readonly InputReport[] {
    return this.#inputs;
  }

  /**
   * Adds rows to a table, typed by the catalogue; columns outside of it get the type of their values. Throws
   * `UsageError` for a value that does not fit its column.
   */
  async addRows(table: string, rows: readonly JsonObject[]): Promise<void> {
    this.#placed.clear();
    this.#planners.clear();
    await this.#kept.clear();
    if (rows.length === 0) {
      await this.#store.ensure(table);
      return;
    }
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const sample = {
      format: "json" as const,
      path: table,
      columns,
      records: rows,
      envelope: {},
    };
    const { fields } = planFields(table, columns, sample);
    const relation = { kind: "text" as const, json: JSON.stringify(rows) };
    try {
      await loadStrictly(this.#engine, this.#store, {
        table,
        relation,
        fields,
        input: -1,
        timeOptional: true,
      });
    } catch (cause) {
      throw new UsageError(`A row does not fit table ${table}: ${cause instanceof Error ? cause.message : cause}`, [], {
        cause,
      });
    }
    await this.#twins.look();
  }

  async query(kql: string, options: EmbeddedQueryOptions = {}): Promise<QueryResult> {
    const { now, timespan, repeats, signal } = options;
    const ready = repeats && timespan && now !== undefined && this.#ready(kql, options);
    const run = (compiled: CompiledQuery): Promise<QueryResult> =>
      this.#engine.query(compiled, signal).catch((error: unknown) => {
        throw ofRows(error);
      });
    return ready
      ? this.#kept.with(kql, ready, (kept) => run(complete(kept, now, timespan)))
      : run(await this.#compile(kql, options));
  }

  async *stream(kql: string, options: EmbeddedQueryOptions = {}): AsyncIterable<ColumnBatch> {
    yield* this.#engine.stream(await this.#compile(kql, options), options.signal);
  }

  /** The columns of a query at once, and its rows as they come. */
  async openQuery(kql: string, options: QueryOptions = {}): Promise<OpenResult> {
    const query = await this.#compile(kql, options);
    const { render } = query;
    return {
      columns: query.columns.map(({ name, type }) => ({ name, type })),
      batches: this.#engine.stream({ ...query, columns: query.columns.map(dynamicAsText) }, options.signal),
      ...(render && { render }),
    };
  }

  /** Runs what was compiled against this backend's `schema`. Throws DuckDB's error. */
  async run(query: CompiledQuery, signal?: AbortSignal): Promise<QueryResult> {
    return this.#engine.query(query, signal);
  }

  /** Keeps the rows of a statement of DuckDB's in a table until `forget`. Answers the table. Throws DuckDB's error. */
  async keep(sql: string, udfs: CompiledQuery["udfs"]): Promise<string> {
    const table = `common${this.#common++}`;
    this.#engine.register(udfs);
    await this.#engine.rows(`CREATE TABLE ${table} AS ${sql}`);
    return table;
  }

  async forget(table: string): Promise<void> {
    await this.#engine.rows(`DROP TABLE IF EXISTS ${table}`);
  }

  /** Compiles, answering the questions that fix the columns of `bag_unpack` and its like. */
  async #compile(kql: string, options: EmbeddedQueryOptions): Promise<CompiledQuery> {
    const { now, timespan, schema, parameters, arrivedBy, byArrival } = options;
    const clock = now ?? ticksOfDate(new Date());
    const ready = timespan && this.#ready(kql, options);
    if (ready) return complete(ready, clock, timespan);
    const answers = new Map<string, ProbeAnswer>();
    const plan = await this.#planner(kql, schema);
    for (;;) {
      const result = plan({
        now: clock,
        answers,
        ...(timespan && { timespan }),
        ...(parameters && { parameters }),
        ...(arrivedBy !== undefined && { arrivedBy }),
        ...(byArrival !== undefined && { byArrival }),
      });
      if (result.kind === "compiled") {
        for (const warning of result.query.warnings) this.#onWarning?.(warning);
        return result.query;
      }
      if (result.kind === "refused") throw refusal(result.diagnostics);
      this.#engine.register(result.probe.udfs);
      answers.set(result.probe.id, await this.#engine.rows(result.probe.sql));
    }
  }

  /** The plan of a text that needs no compilation. */
  #ready(kql: string, { schema, parameters, arrivedBy, byArrival }: EmbeddedQueryOptions): PreparedQuery | undefined {
    if (parameters || schema || arrivedBy !== undefined || byArrival) return undefined;
    const known = this.#placed.get(kql);
    if (known !== undefined) return known ?? undefined;
    const prepared = this.#twins.reading(kql) === this.#store ? this.#prepared.get(kql) : undefined;
    const words = new Set(prepared ? kql.match(/\w+/g) : []);
    const found = prepared && placed(prepared, (table) => this.#store.numbered(table, (column) => words.has(column)));
    this.#placed.set(kql, found ?? null);
    return found;
  }

  async #planner(kql: string, schema: Schema = this.#store): Promise<Planner> {
    const own = this.#planners.get(schema) ?? new Map<string, Planner>();
    this.#planners.set(schema, own);
    const known = own.get(kql);
    if (known) return known;
    const { planner } = await import("../../kql/index.ts");
    const made = planner(kql, schema);
    if (own.size >= MAX_PLANNERS) own.clear();
    own.set(kql, made);
    return made;
  }

  /** The columns of each table that some input has. */
  filledColumns(): ReadonlyMap<string, ReadonlySet<string>> {
    const filled = new Map<string, Set<string>>();
    for (const [table, , name] of this.#store.placed()) filled.set(table, (filled.get(table) ?? new Set()).add(name));
    for (const [table, { columns }] of this.#twins.others)
      filled.set(table, new Set([...(filled.get(table) ?? []), ...columns]));
    return filled;
  }

  async tables(): Promise<ReadonlyMap<string, TableInfo>> {
    const found = new Map<string, TableInfo>();
    for (const table of this.#store.tables()) {
      const time = table.columns.get("TimeGenerated")?.id;
      const times = time === undefined ? "" : `, min(${time}), max(${time})`;
      const [row = []] = await this.#engine.rows(`SELECT count(*)${times} FROM ${table.id}`);
      const truncated = truncation(this.#inputs, table.name);
      found.set(table.name, {
        rows: Number(row[0] ?? 0),
        ...spanOf(row.slice(1)),
        columns: new Set([...table.columns.values()].flatMap(({ id, name }) => (id === undefined ? [] : [name]))),
        ...(truncated !== undefined && { truncated }),
      });
    }
    for (const [name, others] of this.#twins.others) found.set(name, together(found.get(name), others));
    return found;
  }

  async close(): Promise<void> {
    this.#engine.close();
  }
}
