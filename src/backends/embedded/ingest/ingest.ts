import { readFileSync, statSync } from "node:fs";
import { quoteLiteral } from "../../../core/text/sql.ts";
import { partialError, rowOf, tablesOfAnswer } from "../../../tables/api_tables.ts";
import { type NamedShape, shapeOf } from "../../../tables/registry.ts";
import { routerValues } from "../../../tables/route.ts";
import type { DirectPlan, JsonObject, Mapped, Sample } from "../../../tables/shape.ts";
import type { Engine } from "../connection.ts";
import type { Store } from "../store.ts";
import { Account } from "./account.ts";
import { removeDuplicates } from "./duplicates.ts";
import { isDataError, isUnexpected, loadStrictly } from "./load.ts";
import { MAX_COLUMNS, parseText } from "./parse.ts";
import { directRelation, type PlanOptions, planJob, recordRouter, tableOfAll, wantedColumns } from "./plan.ts";
import { readRecords } from "./records.ts";
import { MAX_RECORD_BYTES } from "./relation.ts";
import { type FileFormat, type Inspected, inspect, keysElsewhere } from "./sample.ts";
import type { Scratch } from "./spool.ts";
import { type Books, noteLost, Spools } from "./spools.ts";

/** Answers are read whole; a service does not send larger ones. */
const MAX_ANSWER_BYTES = 256 << 20;

export interface Input {
  readonly file: string;
  /** Its name in reports and in routing. */
  readonly path: string;
  readonly number: number;
}

interface InputBooks extends Books {
  readonly tables: ReadonlyMap<string, Account>;
}

/** Loads one file after the other and keeps the books. */
export class Ingest {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #options: PlanOptions;
  readonly #spools: Spools;
  readonly #scratch: Scratch;
  readonly accounts: Account[] = [];

  constructor(engine: Engine, store: Store, scratch: Scratch, options: PlanOptions) {
    this.#engine = engine;
    this.#store = store;
    this.#options = options;
    this.#scratch = scratch;
    this.#spools = new Spools(engine, store, scratch, options);
  }

  /** Opens an account for a file that cannot be loaded at all. */
  refuse(path: string, shape: string, reason: string, input: number): void {
    this.#account({ file: path, path, number: input }, shape, null).note(reason);
  }

