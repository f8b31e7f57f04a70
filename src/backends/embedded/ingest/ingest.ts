import { readFileSync, statSync } from "node:fs";
import type { InputReport } from "../../../core/assessment.ts";
import { quoteLiteral } from "../../../core/text/sql.ts";
import { partialError, rowOf, tablesOfAnswer } from "../../../tables/api_tables.ts";
import { canonicalTable } from "../../../tables/catalogue.ts";
import { addMembers, countMembers, type Derived, derive, derivedRow, type Members } from "../../../tables/derive.ts";
import { type NamedShape, shapeNamed, shapeOf } from "../../../tables/registry.ts";
import { routerValues } from "../../../tables/route.ts";
import { type DirectPlan, isObject, type JsonObject, type Mapped, type Sample } from "../../../tables/shape.ts";
import type { Engine } from "../connection.ts";
import type { Store } from "../store.ts";
import { Account } from "./account.ts";
import { contents, removeDuplicates } from "./duplicates.ts";
import { Lanes } from "./lanes.ts";
import { MAX_RECORD_BYTES } from "./limits.ts";
import { isDataError, isUnexpected, loadStrictly } from "./load.ts";
import { MAX_COLUMNS, parseText } from "./parse.ts";
import { directRelation, type PlanOptions, planJob, recordRouter, tableOfAll, wantedColumns } from "./plan.ts";
import { again, isQuarantine, type Origin } from "./quarantine.ts";
import { readRecords, type SourceRecord } from "./records.ts";
import { columnsOfRecords, type FileFormat, type Inspected, inspect, recordsElsewhere } from "./sample.ts";
import { bytesOf } from "./source.ts";
import type { Scratch } from "./spool.ts";
import { type Books, noteLost, noteMembers, Spools } from "./spools.ts";

/** Answers are read whole; a service does not send larger ones. */
const MAX_ANSWER_BYTES = 256 << 20;

export interface Input {
  readonly file: string;
  /** Its name in reports and in routing. */
  readonly path: string;
  readonly number: number;
  /** The byte of the source with which the file begins. */
  readonly base?: number;
}

interface InputBooks extends Books {
  readonly tables: ReadonlyMap<string, Account>;
}

/** What a statement needs that loads a file by itself. */
interface Direct {
  readonly shape: NamedShape;
  readonly plan: DirectPlan;
  readonly relation: NonNullable<ReturnType<typeof directRelation>>;
  readonly table: string;
}

/** A file that turned out to need more than one statement. */
interface Late {
  readonly input: Input;
  readonly inspected: Inspected;
  resolve(): void;
}

/** Loads files, some at a time, and keeps the books. */
export class Ingest {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #options: PlanOptions;
  readonly #spools: Spools;
  readonly #scratch: Scratch;
  #accounts: Account[] = [];
  /** Numbers of the inputs that are JSON lines. */
  readonly #streamed = new Set<number>();
  readonly #lanes: Lanes;
  /** Files that wait for all that runs: what loads them works on every table. */
  readonly #late: Late[] = [];
  /** Records read since the beginning. */
  records = 0;

  /** The number of the next input. */
  next: number;

  constructor(engine: Engine, store: Store, scratch: Scratch, options: PlanOptions & { readonly first?: number }) {
    this.next = options.first ?? 0;
    this.#engine = engine;
    this.#store = store;
    this.#options = options;
    this.#scratch = scratch;
    this.#lanes = new Lanes(engine);
    this.#spools = new Spools(engine, store, scratch, options);
  }

  number(): number {
    return this.next++;
  }

  /** Opens an account for a file that cannot be loaded at all. */
  refuse(path: string, shape: string, reason: string, input: number): void {
    this.#account({ file: path, path, number: input }, shape, null).note(reason);
  }

  /** Begins to load a plain file, which has to stay until it is `done`; that never fails: `settle` tells. */
  async start(input: Input): Promise<{ readonly done: Promise<void> }> {
    const inspected = await inspect(input.file, input.path);
    const direct = await this.#direct(input, inspected);
    if (!direct) {
      await this.settle();
      await this.#load(input, inspected);
      return { done: Promise.resolve() };
    }
    const table = canonicalTable(direct.table) ?? direct.table;
    await this.#lanes.ready(table);
    if (this.#late.length > 0) await this.settle();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#lanes.begin(table, async () => {
      try {
        if (await this.#loadDirectly(input, inspected, direct)) return resolve();
        this.#late.push({ input, inspected, resolve });
      } catch (error) {
        resolve();
        throw error;
      }
    });
    return { done };
  }

