import { canonicalTable } from "../../../tables/catalogue.ts";
import type { DirectPlan, JsonObject, Mapped, Sample } from "../../../tables/shape.ts";
import type { Engine } from "../connection.ts";
import type { Store } from "../store.ts";
import type { Account } from "./account.ts";
import { type CarefulResult, type CellProblem, loadCarefully } from "./careful.ts";
import { isDataError, loadStrictly } from "./load.ts";
import { listed, type PlanOptions, planJob } from "./plan.ts";
import { RowSpool, type Scratch } from "./spool.ts";
import { readLines } from "./units.ts";

/** Beyond this a spool is loaded before more is added. */
const SPOOL_BYTES = 256 << 20;

/** The books of one input: an account for each table that its records reach. */
export interface Books {
  readonly account: (table: string) => Account;
  /** Records that reach no table. */
  readonly rest: Account;
  readonly lost: Map<string, Set<string>>;
}

/** Translated rows of all inputs, by table, on their way into the engine: thousands of small files become few loads. */
export class Spools {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #scratch: Scratch;
  readonly #options: PlanOptions;
  readonly #open = new Map<string, RowSpool>();

  constructor(engine: Engine, store: Store, scratch: Scratch, options: PlanOptions) {
    this.#engine = engine;
    this.#store = store;
    this.#scratch = scratch;
    this.#options = options;
  }

  /** Adds what a shape made of a record. CSV files have spools of their own: their columns mean what their header says. */
  async add(
    { position, offset }: { readonly position: number; readonly offset: number },
    mapped: Mapped,
    sample: Sample,
    plan: DirectPlan,
    books: Books,
  ): Promise<void> {
    if ("skip" in mapped) {
      books.rest.skip(1, mapped.skip);
      return;
    }
    let booked: Account | undefined;
    for (const { table, row, lost, note } of mapped) {
      const name = canonicalTable(table) ?? table;
      const spool = this.#spool(name, sample, plan, books.rest.input);
      const account = books.account(name);
      if (note !== undefined) account.note(note);
      try {
        spool.add(row, account, position, offset);
        if (account !== booked) account.accepted++;
        booked = account;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        books.rest.quarantine(position, offset, "too-deep", "The record is nested too deeply.");
      }
      if (lost) for (const one of lost) books.lost.set(name, (books.lost.get(name) ?? new Set()).add(one));
      await spool.drain();
      if (spool.bytes > SPOOL_BYTES) await this.#load(spool);
    }
  }

  #spool(table: string, sample: Sample, plan: DirectPlan, input: number): RowSpool {
    const own = sample.format === "csv" || plan.types !== undefined;
    const key = `${table} ${own ? input : ""}`;
    let spool = this.#open.get(key);
    if (!spool) {
      spool = new RowSpool(table, this.#scratch.file("ndjson"), plan, sample.format);
      this.#open.set(key, spool);
    }
    return spool;
  }

  /** Keeps the rows without a time, as the shape has read them. */
  async #keep({ file, table, plan, format, accounts }: RowSpool, cells: readonly CellProblem[]): Promise<void> {
    const { kept } = this.#options;
    if (!kept || cells.length === 0) return;
    const wanted = new Set(cells.map(({ input, position, offset }) => `${input} ${position} ${offset}`));
    for await (const { text } of readLines(file)) {
      const [found = "", input, position, offset] = ORIGIN_TEXT.exec(text) ?? [];
      const account = wanted.has(`${input} ${position} ${offset}`) ? accounts.get(Number(input)) : undefined;
      if (!account) continue;
      const origin = { file: account.file, shape: account.shape, form: "row" as const, table, plan, format };
      const place = { position: Number(position), offset: Number(offset) };
      const error = { code: "time", message: "The row has no readable TimeGenerated." };
      kept.add(origin, place, error, () => Buffer.from(`{${text.slice(found.length)}`));
    }
  }

  /** Loads what is left. */
  async flush(): Promise<void> {
    for (const spool of [...this.#open.values()]) await this.#load(spool);
  }

  async #load(spool: RowSpool): Promise<void> {
    for (const [key, open] of this.#open) if (open === spool) this.#open.delete(key);
    await spool.close();
    const sample: Sample = {
      format: spool.format,
      path: spool.table,
      columns: [...spool.columns],
      records: spool.sample as readonly JsonObject[],
      envelope: {},
    };
    const { job, notes, unknown } = planJob(
      spool.table,
      { kind: "ndjson", file: spool.file },
      sample,
      spool.plan,
      this.#options,
    );
    for (const account of spool.accounts.values()) {
      account.unknown(unknown);
      for (const note of notes) account.note(note);
    }
    try {
      await loadStrictly(this.#engine, this.#store, job);
    } catch (error) {
      if (!isDataError(error)) throw error;
      const result = await loadCarefully(this.#engine, this.#store, job);
      settle(spool, result);
      await this.#keep(spool, result.untimed);
    } finally {
      this.#scratch.remove(spool.file);
    }
  }
}

const ORIGIN_TEXT = /^\{"#f":(\d+),"#n":(\d+),"#o":(\d+),?/;

/** Books what a careful load left out or emptied. */
function settle({ accounts }: RowSpool, { untimedCounts, untimed, misfits }: CarefulResult): void {
  for (const [input, count] of untimedCounts) accounts.get(input)?.untimed(count);
  for (const cell of untimed)
    accounts.get(cell.input)?.cell(cell, "time", "no readable TimeGenerated: the row is left out");
  for (const { count, first } of misfits) {
    const account = accounts.get(first.input);
    account?.cell(first, "cell", `not a ${first.type}: the cell is null`);
    account?.note(
      `${count} ${count === 1 ? "cell" : "cells"} of ${first.column} did not fit ${first.type} and became null.`,
    );
  }
}

/** Says which members of an input's records have no column in their table. */
export function noteLost({ account, lost }: Books): void {
  for (const [table, names] of lost) noteMembers(account(table), [...names]);
}

export function noteMembers(account: Account, names: readonly string[]): void {
  if (names.length > 0) account.note(`Members without a column: ${listed(names)}.`);
}
