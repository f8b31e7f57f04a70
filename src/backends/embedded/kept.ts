import { keepRows, type PreparedQuery, udfsOf } from "../../kql/prepared.ts";
import type { Engine } from "./connection.ts";

interface Entry {
  readonly kept: Promise<PreparedQuery>;
  readonly tables: string[];
  /** Statements that read its tables now. */
  uses: number;
}

/** Queries whose tables are there at a time: those of two that are asked beside each other, and of one that was. */
const MAX_ENTRIES = 3;

/**
 * Rows of queries that are asked again and again, each time for another timespan: what they work out row by row is read
 * from tables.
 */
export class KeptRows {
  readonly #engine: Engine;
  /** By text, the one used last at the end. */
  readonly #entries = new Map<string, Entry>();
  #created = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Gives `use` the query with its rows kept; they stay until it is done. */
  async with<T>(kql: string, prepared: PreparedQuery, use: (kept: PreparedQuery) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(kql) ?? this.#begin(prepared);
    this.#entries.delete(kql);
    this.#entries.set(kql, entry);
    entry.uses++;
    try {
      await this.#shrink(MAX_ENTRIES);
      return await use(await entry.kept);
    } finally {
      entry.uses--;
    }
  }

  #begin(prepared: PreparedQuery): Entry {
    const tables: string[] = [];
    const kept = this.#keep(prepared, tables);
    // Whoever waits for it sees its failure.
    kept.catch(() => {});
    return { kept, tables, uses: 0 };
  }

  async #keep(prepared: PreparedQuery, tables: string[]): Promise<PreparedQuery> {
    const names = new Map<string, string>();
    const kept = keepRows(prepared, (sql) => {
      const name = names.get(sql) ?? `kept${this.#created++}`;
      names.set(sql, name);
      return name;
    });
    this.#engine.register(udfsOf(prepared));
    for (const [sql, name] of names) {
      tables.push(name);
      await this.#engine.rows(`CREATE TABLE ${name} AS ${sql.slice(1, -1)}`);
    }
    return kept;
  }

  async clear(): Promise<void> {
    await this.#shrink(0);
  }

  async #shrink(most: number): Promise<void> {
    for (const [kql, { uses, tables }] of [...this.#entries]) {
      if (this.#entries.size <= most) return;
      if (uses > 0) continue;
      this.#entries.delete(kql);
      for (const name of tables) await this.#engine.rows(`DROP TABLE IF EXISTS ${name}`);
    }
  }
}
