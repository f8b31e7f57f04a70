/** Kusto's scalar types. Source: https://learn.microsoft.com/kusto/query/scalar-data-types/ */
export const SCALAR_TYPES = [
  "bool",
  "int",
  "long",
  "real",
  "decimal",
  "string",
  "datetime",
  "timespan",
  "guid",
  "dynamic",
] as const;
export type ScalarType = (typeof SCALAR_TYPES)[number];

export interface Column {
  readonly name: string;
  readonly type: ScalarType;
}

/** A value at the edge of an engine, in the form of the JSON contract: see `QueryResult`. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/**
 * Rows with Kusto types. datetime is ISO text with 7 digits and `Z`; timespan is `[-][d.]hh:mm:ss[.fffffff]`;
 * dynamic is JSON; long beyond 2^53, decimal, NaN and infinities are strings; null is null.
 */
export interface QueryResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
  /** Why the rows are not all there is (truncated, partial error). Absent when complete. */
  readonly partial?: string;
}

/** Half-open interval in ticks of 100 ns since 0001-01-01T00:00:00Z. */
export interface Timespan {
  readonly start: bigint;
  readonly end: bigint;
}
