import { quoteIdentifier, quoteLiteral } from "../../../core/text/sql.ts";
import type { RawForm } from "./convert.ts";

/** A record longer than this is not a log row. Bytes. */
export const MAX_RECORD_BYTES = 1 << 20;

/** Where the rows of a load lie. `columns` are CSV's header names in order. */
export type Relation =
  | { readonly kind: "ndjson"; readonly file: string }
  | {
      readonly kind: "csv";
      readonly file: string;
      readonly columns: readonly string[];
    }
  | {
      readonly kind: "parquet";
      readonly file: string;
      readonly casts: ReadonlyMap<string, string>;
    }
  | { readonly kind: "text"; readonly json: string };

const alias = (i: number): string => `s${i}`;

/** The raw values that a statement reads: one column per distinct source, as text or as JSON text. */
export class Reading {
  readonly #sources: { readonly source: string; readonly form: RawForm }[] = [];

  /** The name of the column that holds the source's raw value. */
  column(source: string, form: RawForm): string {
    const known = this.#sources.findIndex((one) => one.source === source && one.form === form);
    return alias(known >= 0 ? known : this.#sources.push({ source, form }) - 1);
  }

  /** A relation with these columns. */
  sql(relation: Relation): string {
    const items = (value: (source: string, form: RawForm) => string): string =>
      this.#sources.map(({ source, form }, i) => `${value(source, form)} AS ${alias(i)}`).join(", ") || "1";
    switch (relation.kind) {
      case "ndjson":
        return this.#ndjson(relation.file, items);
      case "csv":
        return `(SELECT ${items((source) => `k${relation.columns.indexOf(source)}`)} FROM ${csvSql(relation)})`;
      case "parquet":
        return `(SELECT ${items((source) => relation.casts.get(source) ?? `${quoteIdentifier(source)}::VARCHAR`)} FROM read_parquet(${quoteLiteral(relation.file)}))`;
      case "text":
        return `(SELECT ${items(extract)} FROM (SELECT unnest(json_extract(${quoteLiteral(relation.json)}, '$[*]')) AS json))`;
    }
  }

  /** JSON keys that differ only in case collide as DuckDB column names: then each is extracted by its path. */
  #ndjson(file: string, items: (value: (source: string, form: RawForm) => string) => string): string {
    const limit = `maximum_object_size = ${MAX_RECORD_BYTES}`;
    const distinct = new Set(this.#sources.map(({ source }) => source.toLowerCase())).size === this.#sources.length;
    if (this.#sources.length === 0 || !distinct)
      return `(SELECT ${items(extract)} FROM read_ndjson_objects(${quoteLiteral(file)}, ${limit}))`;
    const spec = this.#sources.map(
      ({ source, form }) => `${quoteLiteral(source)}: '${form === "json" ? "JSON" : "VARCHAR"}'`,
    );
    const names = items((source) => `${quoteIdentifier(source)}::VARCHAR`);
    return `(SELECT ${names} FROM read_ndjson(${quoteLiteral(file)}, columns = {${spec.join(", ")}}, ${limit}))`;
  }
}

function extract(source: string, form: RawForm): string {
  const path = quoteLiteral(`$."${source.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
  return `(json ${form === "json" ? "->" : "->>"} ${path})::VARCHAR`;
}

function csvSql({ file, columns }: { readonly file: string; readonly columns: readonly string[] }): string {
  const spec = columns.map((_, i) => `'k${i}': 'VARCHAR'`).join(", ");
  const dialect = `delim = ',', quote = '"', escape = '"', header = true, auto_detect = false, strict_mode = true`;
  return `read_csv(${quoteLiteral(file)}, columns = {${spec}}, ${dialect}, max_line_size = ${MAX_RECORD_BYTES})`;
}
