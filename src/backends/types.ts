import type { Column, QueryResult, Timespan, Value } from "../core/kusto.ts";

export interface QueryOptions {
  /** Restricts every table to rows whose TimeGenerated lies in the interval, as the service's `timespan` does. */
  readonly timespan?: Timespan;
  /** The run's clock: what `now()` answers, in ticks. */
  readonly now?: bigint;
  readonly signal?: AbortSignal;
  /** Values of `declare query_parameters`: KQL literals, or the text of a string. */
  readonly parameters?: ReadonlyMap<string, string>;
  /** The same text comes next for other intervals: a backend may keep what they share. */
  readonly repeats?: boolean;
}

/** Rows by column, so that a consumer touches only what it needs. All arrays have `rowCount` elements. */
export interface ColumnBatch {
  readonly rowCount: number;
  readonly columns: ReadonlyMap<string, readonly Value[]>;
}

export interface TableInfo {
  readonly rows: number;
  /** Newest TimeGenerated in ticks; null when the table has none. */
  readonly newest: bigint | null;
  /** Oldest TimeGenerated in ticks, where the backend tells it. */
  readonly oldest?: bigint | null;
  /** The columns that its data have, of those the table can have. Absent: not known. */
  readonly columns?: ReadonlySet<string>;
  /** Why the rows that the table holds cannot be seen. */
  readonly unreadable?: string;
  /** Why the table holds less than there is, or may. */
  readonly truncated?: string;
}

/** A result whose rows are read as they come. */
export interface OpenResult {
  readonly columns: readonly Column[];
  /** Rows in the order that the query gives, by the names of `columns`. Dynamic values are JSON text, null is `""`. */
  readonly batches: AsyncIterable<ColumnBatch>;
  /** The properties of the text's `render`. */
  readonly render?: Readonly<Record<string, string>>;
}

/** Answers KQL with typed columns. The same text gives the same rows on every backend. */
export interface QueryBackend {
  query(kql: string, options?: QueryOptions): Promise<QueryResult>;
  /** Streams a result in the order that the query gives, in bounded memory. */
  stream(kql: string, options?: QueryOptions): AsyncIterable<ColumnBatch>;
  /** The tables that hold data. */
  tables(): Promise<ReadonlyMap<string, TableInfo>>;
  /** Queries that are worth asking at the same time. Absent: one. */
  readonly concurrency?: number;
  /** Features that a pack can require and that are missing here, each with the reason. */
  readonly lacks?: ReadonlyMap<string, string>;
  close(): Promise<void>;
}
