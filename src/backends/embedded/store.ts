import type { Column } from "../../core/kusto.ts";
import { quoteIdentifier } from "../../core/text/sql.ts";
import { numberedColumn } from "../../kql/numbered.ts";
import type { ExternalData, Schema, TableSource } from "../../kql/types.ts";
import { canonicalTable, columnsOf } from "../../tables/catalogue.ts";
import type { Engine } from "./connection.ts";
import { emptyValue, STORAGE } from "./ingest/convert.ts";

interface StoredColumn extends Column {
  /** The physical column; absent as long as no input has the column. */
  id?: string;
}

export interface StoredTable {
  readonly name: string;
  /** Physical table. Its column `f` is the number of the input that a row came from. */
  readonly id: string;
  readonly columns: Map<string, StoredColumn>;
  /** The table has, or had, rows. */
  filled?: boolean;
  source?: TableSource;
}

/**
 * The tables of the embedded engine. Kusto's names are case-sensitive and DuckDB's are not, so physical names are
 * numbered. A table has every column that the catalogue documents; those without data cost nothing.
 */
export class Store implements Schema {
  open = false;
  functions?: ReadonlyMap<string, string>;
  watchlist?: (alias: string) => TableSource | undefined;
  external?: (data: ExternalData) => TableSource | undefined;
  reading?: (text: string) => Schema;
  readonly #engine: Engine;
  readonly #tables = new Map<string, StoredTable>();
  #columns = 0;
  #created = 0;

  readonly #prefix: string;

  /** `prefix` is the database that holds the physical tables, with its dot. */
  constructor(engine: Engine, prefix = "") {
    this.#engine = engine;
    this.#prefix = prefix;
  }

  /** A column that the database already has. */
  restore(name: string, id: string, column: StoredColumn): void {
    const table = this.#tables.get(name) ?? this.#documented(name, id);
    table.columns.set(column.name, column);
    table.filled = true;
    this.#columns = Math.max(this.#columns, Number(column.id?.slice(1)) + 1);
    this.#created = Math.max(this.#created, Number(id.slice(this.#prefix.length + 1)) + 1);
  }

  /** Every physical column: table, physical table, column, type, physical column. */
  placed(): [string, string, string, string, string][] {
    return [...this.#tables.values()].flatMap((table) =>
      [...table.columns.values()].flatMap(({ id, name, type }): [string, string, string, string, string][] =>
        id === undefined ? [] : [[table.name, table.id, name, type, id]],
      ),
    );
  }

  #documented(name: string, id: string): StoredTable {
    const table: StoredTable = { name, id, columns: new Map() };
    for (const column of columnsOf(name) ?? []) table.columns.set(column.name, { ...column });
    this.#tables.set(name, table);
    return table;
  }

  names(): Iterable<string> {
    return this.#tables.keys();
  }

  tables(): Iterable<StoredTable> {
    return this.#tables.values();
  }

  stored(name: string): StoredTable | undefined {
    return this.#tables.get(name);
  }

  declared(name: string): readonly Column[] | undefined {
    return columnsOf(name);
  }

  table(name: string): TableSource | undefined {
    const table = this.#tables.get(name);
    if (!table) return undefined;
    table.source ??= this.#source(table);
    return table.source;
  }

  #source(table: StoredTable): TableSource {
    const columns = [...table.columns.values()];
    const items = columns.map(({ id, type }, i) => `${id ?? emptyValue(type)} AS ${numberedColumn(i)}`);
    return {
      name: table.name,
      sql: `(SELECT ${items.join(", ")} FROM ${table.id})`,
      columns: columns.map(({ name, type }, i) => ({
        name,
        type,
        sql: quoteIdentifier(numberedColumn(i)),
      })),
    };
  }

  /**
   * The rows of a table with its documented columns numbered in the order of the catalogue: a table without data has
   * none. Undefined where the table has other columns that a text names: they can change what it means.
   */
  numbered(name: string, isNamed: (column: string) => boolean): string | undefined {
    const documented = columnsOf(name) ?? [];
    const source = this.table(name);
    if (!source) {
      const items = documented.map(({ type }, i) => `${emptyValue(type)} AS ${numberedColumn(i)}`);
      return `(SELECT ${items.join(", ")} WHERE false)`;
    }
    const isSame = documented.every(({ name: column, type }, i) => {
      const own = source.columns[i];
      return own?.name === column && own.type === type;
    });
    const others = source.columns.slice(documented.length);
    return isSame && !others.some((column) => isNamed(column.name)) ? source.sql : undefined;
  }

  /** The table in its catalogue spelling, created empty where it does not exist. */
  async ensure(name: string): Promise<StoredTable> {
    const spelled = canonicalTable(name) ?? name;
    const known = this.#tables.get(spelled);
    if (known) return known;
    const table = this.#documented(spelled, `${this.#prefix}t${this.#created++}`);
    await this.#engine.rows(`CREATE TABLE ${table.id} (f INTEGER)`);
    return table;
  }

  /** Gives each column a physical place and returns its id. A column that exists keeps its type. */
  async place(table: StoredTable, columns: readonly Column[]): Promise<ReadonlyMap<string, string>> {
    const before = [...table.columns.values()].filter(({ id }) => id !== undefined);
    const ids = new Map<string, string>();
    const added: StoredColumn[] = [];
    for (const wanted of columns) {
      const column: StoredColumn = table.columns.get(wanted.name) ?? { name: wanted.name, type: wanted.type };
      if (column.id === undefined) {
        column.id = `c${this.#columns++}`;
        added.push(column);
        table.columns.set(wanted.name, column);
        delete table.source;
      }
      ids.set(wanted.name, column.id);
    }
    await this.#extend(table, before, added);
    return ids;
  }

  /** A table without rows is made anew: that is one statement, where adding a column is one each. */
  async #extend(table: StoredTable, before: readonly StoredColumn[], added: readonly StoredColumn[]): Promise<void> {
    const definition = ({ id, type }: StoredColumn): string =>
      `${id} ${STORAGE[type]}${type === "string" ? " DEFAULT ''" : ""}`;
    if (added.length === 0) return;
    if (table.filled)
      for (const column of added) await this.#engine.rows(`ALTER TABLE ${table.id} ADD COLUMN ${definition(column)}`);
    else {
      const definitions = ["f INTEGER", ...before.map(definition), ...added.map(definition)];
      await this.#engine.rows(`CREATE OR REPLACE TABLE ${table.id} (${definitions.join(", ")})`);
    }
  }

  /** Forgets an inferred column that turned out to have another type and holds no data yet. */
  displace(table: StoredTable, name: string): void {
    table.columns.delete(name);
    delete table.source;
  }

  async drop(table: StoredTable): Promise<void> {
    this.#tables.delete(table.name);
    await this.#engine.rows(`DROP TABLE ${table.id}`);
  }
}
