import { keepRows, type PreparedQuery, udfsOf } from "../../kql/prepared.ts";
import type { Engine } from "./connection.ts";

/**
 * Rows of the query that is asked again and again, each time for another timespan: from its second time on, what it works
 * out row by row is read from tables. Only the last such query's tables are there.
 */
export class KeptRows {
  readonly #engine: Engine;
  #last: string | undefined;
  #kept: PreparedQuery | undefined;
  #tables: string[] = [];
  #created = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async of(kql: string, prepared: PreparedQuery): Promise<PreparedQuery> {
    if (this.#last !== kql) {
      await this.clear();
      this.#last = kql;
      return prepared;
    }
    this.#kept ??= await this.#keep(prepared);
    return this.#kept;
  }

  async #keep(prepared: PreparedQuery): Promise<PreparedQuery> {
    const tables = new Map<string, string>();
    const kept = keepRows(prepared, (sql) => {
      const name = tables.get(sql) ?? `kept${this.#created++}`;
      tables.set(sql, name);
      return name;
    });
    this.#engine.register(udfsOf(prepared));
    for (const [sql, name] of tables) {
      this.#tables.push(name);
      await this.#engine.rows(`CREATE TABLE ${name} AS ${sql.slice(1, -1)}`);
    }
    return kept;
  }

  async clear(): Promise<void> {
    const tables = this.#tables;
    this.#tables = [];
    this.#last = undefined;
    this.#kept = undefined;
    for (const name of tables) await this.#engine.rows(`DROP TABLE IF EXISTS ${name}`);
  }
}
