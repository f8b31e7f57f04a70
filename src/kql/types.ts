import type { Diagnostic } from "../core/errors.ts";
import type { Column, ScalarType, Timespan } from "../core/kusto.ts";
import type { Udf } from "./functions/types.ts";

/** A table as the engine stores it. `sql` of the relation and of each column is already quoted. */
export interface TableSource {
  readonly name: string;
  readonly sql: string;
  readonly columns: readonly (Column & { readonly sql: string })[];
}

/** What the text may name. Lookups are by exact name; `names` serves wildcards. */
export interface Schema {
  table(name: string): TableSource | undefined;
  names(): Iterable<string>;
  /** Declared columns of a table that holds no data, so that queries over it still bind. */
  declared?(name: string): readonly Column[] | undefined;
  /** Saved functions: name → KQL `(parameters) { body }`. */
  readonly functions?: ReadonlyMap<string, string>;
  /** Tables and table functions that nothing describes bind as empty ones that have any column. */
  readonly open?: boolean;
  /** What a text reads, where that depends on which tables it names. */
  reading?(text: string): Schema;
  /** The rows of `_GetWatchlist(alias)`. */
  watchlist?(alias: string): TableSource | undefined;
  /** The local copy of what `externaldata` reads; its columns are in the declared order. */
  external?(data: ExternalData): TableSource | undefined;
}

/** What an `externaldata` names. */
export interface ExternalData {
  readonly uris: readonly string[];
  readonly columns: readonly Column[];
  /** `with (format=…, ignoreFirstRecord=…)`: names in lower case. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface CompileOptions {
  readonly schema: Schema;
  /** What `now()` answers, in ticks. */
  readonly now: bigint;
  readonly timespan?: Timespan;
  /** Values of `declare query_parameters`: KQL literals, or the text of a string. */
  readonly parameters?: ReadonlyMap<string, string>;
  /** Rows whose `_TimeReceived` is later are not there yet. */
  readonly arrivedBy?: bigint;
  /** The timespan is of the arrival of rows, where their table knows it, and not of the event. */
  readonly byArrival?: boolean;
  /** Marks what of each table is worked out row by row, so that a prepared query can keep it (see `sql/rows.ts`). */
  readonly marksRows?: boolean;
  /** Answers to the probes that an earlier `compile` of the same text asked for, by probe id. */
  readonly answers?: ReadonlyMap<string, ProbeAnswer>;
}

/** A query whose answer fixes the columns of the outer one (`bag_unpack`, `pivot`, …). */
export interface Probe {
  readonly id: string;
  readonly sql: string;
  readonly columns: readonly Column[];
  /** What the statement calls: register it before the probe runs. */
  readonly udfs: readonly Udf[];
}
export type ProbeAnswer = readonly (readonly unknown[])[];

export interface CompiledQuery {
  readonly sql: string;
  /** Result columns in order; `sql` is the result column's name in the statement. */
  readonly columns: readonly { readonly name: string; readonly type: ScalarType; readonly sql: string }[];
  /** Tables read, with the columns used of each: what an ingest has to load. */
  readonly reads: ReadonlyMap<string, ReadonlySet<string>>;
  readonly udfs: readonly Udf[];
  readonly warnings: readonly Diagnostic[];
  readonly render?: Readonly<Record<string, string>>;
  /** The parts of the SQL that group rows, an inner one before those around it. */
  readonly groupings?: readonly string[];
}

export type CompileResult =
  | { readonly kind: "compiled"; readonly query: CompiledQuery }
  | { readonly kind: "probe"; readonly probe: Probe }
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[]; readonly unsupported: readonly string[] };
