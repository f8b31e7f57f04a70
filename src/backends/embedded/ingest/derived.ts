import { quoteIdentifier, quoteLiteral } from "../../../core/text/sql.ts";
import type { Derived, DerivedColumn, Members, Path } from "../../../tables/derive.ts";
import type { RawForm } from "./convert.ts";
import { MAX_RECORD_BYTES, UnexpectedMember } from "./limits.ts";

/** Records whose columns lie in nested members, as a shape's translation was found to take them. */
export interface DerivedRelation {
  readonly kind: "derived";
  readonly file: string;
  /** The member of each line that holds its records. */
  readonly key?: string;
  readonly derived: Derived;
  /** Every member that a record may have; another one stops the load. */
  readonly members: Members;
  /** Writes a small file and returns its path. */
  write(content: string): string;
}

interface Source {
  readonly source: string;
  readonly form: RawForm;
}

const isPrefix = (path: Path, of: Path): boolean => path.length <= of.length && path.every((key, i) => key === of[i]);
const idOf = (path: Path): string => JSON.stringify(path);
const jsonPath = (keys: Path): string =>
  quoteLiteral(`$${keys.map((key) => `."${key.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join("")}`);

/** Which members are read as a whole, and which of those as JSON. */
class Leaves {
  readonly #whole = new Map<string, { readonly path: Path; json: boolean }>();
  readonly #record: string | undefined;

  /** `record` is the SQL of a record; without it, its members are columns. */
  constructor(uses: readonly { readonly path: Path; readonly form: RawForm }[], record?: string) {
    this.#record = record;
    for (const { path, form } of uses) {
      const id = idOf(path);
      const json = form === "json" || this.#whole.get(id)?.json === true;
      this.#whole.set(id, { path, json });
    }
    for (const [id, { path }] of [...this.#whole]) {
      const outer = [...this.#whole.values()].find((other) => idOf(other.path) !== id && isPrefix(other.path, path));
      if (!outer) continue;
      outer.json = true;
      this.#whole.delete(id);
    }
  }

  /** Whether something inside of a member is read by itself. */
  opens(path: Path): boolean {
    return [...this.#whole.values()].some((leaf) => leaf.path.length > path.length && isPrefix(path, leaf.path));
  }

  isJson(path: Path): boolean {
    return this.#whole.get(idOf(path))?.json === true;
  }

  /** The raw value at a path. */
  sql(path: Path, form: RawForm): string {
    const leaf = [...this.#whole.values()].find((one) => isPrefix(one.path, path));
    if (!leaf) return "NULL::VARCHAR";
    const [first = "", ...rest] = leaf.path;
    const [start, inner] = this.#record === undefined ? [quoteIdentifier(first), rest] : [this.#record, leaf.path];
    const value = inner.reduce((sql, key) => `struct_extract(${sql}, ${quoteLiteral(key)})`, start);
    if (!leaf.json) return `${value}::VARCHAR`;
    return `(${value} ${form === "json" ? "->" : "->>"} ${jsonPath(path.slice(leaf.path.length))})::VARCHAR`;
  }
}

/** A record with all members, and one with objects where JSON is to be read: they tell DuckDB what to infer. */
function guide(members: Members, leaves: Leaves, path: Path): { readonly texts: object; readonly objects: object } {
  const texts: Record<string, unknown> = {};
  const objects: Record<string, unknown> = {};
  const names = new Set<string>();
  for (const [key, inner] of members) {
    if (key.includes("\0") || !key.isWellFormed() || names.has(key.toLowerCase())) throw new UnexpectedMember();
    names.add(key.toLowerCase());
    const at = [...path, key];
    if (inner && leaves.opens(at)) ({ texts: texts[key], objects: objects[key] } = guide(inner, leaves, at));
    else {
      texts[key] = "x";
      if (leaves.isJson(at)) objects[key] = { x: 1 };
    }
  }
  return { texts, objects };
}

function columnSql({ places, fold }: DerivedColumn, form: RawForm, leaves: Leaves): string {
  const values = places.map(({ path, none }) => {
    const value = leaves.sql(path, form);
    const empty = form === "json" ? ["null", ...none.map((text) => JSON.stringify(text))] : none;
    return empty.reduce((sql, text) => `nullif(${sql}, ${quoteLiteral(text)})`, value);
  });
  const first = values.length === 1 ? `${values[0]}` : `coalesce(${values.join(", ")})`;
  return fold === undefined ? first : `${fold}(${first})`;
}

/** A relation with the raw values of the sources. Throws `UnexpectedMember` where members differ only in case. */
export function derivedSql(
  { file, key, derived, members, write }: DerivedRelation,
  sources: readonly Source[],
  items: (value: (source: string, form: RawForm) => string) => string,
): string {
  const columns = new Map(derived.columns.map((column) => [column.column, column]));
  const pinned = [...derived.pinned].map(([key, is]) => ({ path: [key], is }));
  const uses = sources.flatMap(({ source, form }) =>
    (columns.get(source)?.places ?? []).map(({ path }) => ({ path, form })),
  );
  const leaves = new Leaves(
    [...uses, ...pinned.map(({ path }) => ({ path, form: "text" as const }))],
    key === undefined ? undefined : "record",
  );
  const marker = `#${crypto.randomUUID()}`;
  const { texts, objects } = guide(members, leaves, []);
  const lines = [texts, objects].map((record) => ({
    [marker]: "x",
    ...(key === undefined ? record : { [key]: [record] }),
  }));
  const first = write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const value = (source: string, form: RawForm): string => {
    const column = columns.get(source);
    if (column) return columnSql(column, form, leaves);
    const constant = derived.constants.get(source);
    return constant === undefined
      ? "NULL::VARCHAR"
      : quoteLiteral(form === "json" ? JSON.stringify(constant) : constant);
  };
  const options = `sample_size = 2, maximum_sample_files = 1, map_inference_threshold = -1, field_appearance_threshold = 0, maximum_object_size = ${MAX_RECORD_BYTES}`;
  const read = `read_ndjson([${quoteLiteral(first)}, ${quoteLiteral(file)}], ${options})`;
  const isGuide = `${quoteIdentifier(marker)} IS NOT NULL`;
  const checks = pinned.map(({ path, is }) => `${leaves.sql(path, "text")} = ${quoteLiteral(is)}`).join(" AND ");
  if (key !== undefined) {
    const records = `SELECT unnest(${quoteIdentifier(key)}) AS record FROM ${read} WHERE NOT (${isGuide})`;
    return `(SELECT ${items(value)} FROM (${records}) WHERE CASE WHEN ${checks} THEN true ELSE error('router') END)`;
  }
  // DuckDB minds unknown members only where a statement reads every column at the top.
  const all = [...members.keys()].map((name) => quoteIdentifier(name)).join(", ");
  return `(SELECT ${items(value)} FROM ${read} WHERE CASE WHEN ${isGuide} THEN false WHEN ${checks} THEN true ELSE error(concat('router', ${all})) END)`;
}