  /** Loads a plain file. */
  async load(input: Input): Promise<void> {
    const inspected = await inspect(input.file, input.path);
    const { format, sample } = inspected;
    if (format.kind === "empty") return this.refuse(input.path, "empty", "The file is empty.", input.number);
    if (format.kind === "unknown") return this.refuse(input.path, "unknown", format.reason, input.number);
    if (format.kind === "tables") return this.#loadAnswer(input);
    if (format.kind === "parquet") return this.#loadParquet(input);
    const shape = await shapeOf(sample);
    if (!shape) return this.refuse(input.path, "unknown", "No export shape recognises the file.", input.number);
    if (!(await this.#loadDirectly(input, inspected, shape))) await this.#loadExactly(input, inspected, shape);
  }

  /** Loads what is still under way and removes records that were exported twice; the first one read stays. */
  async finish(): Promise<void> {
    await this.#spools.flush();
    for (const table of this.#store.tables()) {
      for (const [input, count] of await removeDuplicates(this.#engine, table)) {
        const account = this.accounts.find((one) => one.input === input && one.table === table.name);
        account?.duplicates(count);
      }
    }
  }

  #account({ path, number }: Input, shape: string, table: string | null): Account {
    const account = new Account(path, shape, table, number);
    this.accounts.push(account);
    return account;
  }

  /** The fast path: one statement over the file itself. False when the file needs the exact path, or is too small to pay. */
  async #loadDirectly(input: Input, { format, sample, whole }: Inspected, shape: NamedShape): Promise<boolean> {
    const plan = shape.plan?.(sample);
    if (!plan || whole || sample.records.length === 0) return false;
    const relation = directRelation(input.file, format);
    const table = relation && tableOfAll(plan, sample, this.#options);
    if (!relation || table === undefined) return false;
    const is = plan.router === undefined ? undefined : routerValues(sample.records, plan.router)[0];
    const router = plan.router === undefined || is === undefined ? {} : { router: { source: plan.router, is } };
    for await (const { columns, complete } of this.#columns(input.file, format, sample, table)) {
      if (columns.length > MAX_COLUMNS) return false;
      const write = (content: string): string => this.#scratch.write("ndjson", content);
      const expected = { keys: columns, complete, write };
      const from = relation.kind === "ndjson" ? { ...relation, expected } : relation;
      const { job, notes } = planJob(table, from, { ...sample, columns }, plan, this.#options);
      try {
        const accepted = await loadStrictly(this.#engine, this.#store, { ...job, ...router, input: input.number });
        const account = this.#account(input, shape.id, job.table);
        account.accepted = accepted;
        for (const note of notes) account.note(note);
        return true;
      } catch (error) {
        if (!complete && isUnexpected(error)) continue;
        if (isDataError(error)) return false;
        throw error;
      }
    }
    return false;
  }

  /** Which columns to load: those of a sample, which the load holds the file to, and where that fails those of every record. */
  async *#columns(
    file: string,
    format: FileFormat,
    sample: Sample,
    table: string,
  ): AsyncGenerator<{ columns: readonly string[]; complete: boolean }> {
    if (format.kind !== "lines") return yield { columns: sample.columns, complete: true };
    const wanted = wantedColumns(this.#options, table);
    if (wanted) {
      const named = [...wanted].filter((name) => name !== "TimeGenerated");
      return yield { columns: [...new Set([...sample.columns, ...named])], complete: true };
    }
    const seen = new Set([...sample.columns, ...(await keysElsewhere(file))]);
    yield { columns: [...seen], complete: false };
    const keys = await this.#engine.rows(
      `SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects(${quoteLiteral(file)}, maximum_object_size = ${MAX_RECORD_BYTES})`,
    );
    yield { columns: [...new Set([...seen, ...keys.map(([key]) => String(key))])], complete: true };
  }

  /** The exact path: every record is read, translated and accounted for by itself. */
  async #loadExactly(input: Input, { sample, format }: Inspected, shape: NamedShape): Promise<void> {
    const plan = shape.plan?.(sample) ?? {};
    const translate = translator(shape, sample, recordRouter(plan, sample, this.#options));
    const books = this.#books(input, shape.id);
    for await (const item of readRecords(input.file, format)) {
      if ("error" in item) books.rest.quarantine(item.position, item.offset, item.error.code, item.error.message);
      else await this.#spools.add(item, translate(item.record), sample, plan, books);
    }
    noteLost(books);
    this.#close(input, shape.id, books);
  }

  /** Parquet is rewritten as JSON lines, so that its rows take the same ways as all others. */
  async #loadParquet(input: Input): Promise<void> {
    const lines = this.#scratch.file("ndjson");
    try {
      await this.#engine.rows(
        `COPY (SELECT * FROM read_parquet(${quoteLiteral(input.file)})) TO ${quoteLiteral(lines)} (FORMAT json)`,
      );
      await this.load({ ...input, file: lines });
    } catch (error) {
      if (!isDataError(error)) throw error;
      this.refuse(input.path, "parquet", `The Parquet file cannot be read: ${(error as Error).message}`, input.number);
    } finally {
      this.#scratch.remove(lines);
    }
  }

  /** An answer of a query API: its columns and types are stated, its rows are positional. */
  async #loadAnswer(input: Input): Promise<void> {
    const shape = "api_answer";
    if (statSync(input.file).size > MAX_ANSWER_BYTES)
      return this.refuse(
        input.path,
        shape,
        "The answer is too large to be read as a whole: query smaller slices.",
        input.number,
      );
    const answer = parseText(readFileSync(input.file, "utf8").replace(/^\uFEFF/, ""));
    if ("error" in answer) return this.refuse(input.path, shape, answer.error.message, input.number);
    const books = this.#books(input, shape);
    const partial = partialError(answer.value);
    if (partial !== undefined) books.rest.note(`The service answered in part: ${partial}`);
    let position = 0;
    for (const { columns, rows } of tablesOfAnswer(answer.value)) {
      const records = rows.slice(0, 200).map((cells) => rowOf(columns, cells) as JsonObject);
      const names = columns.map(({ name }) => name);
      const sample: Sample = { format: "json", path: input.path, columns: names, records, envelope: {} };
      const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
      const plan: DirectPlan = {
        ...(await shapeOf(sample))?.plan?.(sample),
        types,
        encodedDynamic: true,
        textual: true,
      };
      const route = recordRouter(plan, sample, this.#options);
      for (const cells of rows)
        await this.#spools.add(
          { position: ++position, offset: 0 },
          route(rowOf(columns, cells) as JsonObject),
          sample,
          plan,
          books,
        );
    }
    this.#close(input, shape, books);
  }

  #books(input: Input, shape: string): InputBooks {
    const tables = new Map<string, Account>();
    const account = (table: string): Account => {
      const known = tables.get(table) ?? this.#account(input, shape, table);
      tables.set(table, known);
      return known;
    };
    return { tables, account, rest: new Account(input.path, shape, null, input.number), lost: new Map() };
  }

  /** Records without a table belong to the file's only table, or to an account of their own. */
  #close(input: Input, shape: string, { tables, rest }: InputBooks): void {
    const [own] = tables.values();
    if (own && tables.size === 1) own.absorb(rest);
    else if (rest.quarantined + rest.skipped > 0) this.accounts.push(rest);
    else if (!own) this.refuse(input.path, shape, "The file holds no records.", input.number);
  }
}

const translator = (
  shape: NamedShape,
  sample: Sample,
  direct: (record: JsonObject) => Mapped,
): ((record: JsonObject) => Mapped) => (shape.map ? (record) => shape.map?.(record, sample) ?? [] : direct);
