import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { InputReport } from "../../core/assessment.ts";
import { digest } from "../../core/digest.ts";
import { UsageError } from "../../core/errors.ts";
import type { ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import type { Engine } from "./connection.ts";
import type { Account } from "./ingest/account.ts";
import { recast } from "./ingest/convert.ts";
import { csvOfHead } from "./ingest/csv.ts";
import { removeDuplicates } from "./ingest/duplicates.ts";
import type { Known, Memory } from "./ingest/open.ts";
import { bytesOf, type Copy, type Source } from "./ingest/source.ts";
import { Store } from "./store.ts";

const DATABASE = "kept";

/** A part of a source that was loaded, with the numbers of its inputs (an archive has several). */
interface Part {
  readonly id: string;
  readonly version: string;
  /** Bytes of the source: the first, and the first that it does not have. */
  readonly start: number;
  readonly stop: number;
  /** Digest of how the source began and of the bytes before `stop`; '' where what follows cannot be read by itself. */
  readonly mark: string;
  readonly first: number;
  readonly end: number;
  readonly reports: readonly InputReport[];
}

const COLUMNS = 'id, version, start, stop, mark, first, "end", reports';

const MARK_BYTES = 4096;
const HEAD_BYTES = 1 << 16;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

type Read = (start: number, length: number) => Promise<Buffer> | Buffer;

/** Text that goes on line by line: not packed, not Parquet. */
const isText = (head: Buffer): boolean =>
  !head.some((byte) => byte < 9) &&
  head.subarray(0, 4).toString() !== "PAR1" &&
  head[0] !== 0x1f &&
  head[1] !== 0xb5 &&
  head.subarray(0, 2).toString() !== "PK";

/** '' unless the source ends with a whole line of text. */
async function markOf(read: Read, stop: number): Promise<string> {
  const head = await read(0, Math.min(MARK_BYTES, stop));
  const tail = await read(Math.max(0, stop - MARK_BYTES), Math.min(MARK_BYTES, stop));
  if (tail.at(-1) !== 10 || !isText(head)) return "";
  return digest("sha256", head, tail);
}

/** The bytes that a later part of a source needs in front: a CSV file's header. Undefined where they cannot be told. */
async function headOf(read: Read): Promise<Buffer | undefined> {
  const opening = /\S/.exec((await read(0, MARK_BYTES)).toString("utf8").replace(/^\uFEFF/, ""))?.[0];
  if (opening === "{" || opening === "[") return Buffer.alloc(0);
  const head = await read(0, HEAD_BYTES);
  const body = head.subarray(head.subarray(0, 3).equals(BOM) ? 3 : 0);
  const second = csvOfHead(body, 2, false)[1];
  return second && body.subarray(0, second.offset);
}

const BROKEN_OFF = new Set(["truncated", "open-quote", "record-too-long"]);
const wasBrokenOff = ({ problems = [] }: InputReport): boolean => problems.some(({ code }) => BROKEN_OFF.has(code));

/**
 * A database file that keeps what was loaded, so that a later run reads only new sources and what others grew by. Rows
 * and the entry of their source are written in one transaction: a run that is killed leaves the file as it was before.
 */
export class Ledger implements Memory {
  readonly #engine: Engine;
  readonly store: Store;
  readonly #parts = new Map<string, Part[]>();
  #loaded: Part[] = [];
  #replaced: Part[] = [];
  readonly #file: string;

  private constructor(engine: Engine, file: string, store: Store, parts: readonly Part[]) {
    this.#engine = engine;
    this.#file = file;
    this.store = store;
    for (const part of parts) this.#parts.set(part.id, [...(this.#parts.get(part.id) ?? []), part]);
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
      const rows = await engine.rows(`SELECT ${COLUMNS} FROM ${DATABASE}.parts ORDER BY start`);
      const parts = rows.map(
        ([id, version, start, stop, mark, first, end, reports]): Part => ({
          ...{ id: String(id), version: String(version), mark: String(mark) },
          ...{ start: Number(start), stop: Number(stop), first: Number(first), end: Number(end) },
          reports: JSON.parse(String(reports)) as readonly InputReport[],
        }),
      );
      return new Ledger(engine, resolve(file), store, parts);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`The store ${file} cannot be opened: ${why}`, [], { cause });
    }
  }

  /** The first number that no input has. */
  get next(): number {
    return Math.max(0, ...[...this.#parts.values()].flat().map(({ end }) => end));
  }

  /** Whether a file is the database itself, which may lie among the logs. */
  isOwn({ id }: Source): boolean {
    return [this.#file, `${this.#file}.wal`].includes(id);
  }

  async known(source: Source): Promise<Known> {
    const parts = this.#parts.get(source.id) ?? [];
    const last = parts.at(-1);
    if (!last) return { kind: "new" };
    const reports = parts.flatMap((part) => part.reports);
    if (last.version === source.version) return { kind: "same", reports };
    const read: Read = (start, length) => source.bytes(start, length);
    const grew = last.mark !== "" && (source.size ?? 0) > last.stop && !reports.some(wasBrokenOff);
    const head = grew && last.mark === (await markOf(read, last.stop)) ? await headOf(read) : undefined;
    if (head) return { kind: "grown", start: last.stop, head, reports };
    this.#replaced.push(...parts);
    return { kind: "new" };
  }

  async add(source: Source, copy: Copy, start: number, first: number, end: number): Promise<void> {
    const { id, version, size = 0 } = source;
    const read: Read =
      start === 0 ? (from, length) => bytesOf(copy.file, from, length) : (from, length) => source.bytes(from, length);
    // A file that grew while it was read holds more than its size said: the next run reads it as a whole.
    const grewMeanwhile = start === 0 && statSync(copy.file).size !== size;
    const mark = grewMeanwhile ? "" : await markOf(read, size);
    this.#loaded.push({ ...{ id, version, start, stop: size, mark, first, end }, reports: [] });
  }

  /** Moves what was loaded into the database, in place of what changed sources held before. */
  async commit(staging: Store, accounts: readonly Account[]): Promise<void> {
    if (this.#loaded.length === 0) return;
    await this.#engine.rows("BEGIN");
    try {
      await this.#forget();
      await this.#copy(staging);
      await this.#unify(accounts);
      for (const part of this.#loaded) await this.#record(part, accounts);
      await this.#engine.rows("COMMIT");
    } catch (error) {
      await this.#engine.rows("ROLLBACK");
      throw error;
    }
    for (const table of [...staging.tables()]) await staging.drop(table);
    this.#loaded = [];
    this.#replaced = [];
  }

  async #forget(): Promise<void> {
    for (const { first, end, id } of this.#replaced) {
      for (const table of this.store.tables())
        await this.#engine.rows(`DELETE FROM ${table.id} WHERE f >= ${first} AND f < ${end}`);
      await this.#engine.rows(`DELETE FROM ${DATABASE}.parts WHERE id = ${quoteLiteral(id)}`);
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
        return recast(`${id}`, type, kept ?? type);
      });
      await this.#engine.rows(
        `INSERT INTO ${to.id} (${["f", ...targets].join(", ")}) SELECT ${["f", ...sources].join(", ")} FROM ${from.id}`,
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
        accounts.find((one) => one.input === input && one.table === table.name)?.repeated(count);
  }

  async #record({ id, version, start, stop, mark, first, end }: Part, accounts: readonly Account[]): Promise<void> {
    const reports = accounts.filter(({ input }) => input >= first && input < end).map((account) => account.report());
    await this.#engine.rows(
      `INSERT INTO ${DATABASE}.parts VALUES (${quoteLiteral(id)}, ${quoteLiteral(version)}, ${start}, ${stop}, ${quoteLiteral(mark)}, ${first}, ${end}, ${quoteLiteral(JSON.stringify(reports))})`,
    );
  }
}

/** Safe to repeat: a run may have been killed in between. */
async function createTables(engine: Engine): Promise<void> {
  const columns = '"table" VARCHAR, id VARCHAR, name VARCHAR, type VARCHAR, "column" VARCHAR';
  const parts =
    'id VARCHAR, version VARCHAR, start BIGINT, stop BIGINT, mark VARCHAR, first INTEGER, "end" INTEGER, reports VARCHAR';
  await engine.rows(`CREATE TABLE IF NOT EXISTS ${DATABASE}.columns (${columns})`);
  await engine.rows(`CREATE TABLE IF NOT EXISTS ${DATABASE}.parts (${parts})`);
}
