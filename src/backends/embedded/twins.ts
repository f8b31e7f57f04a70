import type { Column, ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import { numberedColumn } from "../../kql/numbered.ts";
import type { Schema, TableSource } from "../../kql/types.ts";
import { bareName, SHARED_TABLE, TWINS, type Twin } from "../../tables/twins.ts";
import type { Engine } from "./connection.ts";
import { emptyValue, recast } from "./ingest/convert.ts";
import type { Store, StoredTable } from "./store.ts";

/** A column of a table and the SQL of its values there. */
interface Filled extends Column {
  readonly sql: string;
}

const filledOf = (table: StoredTable): Filled[] =>
  [...table.columns.values()].flatMap(({ id, name, type }) => (id === undefined ? [] : [{ name, type, sql: id }]));

/** Columns of either table that say where a row lies, not what it says. */
const PLACE = new Set([
  "Type",
  "Category",
  "ResourceId",
  "ResourceProvider",
  "ResourceType",
  "Resource",
  "ResourceGroup",
]);

const claimPath = (claim: string): string => quoteLiteral(`$.claim."${claim}"`);

/** What a log's own table has of a row of the shared one. */
function ownColumns(twin: Twin, own: readonly Column[], shared: readonly Filled[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const byName = Map.groupBy(shared, ({ name }) => bareName(name));
  for (const { name, type } of own) {
    const renamed = twin.renamed?.[name];
    const sources = renamed === undefined ? byName.get(bareName(name)) : shared.filter((one) => one.name === renamed);
    if (!sources || PLACE.has(name)) continue;
    const values = sources.map(({ sql, type: from }) => recast(sql, from, type));
    const texts = values.map((value) => (type === "string" ? `nullif(${value}, '')` : value));
    found.set(name, type === "string" ? `coalesce(${[...texts, "''"].join(", ")})` : `coalesce(${texts.join(", ")})`);
  }
  const claims = shared.flatMap(({ name, sql }) => {
    const claim = twin.claims?.[name];
    return claim === undefined ? [] : [`${quoteLiteral(claim)}, nullif(${sql}, '')`];
  });
  if (claims.length > 0)
    found.set("Identity", `json_object('claim', json_merge_patch('{}', json_object(${claims.join(", ")})))::VARCHAR`);
  found.set("Type", quoteLiteral(twin.table));
  return found;
}

const SUFFIXES: Readonly<Partial<Record<ScalarType, string>>> = {
  ...{ int: "_d", long: "_d", real: "_d", decimal: "_d", bool: "_b", datetime: "_t", guid: "_g" },
};

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Columns that the shared table has of a row of a log's own one, with those of them that it does not document. */
function sharedColumns(twin: Twin, own: readonly Filled[], shared: readonly Column[]): Filled[] {
  const columns: Filled[] = [];
  const renamed = new Map(Object.entries(twin.renamed ?? {}));
  for (const { name, type, sql } of own) {
    if (PLACE.has(name)) continue;
    const alike = shared.filter((one) => one.name === renamed.get(name) || bareName(one.name) === bareName(name));
    const target = alike[0] ?? {
      name: `${lowerFirst(name)}${SUFFIXES[type] ?? "_s"}`,
      type: SUFFIXES[type] === "_d" ? ("real" as const) : type === "dynamic" ? ("string" as const) : type,
    };
    columns.push({ ...target, sql: recast(sql, type, target.type) });
  }
  const identity = own.find(({ name }) => name === "Identity")?.sql;
  for (const [name, claim] of Object.entries(identity === undefined ? {} : (twin.claims ?? {})))
    columns.push({
      name,
      type: name.endsWith("_g") ? "guid" : "string",
      sql: `coalesce(${identity} ->> ${claimPath(claim)}, '')`,
    });
  const id = own.find(({ name }) => name === "_ResourceId")?.sql ?? "''";
  const part = (i: number): string => `upper(regexp_extract(${id}, '/providers/([^/]+)/([^/]+)/([^/]+)', ${i}))`;
  const place = {
    ...{ Type: quoteLiteral(SHARED_TABLE), Category: quoteLiteral(twin.category), ResourceId: `upper(${id})` },
    ...{ ResourceProvider: quoteLiteral(twin.provider), ResourceType: part(2), Resource: part(3) },
    ResourceGroup: `upper(regexp_extract(${id}, '/resourcegroups/([^/]+)', 1))`,
  };
  return [...columns, ...Object.entries(place).map(([name, sql]): Filled => ({ name, type: "string", sql }))];
}

/** Which rows of the shared table are of a log. */
function isOf({ provider, category }: Twin, shared: readonly Filled[]): string {
  const column = (name: string): string => shared.find((one) => one.name === name)?.sql ?? "''";
  return `${column("Category")} = ${quoteLiteral(category)} AND upper(${column("ResourceProvider")}) = ${quoteLiteral(provider)}`;
}

const columnOf = (table: StoredTable, name: string): string | undefined => table.columns.get(name)?.id;

/**
 * Rows of the other table, but none of a resource while the table has rows of it itself: a resource that sends to both
 * is counted once, one that was moved from one to the other is seen before and after.
 */
function besides(other: StoredTable, where: string, table: StoredTable | undefined): string {
  const rows = `SELECT * FROM ${other.id} WHERE ${where}`;
  const own = table && { id: columnOf(table, "_ResourceId"), time: columnOf(table, "TimeGenerated") };
  const its = { id: columnOf(other, "_ResourceId"), time: columnOf(other, "TimeGenerated") };
  if (!table?.filled || !own?.id || !own.time || !its.id || !its.time) return `(${rows})`;
  const spans = `SELECT ${own.id} AS r, min(${own.time}) AS a, max(${own.time}) AS b FROM ${table.id} GROUP BY 1`;
  return `(SELECT o.* FROM (${rows}) o LEFT JOIN (${spans}) s ON o.${its.id} = s.r WHERE s.r IS NULL OR o.${its.time} NOT BETWEEN s.a AND s.b)`;
}

const items = (columns: readonly Column[], values: ReadonlyMap<string, string>): string =>
  columns.map(({ name, type }, i) => `${values.get(name) ?? emptyValue(type)} AS ${numberedColumn(i)}`).join(", ");

const asMap = (columns: readonly Filled[]): Map<string, string> => new Map(columns.map(({ name, sql }) => [name, sql]));

function sourceOf(name: string, columns: readonly Column[], parts: readonly string[]): TableSource {
  const sqls = columns.map((column, i) => ({ name: column.name, type: column.type, sql: `"${numberedColumn(i)}"` }));
  return { name, sql: `(${parts.join(" UNION ALL ")})`, columns: sqls };
}

/** A log's own table with the rows of it that lie in the shared one. */
function ownSource(store: Store, twin: Twin, shared: StoredTable): TableSource {
  const own = store.stored(twin.table);
  const columns = own ? [...own.columns.values()] : (store.declared(twin.table) ?? []);
  const others = filledOf(shared);
  const added = `SELECT ${items(columns, ownColumns(twin, columns, others))} FROM ${besides(shared, isOf(twin, others), own)}`;
  const parts = own ? [`SELECT ${items(columns, asMap(filledOf(own)))} FROM ${own.id}`, added] : [added];
  return sourceOf(twin.table, columns, parts);
}

/** The shared table with the rows of logs that lie in tables of their own. */
function sharedSource(store: Store, twins: readonly Twin[]): TableSource {
  const shared = store.stored(SHARED_TABLE);
  const known = shared ? [...shared.columns.values()] : (store.declared(SHARED_TABLE) ?? []);
  const columns = new Map(known.map((column): [string, Column] => [column.name, column]));
  const others = twins.flatMap((twin) => {
    const own = store.stored(twin.table);
    return own ? [{ own, filled: sharedColumns(twin, filledOf(own), known) }] : [];
  });
  for (const { filled } of others)
    for (const { name, type } of filled) if (!columns.has(name)) columns.set(name, { name, type });
  const all = [...columns.values()];
  const parts = others.map(({ own, filled }) => {
    const values = new Map<string, string>();
    for (const { name, type, sql } of filled)
      if (!values.has(name)) values.set(name, recast(sql, type, columns.get(name)?.type ?? type));
    return `SELECT ${items(all, values)} FROM ${besides(own, "true", shared)}`;
  });
  const first = shared ? [`SELECT ${items(all, asMap(filledOf(shared)))} FROM ${shared.id}`] : [];
  return sourceOf(SHARED_TABLE, all, [...first, ...parts]);
}

const ownNames = (store: Store, twin: Twin, shared: readonly Filled[]): ReadonlySet<string> =>
  new Set(ownColumns(twin, store.declared(twin.table) ?? [], shared).keys());

const sharedNames = (store: Store, twin: Twin, own: StoredTable): ReadonlySet<string> =>
  new Set(sharedColumns(twin, filledOf(own), store.declared(SHARED_TABLE) ?? []).map(({ name }) => name));

/** The oldest and the newest of some times. */
export const spanOf = (
  times: readonly unknown[],
): { readonly oldest: bigint | null; readonly newest: bigint | null } => {
  const known = times.filter((time) => typeof time === "bigint");
  return {
    oldest: known.reduce<bigint | null>((a, b) => (a === null || b < a ? b : a), null),
    newest: known.reduce<bigint | null>((a, b) => (a === null || b > a ? b : a), null),
  };
};

/** Rows of one table that a text finds which names the other alone. */
export interface Others {
  readonly rows: number;
  readonly oldest: bigint | null;
  readonly newest: bigint | null;
  readonly columns: ReadonlySet<string>;
}

/**
 * The logs that lie in the shared table or in tables of their own, depending on how a workspace was set up. A text that
 * names one of the two places finds the rows of both; one that names both adds them up itself.
 */
export class Twins {
  readonly #engine: Engine;
  readonly #store: Store;
  /** Logs of which the shared table has rows, and logs whose own table has some. */
  #inShared: readonly Twin[] = [];
  #inOwn: readonly Twin[] = [];
  /** What tables have beside what is stored in them. */
  readonly others = new Map<string, Others>();

  constructor(engine: Engine, store: Store) {
    this.#engine = engine;
    this.#store = store;
  }

  /** Looks again where the rows lie: some were added. */
  async look(): Promise<void> {
    this.others.clear();
    const store = this.#store;
    const shared = store.stored(SHARED_TABLE);
    const inShared: Twin[] = [];
    const inOwn: Twin[] = [];
    for (const twin of TWINS) {
      const own = store.stored(twin.table);
      const filled = shared ? filledOf(shared) : [];
      if (shared?.filled && (await this.#add(twin.table, shared, isOf(twin, filled), ownNames(store, twin, filled))))
        inShared.push(twin);
      if (own?.filled && (await this.#add(SHARED_TABLE, own, "true", sharedNames(store, twin, own)))) inOwn.push(twin);
    }
    this.#inShared = inShared;
    this.#inOwn = inOwn;
  }

  /** Notes the rows of `from` that a text finds under another name; false where there are none. */
  async #add(name: string, from: StoredTable, where: string, columns: ReadonlySet<string>): Promise<boolean> {
    const time = columnOf(from, "TimeGenerated") ?? "NULL::BIGINT";
    const [row] = await this.#engine.rows(`SELECT count(*), min(${time}), max(${time}) FROM ${from.id} WHERE ${where}`);
    const rows = Number(row?.[0] ?? 0);
    if (rows === 0) return false;
    const before = this.others.get(name);
    this.others.set(name, {
      rows: rows + (before?.rows ?? 0),
      ...spanOf([row?.[1], row?.[2], before?.oldest, before?.newest]),
      columns: new Set([...columns, ...(before?.columns ?? [])]),
    });
    return true;
  }

  /** What a text reads where it names a table. */
  reading(text: string): Schema {
    const store = this.#store;
    if (this.#inShared.length + this.#inOwn.length === 0) return store;
    const words = wordsOf(text, store.functions);
    const named = (twins: readonly Twin[]): readonly Twin[] => twins.filter(({ table }) => words.has(table));
    const shared = store.stored(SHARED_TABLE);
    const sources = new Map<string, TableSource>();
    if (words.has(SHARED_TABLE)) {
      if (this.#inOwn.length > 0 && named(TWINS).length === 0)
        sources.set(SHARED_TABLE, sharedSource(store, this.#inOwn));
    } else if (shared)
      for (const twin of named(this.#inShared)) sources.set(twin.table, ownSource(store, twin, shared));
    if (sources.size === 0) return store;
    return {
      table: (name) => sources.get(name) ?? store.table(name),
      names: () => new Set([...store.names(), ...sources.keys()]),
      declared: (name) => store.declared(name),
      open: store.open,
      ...(store.functions && { functions: store.functions }),
      ...(store.watchlist && { watchlist: store.watchlist }),
      ...(store.external && { external: store.external }),
    };
  }
}

/** The words of a text and of the saved functions that it names. */
function wordsOf(text: string, functions: ReadonlyMap<string, string> = new Map()): ReadonlySet<string> {
  const words = new Set<string>();
  const pending = [text];
  for (let next = pending.pop(); next !== undefined; next = pending.pop())
    for (const word of next.match(/\w+/g) ?? []) {
      if (words.has(word)) continue;
      words.add(word);
      const body = functions.get(word);
      if (body !== undefined) pending.push(body);
    }
  return words;
}
