import { quoteLiteral } from "../../../core/text/sql.ts";
import { canonicalTable } from "../../../tables/catalogue.ts";
import { naturalKey } from "../../../tables/keys.ts";
import type { NamedShape } from "../../../tables/registry.ts";
import { shapeOf } from "../../../tables/registry.ts";
import { planFields, routeColumns, routedTable, routerValues } from "../../../tables/route.ts";
import type { DirectPlan, JsonObject, Mapped, Sample } from "../../../tables/shape.ts";
import { member } from "../../../tables/shape.ts";
import type { Engine } from "../connection.ts";
import type { Store } from "../store.ts";
import { Account } from "./account.ts";
import { loadCarefully } from "./careful.ts";
import { removeDuplicates } from "./duplicates.ts";
import { type LoadJob, loadStrictly } from "./load.ts";
import { readRecords } from "./records.ts";
import { MAX_RECORD_BYTES, type Relation } from "./relation.ts";
import { type FileFormat, type Inspected, inspect } from "./sample.ts";
import { RowSpool, type Scratch } from "./spool.ts";

export interface IngestOptions {
  /** Load only these columns of these tables (and the time and key columns). */
  readonly columns?: ReadonlyMap<string, ReadonlySet<string>>;
  /** The table of inputs that do not say theirs. */
  readonly assumeTable?: string;
}

interface Input {
  readonly file: string;
  readonly path: string;
  readonly number: number;
}

/** Loads one file after the other and keeps the books. */
export class Ingest {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #scratch: Scratch;
  readonly #options: IngestOptions;
  readonly accounts: Account[] = [];

  constructor(engine: Engine, store: Store, scratch: Scratch, options: IngestOptions) {
    this.#engine = engine;
    this.#store = store;
    this.#scratch = scratch;
    this.#options = options;
  }

  /** Opens an account for a file that cannot be loaded at all. */
  refuse(path: string, shape: string, reason: string, input = -1): Account {
    const account = new Account(path, shape, null, input);
    account.note(reason);
    this.accounts.push(account);
    return account;
  }

  /** Loads a plain file. `path` is its name in reports and in routing. */
  async load(input: Input): Promise<void> {
    const inspected = await inspect(input.file, input.path);
    const { format, sample } = inspected;
    if (format.kind === "empty") this.refuse(input.path, "empty", "The file is empty.", input.number);
    else if (format.kind === "unknown") this.refuse(input.path, "unknown", format.reason, input.number);
    else {
      const shape = await shapeOf(sample);
      if (!shape) this.refuse(input.path, "unknown", "No export shape recognises the file.", input.number);
      else if (!(await this.#loadDirectly(input, inspected, shape))) await this.#loadExactly(input, inspected, shape);
    }
  }

  /** Removes records that were exported twice; the first one read stays. */
  async finish(): Promise<void> {
    for (const table of this.#store.tables()) {
      for (const [input, count] of await removeDuplicates(this.#engine, table)) {
        const account = this.accounts.find((one) => one.input === input && one.table === table.name);
        account?.duplicates(count);
      }
    }
  }

  #account(input: Input, shape: string, table: string | null): Account {
    const account = new Account(input.path, shape, table, input.number);
    this.accounts.push(account);
    return account;
  }

  /** The fast path: one statement over the file itself. False when the file needs the exact path. */
  async #loadDirectly(input: Input, inspected: Inspected, shape: NamedShape): Promise<boolean> {
    const { format, sample } = inspected;
    const plan = shape.plan?.(sample);
    if (!plan || sample.records.length === 0) return false;
    const relation = directRelation(input.file, format);
    const table = relation && this.#tableOfAll(plan, sample);
    if (!relation || table === undefined) return false;
    try {
      const columns = await this.#allColumns(input.file, inspected, table);
      const { job, notes } = this.#job(table, relation, columns, sample, plan, input.number);
      const router = plan.router === undefined ? undefined : routerValues(sample.records, plan.router)[0];
      const accepted = await loadStrictly(this.#engine, this.#store, {
        ...job,
        ...(plan.router !== undefined &&
          router !== undefined && {
            router: { source: plan.router, is: router },
          }),
      });
      const account = this.#account(input, shape.id, job.table);
      account.accepted = accepted;
      for (const note of notes) account.note(note);
      return true;
    } catch (error) {
      if (isDataError(error)) return false;
      throw error;
    }
  }

  /** The one table that all sampled records belong to. */
  #tableOfAll(plan: DirectPlan, sample: Sample): string | undefined {
    if (plan.table !== undefined) return plan.table;
    if (plan.router !== undefined) {
      const values = routerValues(sample.records, plan.router);
      return values.length === 1 ? routedTable(values[0]) : undefined;
    }
    const route = routeColumns(routingColumns(sample.columns), sample.path, this.#options.assumeTable);
    return "table" in route ? route.table : undefined;
  }

