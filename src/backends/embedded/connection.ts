import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  type DuckDBPreparedStatement,
  DuckDBScalarFunction,
  type DuckDBType,
  type DuckDBValue,
  DuckDBVarCharVector,
  INTEGER,
  LIST,
  VARCHAR,
} from "@duckdb/node-api";
import type { QueryResult, ScalarType, Value } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import { formatDatetime, formatTimespan } from "../../core/ticks.ts";
import type { Udf, UdfType, UdfValue } from "../../kql/functions/types.ts";
import type { CompiledQuery } from "../../kql/types.ts";
import type { ColumnBatch } from "../types.ts";
import { TextReader } from "./texts.ts";

export interface EngineOptions {
  /** DuckDB database file; without it the data lives in memory. */
  readonly file?: string;
  /** The data is kept compressed in a private file, which costs time and saves memory. */
  readonly spacious?: boolean;
  /** DuckDB size text such as `4GB`. Not a hard cap for single values. */
  readonly memoryLimit?: string;
  readonly threads?: number;
}

/** One DuckDB instance with one connection, a private temp folder and no extensions. */
export interface Engine {
  readonly connection: DuckDBConnection;
  /** Makes the UDFs callable; those already registered are skipped. */
  register(udfs: readonly Udf[]): void;
  /** Threads that a statement may use. */
  readonly threads: number;
  /** From now on a statement uses so many threads. */
  useThreads(count: number): Promise<void>;
  /** Ends file and network access, but for reading these folders, and freezes the configuration. Loading comes before. */
  seal(folders?: readonly string[]): Promise<void>;
  /** Runs one statement; more than one in the text is refused. Rows are raw DuckDB values. */
  rows(sql: string): Promise<DuckDBValue[][]>;
  /** Rows of a compiled query in the form of the JSON contract. Throws DuckDB's error. */
  query(query: CompiledQuery, signal?: AbortSignal): Promise<QueryResult>;
  /** The same rows by column, chunk by chunk, without holding the whole result. */
  stream(query: CompiledQuery, signal?: AbortSignal): AsyncIterable<ColumnBatch>;
  close(): void;
}

const TYPES: Readonly<Record<UdfType, DuckDBType>> = {
  BOOLEAN,
  INTEGER,
  BIGINT,
  DOUBLE,
  VARCHAR,
  "VARCHAR[]": LIST(VARCHAR),
  "DOUBLE[]": LIST(DOUBLE),
  "BIGINT[]": LIST(BIGINT),
};

const toUdf = (value: DuckDBValue): UdfValue =>
  value instanceof DuckDBListValue ? (value.items as readonly UdfValue[]) : (value as UdfValue);
const fromUdf = (value: UdfValue): DuckDBValue =>
  Array.isArray(value) ? new DuckDBListValue(value as DuckDBValue[]) : (value as DuckDBValue);

/** Calls `fn` once per row of a chunk; a null argument gives null unless the UDF wants to see it. */
function udfMain(udf: Udf) {
  const fn = udf.fn as (...args: UdfValue[]) => UdfValue;
  const seesNull = udf.nulls === "called";
  const isList = udf.returns.endsWith("[]");
  return (_: unknown, input: DuckDBDataChunk, output: { setItem(i: number, v: DuckDBValue): void; flush(): void }) => {
    const count = input.rowCount;
    const width = input.columnCount;
    const columns = Array.from({ length: width }, (_unused, i) => input.getColumnValues(i));
    const args: UdfValue[] = new Array(width);
    for (let row = 0; row < count; row++) {
      let hasNull = false;
      for (let i = 0; i < width; i++) {
        const value = columns[i]?.[row] ?? null;
        hasNull ||= value === null;
        args[i] = typeof value === "object" ? toUdf(value) : (value as UdfValue);
      }
      const value = hasNull && !seesNull ? null : fn(...args);
      output.setItem(row, isList ? fromUdf(value) : (value as DuckDBValue));
    }
    output.flush();
  };
}

function registerUdf(connection: DuckDBConnection, udf: Udf): void {
  const fn = DuckDBScalarFunction.create({
    name: udf.name,
    parameterTypes: udf.params.map((type) => TYPES[type]),
    ...(udf.rest === undefined ? {} : { varArgsType: TYPES[udf.rest] }),
    returnType: TYPES[udf.returns],
    specialHandling: udf.nulls === "called",
    mainFunction: udfMain(udf) as never,
  });
  connection.registerScalarFunction(fn);
}

const LONG_DIGITS = /\d{16}/;

/** JSON text as a value; integers that a double cannot hold stay text. */
function parseDynamic(text: string): Value {
  if (!LONG_DIGITS.test(text)) return JSON.parse(text) as Value;
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source
      ? context.source
      : value,
  ) as Value;
}

const longValue = (value: bigint): Value => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
};
const realValue = (value: number): Value => (Number.isFinite(value) ? value : String(value));
const decimalText = (value: DuckDBDecimalValue): string => {
  const text = value.toString();
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
};

const CONVERTERS: Readonly<Record<ScalarType, (value: DuckDBValue) => Value>> = {
  bool: (value) => value as boolean,
  int: (value) => value as number,
  long: (value) => (typeof value === "bigint" ? longValue(value) : (value as number)),
  real: (value) => realValue(value as number),
  decimal: (value) => (value instanceof DuckDBDecimalValue ? decimalText(value) : String(value)),
  string: (value) => value as string,
  guid: (value) => value as string,
  datetime: (value) => formatDatetime(value as bigint),
  timespan: (value) => formatTimespan(value as bigint),
  dynamic: (value) => parseDynamic(value as string),
};

