import type { ScalarType } from "../core/kusto.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A row by column name. Null-prototype, because a log may name a column `__proto__`. */
export type Row = Record<string, unknown>;
export const emptyRow = (): Row => Object.create(null) as Row;

/** The first records of an input, from which its shape is told. */
export interface Sample {
  readonly format: "json" | "csv" | "parquet";
  /** Path as the user gave it, or inside its archive; `/` separates. */
  readonly path: string;
  /** CSV and Parquet: the column names in order. JSON: the keys seen, in order of appearance. */
  readonly columns: readonly string[];
  /** CSV values are text. */
  readonly records: readonly JsonObject[];
  /** Members of a JSON document beside its array of records, and `array`: that array's key ("" for a bare array). */
  readonly envelope: JsonObject;
}

/** Times that lie in an unknown zone are not read: a guess would be hours off. */
export const UNKNOWN_ZONE = "?";

/** How text becomes datetime. ISO 8601 is always understood. */
export interface DateStyle {
  /** IANA zone of times without one, or `UNKNOWN_ZONE`. Default: UTC. */
  readonly zone?: string;
  readonly dayFirst?: boolean;
  /** Texts that mean "no time", besides the empty one. */
  readonly none?: readonly string[];
}

/** A source column and the table column that it fills. */
export interface Field {
  readonly source: string;
  readonly column: string;
  /** Further sources, read where the first is empty. */
  readonly also?: readonly string[];
  /** Absent: the catalogue's type, else inferred. */
  readonly type?: ScalarType;
  readonly dates?: DateStyle;
}

/** Records that already are rows of a table: columns are typed and spelled as in the catalogue, nothing else. */
export interface DirectPlan {
  /** The source column that names each row's table. */
  readonly router?: string;
  /** The shape itself fixes the table. */
  readonly table?: string;
  readonly dates?: DateStyle;
  /** Types that the export itself states, for columns outside the catalogue. */
  readonly types?: Readonly<Record<string, ScalarType>>;
  /** Dynamic cells are JSON text even where they are not objects or arrays. */
  readonly encodedDynamic?: boolean;
  /** Numbers and booleans are written as text, as in CSV. */
  readonly textual?: boolean;
}

/** A row of a table, and the members of the record that have no column there. */
export interface MappedRow {
  readonly table: string;
  readonly row: Row;
  readonly lost?: readonly string[];
  /** What the reader of the report should know. */
  readonly note?: string;
}

/** What a shape makes of one record: rows of tables, or the reason why there is none. */
export type Mapped = readonly MappedRow[] | { readonly skip: string };

/** One export shape. The file's name is its id; the lowest `precedence` that recognises the sample reads the input. */
export interface Shape {
  readonly precedence: number;
  sniff(sample: Sample): boolean;
  /** Exactly one of `plan` and `map`: rows as they are, or records that have to be translated one by one. */
  plan?(sample: Sample): DirectPlan;
  map?(record: JsonObject, sample: Sample): Mapped;
  /**
   * Members at the top of a record that decide on its table. Where they are named, a file from whose records `map` only
   * moves values to columns is loaded in one statement.
   */
  readonly deciders?: readonly string[];
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const text = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);

/** A member's value by exact name, own properties only. */
export const member = (record: unknown, key: string): Json | undefined =>
  isObject(record) && Object.hasOwn(record, key) ? record[key] : undefined;

/** A nested member: `at(record, "status", "value")`. */
export const at = (record: unknown, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((value, key) => member(value, key), record as Json);

/** JSON text inside a string becomes its value; everything else stays. */
export function parsed(value: Json | undefined): Json | undefined {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