  /** Every key of a JSON file, for a column that only some rows have; a named selection needs no such search. */
  async #allColumns(file: string, { format, sample, whole }: Inspected, table: string): Promise<readonly string[]> {
    if (format.kind !== "lines" || whole) return sample.columns;
    const wanted = this.#options.columns && this.#wanted(table);
    if (wanted) return [...new Set([...sample.columns, ...wanted])];
    const keys = await this.#engine.rows(
      `SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects(${quoteLiteral(file)}, maximum_object_size = ${MAX_RECORD_BYTES})`,
    );
    return [...new Set([...sample.columns, ...keys.map(([key]) => String(key))])];
  }

  /** Columns that have to be loaded of a table, or undefined for all. */
  #wanted(table: string): ReadonlySet<string> | undefined {
    if (!this.#options.columns) return undefined;
    const always = ["TimeGenerated", "_ItemId", naturalKey(table)].filter((name) => name !== undefined);
    return new Set([...always, ...(this.#options.columns.get(table) ?? [])]);
  }

  #job(
    table: string,
    relation: Relation,
    columns: readonly string[],
    sample: Sample,
    plan: DirectPlan,
    input: number,
  ): { job: LoadJob; notes: readonly string[] } {
    const { fields, unknown, notes } = planFields(table, columns, sample, plan.dates);
    const wanted = this.#wanted(table);
    const job: LoadJob = {
      table,
      relation,
      fields: wanted ? fields.filter(({ column }) => wanted.has(column)) : fields,
      textual: sample.format === "csv",
      encodedDynamic: sample.format === "csv" || plan.encodedDynamic === true,
      input,
    };
    const extra = unknown.length > 0 ? [`Columns outside the catalogue: ${listed(unknown)}.`] : [];
    return { job, notes: [...notes, ...extra] };
  }

  /** The exact path: every record is read, translated and accounted for by itself. */
  async #loadExactly(input: Input, inspected: Inspected, shape: NamedShape): Promise<void> {
    const { sample, format } = inspected;
    const plan = shape.plan?.(sample) ?? {};
    const translate = shape.map
      ? (record: JsonObject): Mapped => shape.map?.(record, sample) ?? []
      : this.#router(plan, sample);
    const spools = new Map<string, RowSpool>();
    const rest = new Account(input.path, shape.id, null, input.number);
    for await (const item of readRecords(input.file, format)) {
      if ("error" in item) rest.quarantine(item.position, item.offset, item.error.code, item.error.message);
      else await this.#spool(item, translate(item.record), spools, rest);
    }
    for (const [table, spool] of spools) await this.#loadSpool(input, shape.id, table, spool, sample, plan);
    this.#settleRest(rest, input, shape.id, [...spools.keys()]);
  }

  async #spool(
    { position, offset }: { readonly position: number; readonly offset: number },
    mapped: Mapped,
    spools: Map<string, RowSpool>,
    rest: Account,
  ): Promise<void> {
    if ("skip" in mapped) {
      rest.skip(1, mapped.skip);
      return;
    }
    for (const { table, row, lost = [] } of mapped) {
      const name = canonicalTable(table) ?? table;
      let spool = spools.get(name);
      if (!spool) {
        spool = new RowSpool(this.#scratch.file("ndjson"));
        spools.set(name, spool);
      }
      try {
        spool.add(row, position, offset);
        for (const name of lost) spool.lost.add(name);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        rest.quarantine(position, offset, "too-deep", "The record is nested too deeply.");
      }
      await spool.drain();
    }
  }

  /** What a direct plan makes of a record on the exact path. */
  #router(plan: DirectPlan, sample: Sample): (record: JsonObject) => Mapped {
    const { router } = plan;
    if (router !== undefined)
      return (record) => {
        const table = routedTable(member(record, router));
        return table === undefined
          ? { skip: `Rows whose ${router} names no table are skipped.` }
          : [{ table, row: record }];
      };
    const route =
      plan.table === undefined
        ? routeColumns(routingColumns(sample.columns), sample.path, this.#options.assumeTable)
        : { table: plan.table };
    return (record) => ("table" in route ? [{ table: route.table, row: record }] : { skip: route.refused });
  }

  async #loadSpool(
    input: Input,
    shape: string,
    table: string,
    spool: RowSpool,
    sample: Sample,
    plan: DirectPlan,
  ): Promise<void> {
    await spool.close();
    const account = this.#account(input, shape, table);
    const own = {
      ...sample,
      records: spool.sample as readonly JsonObject[],
      columns: [...spool.columns],
    };
    const { job, notes } = this.#job(table, { kind: "ndjson", file: spool.file }, own.columns, own, plan, input.number);
    if (spool.lost.size > 0) account.note(`Members without a column: ${listed([...spool.lost])}.`);
    for (const note of notes) account.note(note);
    try {
      account.accepted = await loadStrictly(this.#engine, this.#store, job);
    } catch (error) {
      if (!isDataError(error)) throw error;
      account.careful(await loadCarefully(this.#engine, this.#store, job));
    } finally {
      this.#scratch.remove(spool.file);
    }
  }

  /** Quarantined and skipped records belong to the file's only table, or to an account of their own. */
  #settleRest(rest: Account, input: Input, shape: string, tables: readonly string[]): void {
    const own = tables.length === 1 ? this.accounts.at(-1) : undefined;
    if (own) own.absorb(rest);
    else if (rest.quarantined + rest.skipped > 0) this.accounts.push(rest);
    else if (tables.length === 0) this.refuse(input.path, shape, "The file holds no records.", input.number);
  }
}

const listed = (names: readonly string[]): string =>
  names.length > 20 ? `${names.slice(0, 20).join(", ")} and ${names.length - 20} more` : names.join(", ");

/** Header names without the zone that a portal export adds, and the parts of split columns as one. */
const routingColumns = (columns: readonly string[]): string[] =>
  columns.map((column) => column.replace(/ \[[^\]]+\]$/, "").replace(/_(dynamic|string)$/, ""));

function directRelation(file: string, format: FileFormat): Relation | undefined {
  if (format.kind === "lines") return { kind: "ndjson", file };
  return format.kind === "csv" && format.plain ? { kind: "csv", file, columns: format.header } : undefined;
}

/** Errors that the data causes; everything else is ours. */
const isDataError = (error: unknown): boolean =>
  error instanceof Error && /^(Invalid Input|Conversion|Out of Range|IO) Error/.test(error.message);