/** Types whose values DuckDB has as texts. */
const TEXTS: ReadonlySet<ScalarType> = new Set(["string", "guid", "dynamic"]);

function columnValues(chunk: DuckDBDataChunk, index: number, type: ScalarType, texts: TextReader): Value[] {
  const convert = CONVERTERS[type];
  const isText = TEXTS.has(type) && chunk.getColumnVector(index) instanceof DuckDBVarCharVector;
  const values = isText ? texts.read(chunk, index) : chunk.getColumnValues(index);
  if (type === "string" && isText) {
    for (let i = 0; i < values.length; i++) if (values[i] === null) values[i] = "";
    return values as Value[];
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? null;
    (values as Value[])[i] = value === null ? (type === "string" ? "" : null) : convert(value);
  }
  return values as Value[];
}

class DuckDBEngine implements Engine {
  readonly connection: DuckDBConnection;
  readonly threads: number;
  /** Streams nothing: a function registered beside an open result would belong to that result's transaction alone. */
  readonly #registrar: DuckDBConnection;
  readonly #instance: DuckDBInstance;
  readonly #folder: string;
  readonly #registered = new Set<string>();
  readonly #texts = new TextReader();
  #busy = false;

  constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    registrar: DuckDBConnection,
    { folder, threads }: { readonly folder: string; readonly threads: number },
  ) {
    this.#instance = instance;
    this.connection = connection;
    this.#registrar = registrar;
    this.#folder = folder;
    this.threads = threads;
  }

  async useThreads(count: number): Promise<void> {
    await this.rows(`SET threads = ${count}`);
  }

  register(udfs: readonly Udf[]): void {
    for (const udf of udfs) {
      if (this.#registered.has(udf.name)) continue;
      registerUdf(this.#registrar, udf);
      this.#registered.add(udf.name);
    }
  }

  async seal(folders: readonly string[] = []): Promise<void> {
    const allowed = folders.length > 0 ? [`allowed_directories = [${folders.map(quoteLiteral).join(", ")}]`] : [];
    for (const setting of [...allowed, "enable_external_access = false", "lock_configuration = true"])
      await this.connection.run(`SET ${setting}`);
  }

  /**
   * A connection that nothing else reads from: a statement on a connection ends the result that still streams from
   * it. Whoever comes while the first one is in use gets one of its own.
   */
  async #lease(): Promise<{ connection: DuckDBConnection; release(): void }> {
    if (!this.#busy) {
      this.#busy = true;
      return {
        connection: this.connection,
        release: () => {
          this.#busy = false;
        },
      };
    }
    const connection = await this.#instance.connect();
    return { connection, release: () => connection.closeSync() };
  }

  async rows(sql: string): Promise<DuckDBValue[][]> {
    const { connection, release } = await this.#lease();
    let statement: DuckDBPreparedStatement | undefined;
    try {
      statement = await connection.prepare(sql);
      return (await statement.runAndReadAll()).getRows();
    } finally {
      statement?.destroySync();
      release();
    }
  }

  async query(query: CompiledQuery, signal?: AbortSignal): Promise<QueryResult> {
    const rows: Value[][] = [];
    for await (const batch of this.stream(query, signal)) {
      const columns = query.columns.map((column) => batch.columns.get(column.name) ?? []);
      for (let i = 0; i < batch.rowCount; i++) rows.push(columns.map((values) => values[i] ?? null));
    }
    return {
      columns: query.columns.map(({ name, type }) => ({ name, type })),
      rows,
    };
  }

  async *stream(query: CompiledQuery, signal?: AbortSignal): AsyncIterable<ColumnBatch> {
    this.register(query.udfs);
    const { connection, release } = await this.#lease();
    let statement: DuckDBPreparedStatement | undefined;
    const interrupt = (): void => connection.interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      statement = await connection.prepare(query.sql);
      signal?.throwIfAborted();
      const result = await statement.stream();
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0) return;
        signal?.throwIfAborted();
        const columns = query.columns.map(({ name, type }, i): [string, Value[]] => [
          name,
          columnValues(chunk, i, type, this.#texts),
        ]);
        yield { rowCount: chunk.rowCount, columns: new Map(columns) };
      }
    } finally {
      signal?.removeEventListener("abort", interrupt);
      statement?.destroySync();
      release();
    }
  }

  close(): void {
    this.#registrar.closeSync();
    this.connection.closeSync();
    this.#instance.closeSync();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A private file needs no checkpoint, which would hold up every other statement. */
const NEVER = "1TB";

/** Opens DuckDB without extensions. Files may be read until `seal` is called. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "ztlens-"));
  const threads = options.threads ?? availableParallelism();
  const instance = await DuckDBInstance.create(
    options.file ?? (options.spacious ? join(folder, "data.duckdb") : ":memory:"),
    {
      temp_directory: folder,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      allow_community_extensions: "false",
      ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
      ...(options.spacious && { wal_autocheckpoint: NEVER }),
      threads: String(threads),
    },
  ).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const connection = await instance.connect();
  if (options.spacious) await connection.run("PRAGMA disable_checkpoint_on_shutdown");
  return new DuckDBEngine(instance, connection, await instance.connect(), { folder, threads });
}
