import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { InputReport } from "../../core/assessment.ts";
import { UsageError } from "../../core/errors.ts";
import type { ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import type { Engine } from "./connection.ts";
import type { Account } from "./ingest/account.ts";
import { removeDuplicates } from "./ingest/duplicates.ts";
import { Store } from "./store.ts";

const DATABASE = "kept";

/** An input file as it was when it was loaded, with the numbers of its inputs (an archive has several). */
interface Entry {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
  readonly first: number;
  readonly end: number;
  readonly reports: readonly InputReport[];
}

/**
 * A database file that keeps what was loaded, so that a later run reads only new and changed files. Rows and the entry
 * of their file are written in one transaction: a run that is killed leaves the file as it was before.
 */
export class Ledger {
  readonly #engine: Engine;
  readonly store: Store;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #loaded: Entry[] = [];
  readonly #replaced: Entry[] = [];

  readonly #file: string;

  private constructor(engine: Engine, file: string, store: Store, entries: ReadonlyMap<string, Entry>) {
    this.#engine = engine;
    this.#file = file;
    this.store = store;
    this.#entries = entries;
  }

  /** Opens or creates the database. Throws `UsageError` when the file is something else or is in use. */
  static async open(engine: Engine, file: string): Promise<Ledger> {
    try {
      await engine.rows(`ATTACH ${quoteLiteral(resolve(file))} AS ${DATABASE}`);
      await createTables(engine);
      const store = new Store(engine, `${DATABASE}.`);
      for (const [table, id, name, type, column] of await engine.rows(
        `SELECT * FROM ${DATABASE}.columns ORDER BY rowid`,
      ))
        store.restore(String(table), String(id), {
          name: String(name),
          type: String(type) as ScalarType,
          id: String(column),
        });
      const rows = await engine.rows(`SELECT path, size, modified, first, "end", reports FROM ${DATABASE}.inputs`);
      const entries = rows.map(([path, size, modified, first, end, reports]): [string, Entry] => [
        String(path),
        {
          path: String(path),
          size: Number(size),
          modified: Number(modified),
          first: Number(first),
          end: Number(end),
          reports: JSON.parse(String(reports)) as readonly InputReport[],
        },
      ]);
      return new Ledger(engine, resolve(file), store, new Map(entries));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`The store ${file} cannot be opened: ${why}`, [], { cause });
    }
  }

  /** The first number that no input has. */
  get next(): number {
    return Math.max(0, ...[...this.#entries.values()].map(({ end }) => end));
  }

  /** Whether a file is the database itself, which may lie among the logs. */
  isOwn(file: string): boolean {
    return [this.#file, `${this.#file}.wal`].includes(resolve(file));
  }

  /** The reports of a file that has not changed since it was loaded; undefined when it has to be loaded. */
  seen(file: string): readonly InputReport[] | undefined {
    const path = resolve(file);
    const entry = this.#entries.get(path);
    if (!entry) return undefined;
    const { size, mtimeMs } = statSync(path);
    if (entry.size === size && entry.modified === mtimeMs) return entry.reports;
    this.#replaced.push(entry);
    return undefined;
  }

  /** Notes that a file was read as the inputs `first` to `end`, exclusive. Call it before reading: a file that grows meanwhile is read again. */
  reading(file: string): (first: number, end: number) => void {
    const path = resolve(file);
    const { size, mtimeMs } = statSync(path);
    return (first, end) => this.#loaded.push({ path, size, modified: mtimeMs, first, end, reports: [] });
  }

  /** Moves what was loaded into the database, in place of what changed files held before. */
  async commit(staging: Store, accounts: readonly Account[]): Promise<void> {
    if (this.#loaded.length === 0) return;
    await this.#engine.rows("BEGIN");
    try {
      await this.#forget();
      await this.#copy(staging);
      await this.#unify(accounts);
      for (const entry of this.#loaded) await this.#record(entry, accounts);
      await this.#engine.rows("COMMIT");
    } catch (error) {
      await this.#engine.rows("ROLLBACK");
      throw error;
    }
    for (const table of [...staging.tables()]) await staging.drop(table);
  }

  async #forget(): Promise<void> {
    for (const { first, end, path } of this.#replaced) {
      for (const table of this.store.tables())
        await this.#engine.rows(`DELETE FROM ${table.id} WHERE f >= ${first} AND f < ${end}`);
      await this.#engine.rows(`DELETE FROM ${DATABASE}.inputs WHERE path = ${quoteLiteral(path)}`);
    }
  }

  async #copy(staging: Store): Promise<void> {
    for (const from of staging.tables()) {
      const columns = [...from.columns.values()].filter(({ id }) => id !== undefined);
      const to = await this.store.ensure(from.name);
      const ids = await this.store.place(
        to,
        columns.map(({ name, type }) => ({ name, type })),
      );
      to.filled = true;
      const targets = columns.map(({ name }) => ids.get(name));
      const sources = columns.map(({ id, name, type }) => {
        const kept = to.columns.get(name)?.type;
        return kept === type ? id : this.store.recast(`${id}`, type, kept ?? type);
      });
      await this.#engine.rows(
        `INSERT INTO ${to.id} (${["f", ...targets].join(", ")}) SELECT ${["f", ...sources].join(", ")} FROM ${from.id} ORDER BY rowid`,
      );
    }
    await this.#engine.rows(`DELETE FROM ${DATABASE}.columns`);
    const values = this.store
      .placed()
      .map((row) => `(${row.map(quoteLiteral).join(", ")})`)
      .join(", ");
    if (values !== "") await this.#engine.rows(`INSERT INTO ${DATABASE}.columns VALUES ${values}`);
  }

  async #unify(accounts: readonly Account[]): Promise<void> {
    for (const table of this.store.tables())
      for (const [input, count] of await removeDuplicates(this.#engine, table))
        accounts.find((one) => one.input === input && one.table === table.name)?.duplicates(count);
  }

  async #record({ path, size, modified, first, end }: Entry, accounts: readonly Account[]): Promise<void> {
    const reports = accounts.filter(({ input }) => input >= first && input < end).map((account) => account.report());
    await this.#engine.rows(
      `INSERT INTO ${DATABASE}.inputs VALUES (${quoteLiteral(path)}, ${size}, ${modified}, ${first}, ${end}, ${quoteLiteral(JSON.stringify(reports))})`,
    );
  }
}

/** Safe to repeat: a run may have been killed in between. */
async function createTables(engine: Engine): Promise<void> {
  const columns = '"table" VARCHAR, id VARCHAR, name VARCHAR, type VARCHAR, "column" VARCHAR';
  const inputs = 'path VARCHAR, size BIGINT, modified DOUBLE, first INTEGER, "end" INTEGER, reports VARCHAR';
  await engine.rows(`CREATE TABLE IF NOT EXISTS ${DATABASE}.columns (${columns})`);
  await engine.rows(`CREATE TABLE IF NOT EXISTS ${DATABASE}.inputs (${inputs})`);
}
