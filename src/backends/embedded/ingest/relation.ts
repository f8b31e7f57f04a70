import { quoteIdentifier, quoteLiteral } from "../../../core/text/sql.ts";
import type { RawForm } from "./convert.ts";
import { type DerivedRelation, derivedSql } from "./derived.ts";
import { MAX_RECORD_BYTES, UnexpectedMember } from "./limits.ts";

/** A load that stops at a member that nobody expects, instead of passing over it. */
export interface Expected {
  /** Every member that a record may have. */
  readonly keys: readonly string[];
  /** No record has another member: that was searched for. */
  readonly complete: boolean;
  /** Writes a small file and returns its path. */
  write(content: string): string;
}

/** Where the rows of a load lie. `columns` are CSV's header names in order. */
export type Relation =
  | { readonly kind: "ndjson"; readonly file: string; readonly expected?: Expected }
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
  | { readonly kind: "text"; readonly json: string }
  | DerivedRelation;

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
        return this.#ndjson(relation, items);
      case "derived":
        return derivedSql(relation, this.#sources, items);
      case "csv":
        return `(SELECT ${items((source) => `k${relation.columns.indexOf(source)}`)} FROM ${csvSql(relation)})`;
      case "parquet":
        return `(SELECT ${items((source) => relation.casts.get(source) ?? `${quoteIdentifier(source)}::VARCHAR`)} FROM read_parquet(${quoteLiteral(relation.file)}))`;
      case "text":
        return this.#extracted(`(SELECT unnest(json_extract(${quoteLiteral(relation.json)}, '$[*]')) AS json)`);
    }
  }

  /** JSON keys that differ only in case collide as DuckDB column names: then each is extracted by its path. */
  #ndjson(
    { file, expected }: Relation & { readonly kind: "ndjson" },
    items: (value: (source: string, form: RawForm) => string) => string,
  ): string {
    const limit = `maximum_object_size = ${MAX_RECORD_BYTES}`;
    const names = expected?.complete === false ? expected.keys : this.#sources.map(({ source }) => source);
    const distinct = new Set(names.map((name) => name.toLowerCase())).size === names.length;
    const once = new Set(this.#sources.map(({ source }) => source)).size === this.#sources.length;
    if (this.#sources.length === 0 || !distinct || !once) {
      if (expected?.complete === false) throw new UnexpectedMember();
      return this.#extracted(`read_ndjson_objects(${quoteLiteral(file)}, ${limit})`);
    }
    const values = items((source) => `${quoteIdentifier(source)}::VARCHAR`);
    if (expected?.complete === false) return `(SELECT ${values} FROM ${this.#guarded(file, expected, limit)})`;
    const spec = this.#sources.map(
      ({ source, form }) => `${quoteLiteral(source)}: '${form === "json" ? "JSON" : "VARCHAR"}'`,
    );
    return `(SELECT ${values} FROM read_ndjson(${quoteLiteral(file)}, columns = {${spec.join(", ")}}, ${limit}))`;
  }

  /** Members of the relation's column `json` by their paths: all of one form at once, so that a record is parsed but twice. */
  #extracted(from: string): string {
    const paths: Record<RawForm, string[]> = { json: [], text: [] };
    const items = this.#sources.map(
      ({ source, form }, i) => `${form}s[${paths[form].push(pathOf(source))}]::VARCHAR AS ${alias(i)}`,
    );
    const lists = [
      ...(paths.json.length > 0 ? [`json_extract(json, [${paths.json.join(", ")}]) AS jsons`] : []),
      ...(paths.text.length > 0 ? [`json_extract_string(json, [${paths.text.join(", ")}]) AS texts`] : []),
    ];
    return `(SELECT ${items.join(", ") || "1"} FROM (SELECT ${lists.join(", ") || "1"} FROM ${from}))`;
  }

  /**
   * DuckDB refuses an unknown member only where it infers the columns itself. A first file of two records that are
   * marked as no rows tells it what to infer: text for every member, JSON for those that both a text and an object fill.
   */
  #guarded(file: string, { keys, write }: Expected, limit: string): string {
    const marker = `#${crypto.randomUUID()}`;
    const objects = this.#sources.filter(({ form }) => form === "json").map(({ source }) => source);
    const texts = Object.fromEntries([marker, ...keys].map((key) => [key, "x"]));
    const others = Object.fromEntries(objects.map((key) => [key, { x: 1 }]));
    const guide = write(`${JSON.stringify(texts)}\n${JSON.stringify({ [marker]: "x", ...others })}\n`);
    const files = `[${quoteLiteral(guide)}, ${quoteLiteral(file)}]`;
    return `(SELECT * FROM read_ndjson(${files}, sample_size = 2, maximum_sample_files = 1, ${limit}) WHERE ${quoteIdentifier(marker)} IS NULL)`;
  }
}

/** The member `source` of a JSON object, as a path. */
const pathOf = (source: string): string =>
  quoteLiteral(`$."${source.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);

function csvSql({ file, columns }: { readonly file: string; readonly columns: readonly string[] }): string {
  const spec = columns.map((_, i) => `'k${i}': 'VARCHAR'`).join(", ");
  const dialect = `delim = ',', quote = '"', escape = '"', header = true, auto_detect = false, strict_mode = true`;
  return `read_csv(${quoteLiteral(file)}, columns = {${spec}}, ${dialect}, max_line_size = ${MAX_RECORD_BYTES})`;
}
