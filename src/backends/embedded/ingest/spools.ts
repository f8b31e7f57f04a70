import { canonicalTable } from "../../../tables/catalogue.ts";
import type { DirectPlan, JsonObject, Mapped, Sample } from "../../../tables/shape.ts";
import type { Engine } from "../connection.ts";
import type { Store } from "../store.ts";
import type { Account } from "./account.ts";
import { type CarefulResult, loadCarefully } from "./careful.ts";
import { isDataError, loadStrictly } from "./load.ts";
import { listed, type PlanOptions, planJob } from "./plan.ts";
import { RowSpool, type Scratch } from "./spool.ts";

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
    for (const { table, row, lost } of mapped) {
      const name = canonicalTable(table) ?? table;
      const spool = this.#spool(name, sample, plan, books.rest.input);
      try {
        spool.add(row, books.account(name), position, offset);
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
    const { job, notes } = planJob(
      spool.table,
      { kind: "ndjson", file: spool.file },
      sample,
      spool.plan,
      this.#options,
    );
    for (const account of spool.accounts.values()) for (const note of notes) account.note(note);
    try {
      await loadStrictly(this.#engine, this.#store, job);
    } catch (error) {
      if (!isDataError(error)) throw error;
      settle(spool, await loadCarefully(this.#engine, this.#store, job));
    } finally {
      this.#scratch.remove(spool.file);
    }
  }
}

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
  for (const [table, names] of lost) account(table).note(`Members without a column: ${listed([...names])}.`);
}
