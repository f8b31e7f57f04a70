import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { CriterionResult } from "../../src/core/assessment.ts";
import { ticksOfDate } from "../../src/core/ticks.ts";
import { evaluateCriterion } from "../../src/maturity/criterion.ts";
import { columnsIn, measure, type TableStates } from "../../src/maturity/measure.ts";
import type { Measurement } from "../../src/maturity/types.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { preparePacks } from "../../src/packs/prepared.ts";
import type { CriterionPack } from "../../src/packs/types.ts";
import type { DialSettings } from "../../src/simulate/dial.ts";
import { dials } from "../../src/simulate/registry.ts";
import { hoursOf, type Run, runOf, type TenantOptions } from "../../src/simulate/tenant.ts";
import type { Row } from "../../src/simulate/types.ts";
import type { JsonObject } from "../../src/tables/shape.ts";

export const { criteria } = loadPacks();
const prepared = preparePacks(loadPacks()).queries;
export const known = await dials();
const simulated = [...(await runOf({ attacks: [] })).tables.keys()];

const wordsOf = ({ query }: CriterionPack): readonly string[] => query.match(/\w+/g) ?? [];

/** The simulated tables that a criterion's query names. */
export function tablesOf(pack: CriterionPack): string[] {
  const words = new Set(wordsOf(pack));
  return simulated.filter((table) => words.has(table));
}

/** The tables whose rows a dial changes. */
export const turnedBy = (id: string): string[] => [...new Set(known.get(id)?.rules.map(({ table }) => table))];

const DAY = 86_400_000;
/** Tenants lie so far apart that no window reaches from one into the next; whole weeks, so that they are alike. */
const APART = 420 * DAY;
const FIRST_END = Date.parse("2020-06-30T18:00:00Z");
/** Of tables that others read too, a dial's tenant keeps the newest rows. */
const ENOUGH = 400;

export interface Judged {
  readonly result: CriterionResult;
  readonly measured: Measurement;
}

export interface Wanted {
  readonly dials: DialSettings;
  readonly whole: readonly string[];
  readonly newest?: readonly string[];
}

/** Tenants one after the other in one engine: some tables of each, and of these what some criteria read. */
export class Tenants {
  readonly #backend: EmbeddedBackend;
  readonly #options: TenantOptions;
  readonly #columns: ReadonlySet<string>;
  #count = 0;
  #states: TableStates = { presentTables: [], staleTables: [] };

  private constructor(backend: EmbeddedBackend, options: TenantOptions, columns: ReadonlySet<string>) {
    this.#backend = backend;
    this.#options = options;
    this.#columns = columns;
  }

  static async open(options: TenantOptions, read: readonly CriterionPack[]): Promise<Tenants> {
    const backend = await EmbeddedBackend.open({ paths: [], prepared, threads: 1 });
    return new Tenants(backend, options, new Set(["TimeGenerated", ...read.flatMap(wordsOf)]));
  }

  /** Adds good tenants with their own tables whole and the newest rows of the others; gives the moments of their ends. */
  async add(wanted: readonly Wanted[]): Promise<bigint[]> {
    const added = new Map<string, JsonObject[]>();
    const collect = (run: Run, tables: readonly string[], most: number): void => {
      for (const [table, own] of run.tables) {
        if (!tables.includes(table)) continue;
        const rows = [...hoursOf(run, table, own)].flat().slice(-most);
        added.set(table, [...(added.get(table) ?? []), ...rows.map((row) => this.#read(row))]);
      }
    };
    const { users = 0, days = 0 } = this.#options;
    const small = { users: Math.min(users, 100), days: Math.min(days, 4) };
    const ends: bigint[] = [];
    for (const { dials: settings, whole, newest = [] } of wanted) {
      const end = new Date(FIRST_END + this.#count++ * APART);
      ends.push(ticksOfDate(end));
      const common = { profile: "good", attacks: [], end: end.toISOString(), dials: settings } as const;
      collect(await runOf({ ...common, ...this.#options }), whole, Number.POSITIVE_INFINITY);
      const others = newest.filter((table) => !whole.includes(table));
      if (others.length > 0) collect(await runOf({ ...common, ...small }), others, ENOUGH);
    }
    for (const [table, rows] of added) if (rows.length > 0) await this.#backend.addRows(table, rows);
    const present = await this.#backend.tables();
    this.#states = { presentTables: [...present.keys()], staleTables: [], columns: columnsIn(present) };
    return ends;
  }

  #read(row: Row): JsonObject {
    return Object.fromEntries(Object.entries(row).filter(([name]) => this.#columns.has(name))) as JsonObject;
  }

  async judge(pack: CriterionPack, asOf: bigint): Promise<Judged> {
    const measured = await measure(pack, { backend: this.#backend, asOf, states: this.#states }, false);
    return { measured, result: evaluateCriterion(pack, measured) };
  }

  close(): Promise<void> {
    return this.#backend.close();
  }
}