  /** Waits until all is loaded that was begun. Throws what failed. */
  async settle(): Promise<void> {
    await this.#lanes.settle();
    const late = this.#late.splice(0).sort((a, b) => a.input.number - b.input.number);
    for (const { input, inspected, resolve } of late) {
      try {
        await this.#load(input, inspected);
      } finally {
        resolve();
      }
    }
  }

  /** Loads what no single statement does. */
  async #load(input: Input, inspected: Inspected): Promise<void> {
    const { format, sample } = inspected;
    if (format.kind === "empty") return this.refuse(input.path, "empty", "The file is empty.", input.number);
    if (format.kind === "unknown") return this.refuse(input.path, "unknown", format.reason, input.number);
    if (format.kind === "tables") return this.#loadAnswer(input);
    if (format.kind === "parquet") return this.#loadParquet(input);
    if (format.kind === "lines") this.#streamed.add(input.number);
    if (isQuarantine(sample)) return this.#loadQuarantine(input, format);
    const shape = await shapeOf(sample);
    if (!shape) return this.refuse(input.path, "unknown", "No export shape recognises the file.", input.number);
    if (!(await this.#loadDerived(input, inspected, shape))) await this.#loadExactly(input, inspected, shape);
  }

  /** The books since they were last taken, in the order of the inputs. */
  get accounts(): readonly Account[] {
    return this.#accounts;
  }

  /** Loads what is still under way and removes records that were exported twice; the first one read stays. */
  async finish(): Promise<void> {
    await this.settle();
    await this.#spools.flush();
    this.#accounts.sort((a, b) => a.input - b.input);
    const accounts = new Map(this.#accounts.map((account) => [`${account.input} ${account.table}`, account]));
    for (const table of this.#store.tables()) {
      for (const [input, count] of await removeDuplicates(this.#engine, table))
        accounts.get(`${input} ${table.name}`)?.repeated(count);
      for (const [input, content] of await contents(this.#engine, table))
        accounts.get(`${input} ${table.name}`)?.holds(content);
    }
    const totals = new Map<number, number>();
    for (const { input, read } of this.#accounts) totals.set(input, (totals.get(input) ?? 0) + read);
    for (const account of this.#accounts)
      account.counted(totals.get(account.input) ?? 0, this.#streamed.has(account.input));
  }

  /** Closes the books: what is loaded from now on is reported anew. */
  take(): InputReport[] {
    const reports = this.#accounts.map((account) => account.report());
    this.#accounts = [];
    return reports;
  }

  #account({ path, number }: Input, shape: string, table: string | null): Account {
    const account = new Account(path, shape, table, number);
    this.#accounts.push(account);
    return account;
  }

  /** How one statement over the file itself could load it; undefined where none could, or it is too small to pay. */
  async #direct(input: Input, { format, sample, whole }: Inspected): Promise<Direct | undefined> {
    if (whole || sample.records.length === 0 || isQuarantine(sample)) return undefined;
    const relation = directRelation(input.file, format);
    const shape = relation && (await shapeOf(sample));
    const plan = shape?.plan?.(sample);
    const table = plan && tableOfAll(plan, sample, this.#options);
    return relation && shape && plan && table !== undefined ? { shape, plan, relation, table } : undefined;
  }

  /** The fast path: one statement. False when the file needs another. */
  async #loadDirectly(
    input: Input,
    { format, sample }: Inspected,
    { shape, plan, relation, table }: Direct,
  ): Promise<boolean> {
    if (format.kind === "lines") this.#streamed.add(input.number);
    const is = plan.router === undefined ? undefined : routerValues(sample.records, plan.router)[0];
    const router = plan.router === undefined || is === undefined ? {} : { router: { source: plan.router, is } };
    for await (const { columns, complete } of this.#columns(input.file, format, sample, table)) {
      if (columns.length > MAX_COLUMNS) return false;
      const write = (content: string): string => this.#scratch.write("ndjson", content);
      const expected = { keys: columns, complete, write };
      const from = relation.kind === "ndjson" ? { ...relation, expected } : relation;
      const { job, notes, unknown } = planJob(table, from, { ...sample, columns }, plan, this.#options);
      try {
        const accepted = await loadStrictly(this.#engine, this.#store, { ...job, ...router, input: input.number });
        const account = this.#account(input, shape.id, job.table);
        account.accepted = accepted;
        this.records += accepted;
        account.unknown(unknown);
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

  /** As the fast path, for records whose translation only moves values from members to columns. */
  async #loadDerived(input: Input, { format, sample, whole }: Inspected, shape: NamedShape): Promise<boolean> {
    const { map, deciders } = shape;
    const key = format.kind === "document" ? format.layout.key : undefined;
    if (!map || !deciders || whole || (format.kind !== "lines" && key === undefined)) return false;
    for await (const { members, complete } of this.#members(input.file, sample, key)) {
      if (countMembers(members) > MAX_COLUMNS) return false;
      const derived = derive((record) => map(record, sample), sample, members, deciders);
      if (!derived) return false;
      const write = (content: string): string => this.#scratch.write("ndjson", content);
      const place = { file: input.file, ...(key !== undefined && { key }) };
      const relation = { kind: "derived" as const, ...place, derived, members, write };
      const columns = [...derived.columns.map(({ column }) => column), ...derived.constants.keys()];
      const records = sample.records.map((record) => derivedRow(derived, record) as JsonObject);
      const rows: Sample = { ...sample, columns, records };
      const { job, notes, unknown } = planJob(derived.table, relation, rows, {}, this.#options);
      try {
        const accepted = await loadStrictly(this.#engine, this.#store, { ...job, input: input.number });
        if (!(await this.#belong(derived, input.number))) return false;
        const account = this.#account(input, shape.id, job.table);
        account.accepted = accepted;
        this.records += accepted;
        account.unknown(unknown);
        for (const note of notes) account.note(note);
        noteMembers(account, derived.lost);
        return true;
      } catch (error) {
        if (!complete && isUnexpected(error)) continue;
        if (isDataError(error) || isUnexpected(error)) return false;
        throw error;
      }
    }
    return false;
  }

  /** The members that records have: of a sample, and where that does not do of every record. */
  async *#members(
    file: string,
    sample: Sample,
    key: string | undefined,
  ): AsyncGenerator<{ members: Members; complete: boolean }> {
    const members: Members = new Map();
    const lines = await recordsElsewhere(file);
    const elsewhere = key === undefined ? lines : lines.flatMap((line) => line[key] ?? []).filter(isObject);
    for (const record of [...sample.records, ...elsewhere]) addMembers(members, record);
    yield { members, complete: false };
    const json = key === undefined ? "json" : `unnest(json_extract(json, ${quoteLiteral(`$.${key}[*]`)}))`;
    const found = await this.#looked(
      `SELECT json_group_structure(record) FROM (SELECT ${json} AS record FROM read_ndjson_objects(${quoteLiteral(file)}, maximum_object_size = ${MAX_RECORD_BYTES}))`,
    );
    if (!found) return;
    const structure: unknown = JSON.parse(String(found[0]?.[0] ?? "{}"));
    const all: Members = new Map();
    if (isObject(structure)) addMembers(all, structure);
    yield { members: all, complete: true };
  }

  /** The answer of a look at a whole file, or undefined where its lines are not what they should be. */
  async #looked(sql: string): Promise<readonly (readonly unknown[])[] | undefined> {
    try {
      return await this.#engine.rows(sql);
    } catch (error) {
      if (isDataError(error)) return undefined;
      throw error;
    }
  }

  /** Whether all rows of an input belong to the table; takes them out where one does not. */
  async #belong({ table: name, deciding, tableWith }: Derived, input: number): Promise<boolean> {
    const table = this.#store.stored(name);
    const id = deciding === undefined ? undefined : table?.columns.get(deciding)?.id;
    if (!table || id === undefined) return deciding === undefined;
    const values = await this.#engine.rows(`SELECT DISTINCT ${id} FROM ${table.id} WHERE f = ${input}`);
    if (values.every(([value]) => tableWith(String(value)) === name)) return true;
    await this.#engine.rows(`DELETE FROM ${table.id} WHERE f = ${input}`);
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
    const seen = new Set([...sample.columns, ...columnsOfRecords(await recordsElsewhere(file))]);
    yield { columns: [...seen], complete: false };
    const keys = await this.#looked(
      `SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects(${quoteLiteral(file)}, maximum_object_size = ${MAX_RECORD_BYTES})`,
    );
    if (!keys) return;
    yield { columns: [...new Set([...seen, ...keys.map(([key]) => String(key))])], complete: true };
  }

  /** The exact path: every record is read, translated and accounted for by itself. */
  async #loadExactly(input: Input, { sample, format }: Inspected, shape: NamedShape): Promise<void> {
    const plan = shape.plan?.(sample) ?? {};
    const translate = translator(shape, sample, recordRouter(plan, sample, this.#options));
    const books = this.#books(input, shape.id);
    const form = format.kind === "csv" ? { form: "csv" as const, columns: format.header } : { form: "json" as const };
    const origin: Origin = { file: input.path, shape: shape.id, ...form };
    for await (const item of readRecords(input.file, format)) {
      this.records++;
      const place = { position: item.position, offset: item.offset + (input.base ?? 0) };
      if ("record" in item) await this.#spools.add(place, translate(item.record), sample, plan, books);
      else {
        books.rest.quarantine(place.position, place.offset, item.error.code, item.error.message);
        this.#options.kept?.add(origin, place, item.error, () => bytesOf(input.file, item.offset, item.length));
      }
    }
    noteLost(books);
    this.#close(input, shape.id, books);
  }

  /** Reads the records of a quarantine file as the inputs that they come from, at the places where they stood. */
  async #loadQuarantine(input: Input, format: FileFormat): Promise<void> {
    const own = this.#books(input, "quarantine");
    const groups = new Map<string, { origin: Origin; records: SourceRecord[] }>();
    for await (const item of readRecords(input.file, format)) {
      const found = "record" in item ? again(item.record) : undefined;
      if (!found) {
        own.rest.quarantine(item.position, item.offset, "no-entry", "The line is no entry of a quarantine file.");
        continue;
      }
      const key = JSON.stringify(found.origin);
      const group = groups.get(key) ?? { origin: found.origin, records: [] };
      groups.set(key, group);
      group.records.push(found.record);
    }
    if (own.rest.quarantined > 0) this.#accounts.push(own.rest);
    for (const { origin, records } of groups.values()) await this.#loadAgain(origin, records);
  }

  async #loadAgain(origin: Origin, records: readonly SourceRecord[]): Promise<void> {
    const shape = await shapeNamed(origin.shape);
    const input = { file: origin.file, path: origin.file, number: this.number() };
    if (!shape) return this.refuse(origin.file, origin.shape, "No export shape has this name.", input.number);
    const good = records.flatMap((item) => ("record" in item ? [item.record] : []));
    const columns = origin.columns ?? [...new Set(good.flatMap((record) => Object.keys(record)))];
    const format = origin.format ?? (origin.form === "csv" ? "csv" : "json");
    const sample: Sample = { format, path: origin.file, columns, records: good, envelope: {} };
    const { table, plan = shape.plan?.(sample) ?? {} } = origin;
    const direct = recordRouter(plan, sample, this.#options);
    const translate =
      table === undefined ? translator(shape, sample, direct) : (row: JsonObject): Mapped => [{ table, row }];
    const books = this.#books(input, shape.id);
    for (const item of records) {
      if ("record" in item) await this.#spools.add(item, translate(item.record), sample, plan, books);
      else {
        books.rest.quarantine(item.position, item.offset, item.error.code, item.error.message);
        this.#options.kept?.add(origin, item, item.error, () => item.bytes ?? Buffer.alloc(0));
      }
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
      const inspected = await inspect(lines, input.path);
      const rows = { ...input, file: lines };
      const direct = await this.#direct(rows, inspected);
      if (!direct || !(await this.#loadDirectly(rows, inspected, direct))) await this.#load(rows, inspected);
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
    const why = partialError(answer.value);
    for (const account of this.#accounts)
      if (why !== undefined && account.input === input.number) account.partial(`The service answered in part: ${why}`);
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
    else if (rest.quarantined + rest.skipped > 0) this.#accounts.push(rest);
    else if (!own) this.refuse(input.path, shape, "The file holds no records.", input.number);
  }
}

const translator = (
  shape: NamedShape,
  sample: Sample,
  direct: (record: JsonObject) => Mapped,
): ((record: JsonObject) => Mapped) => (shape.map ? (record) => shape.map?.(record, sample) ?? [] : direct);
