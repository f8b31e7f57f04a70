import type { ScalarType } from "../../../core/kusto.ts";
import type { PlannedField } from "../../../tables/route.ts";
import type { Engine } from "../connection.ts";
import type { Store, StoredTable } from "../store.ts";
import type { Conversion } from "./convert.ts";
import { columnsOfJob, conversions, type LoadJob, ORIGIN, rawSql, settled } from "./load.ts";
import { Reading } from "./relation.ts";

export interface CellProblem {
  readonly input: number;
  readonly position: number;
  readonly offset: number;
  readonly column: string;
  readonly type: ScalarType;
  readonly text: string;
}

export interface CarefulResult {
  /** Records with a row that is left out because its TimeGenerated is empty or not a time, by input; and the first such rows. */
  readonly untimedCounts: ReadonlyMap<number, number>;
  readonly untimed: readonly CellProblem[];
  /** Cells that became null, by input and column: how many, and the first of them. */
  readonly misfits: readonly { readonly count: number; readonly first: CellProblem }[];
}

const STAGE = "stage";
const MAX_LISTED = 100_000;

/** A load through a staging table that holds the raw text of every cell. */
class Staged {
  readonly #engine: Engine;
  readonly #job: LoadJob;
  readonly #reading: Reading;
  readonly made: readonly Conversion[];
  readonly timeAt: number;

  constructor(engine: Engine, job: LoadJob, reading: Reading) {
    this.#engine = engine;
    this.#job = job;
    this.#reading = reading;
    this.made = conversions(job, reading);
    this.timeAt = job.timeOptional ? -1 : job.fields.findIndex((field) => field.column === "TimeGenerated");
  }

  /** A member of the rows' origin. */
  origin(part: keyof typeof ORIGIN): string {
    return `${this.#reading.column(ORIGIN[part], "text")}::BIGINT`;
  }

  /** How many cells of each field do not fit its type. */
  async misfits(): Promise<readonly number[]> {
    const counts = this.made.map(({ bad }) => (bad === undefined ? "0" : `count(*) FILTER (${bad})`));
    const [row] = counts.length === 0 ? [[]] : await this.#engine.rows(`SELECT ${counts.join(", ")} FROM ${STAGE}`);
    return (row ?? []).map(Number);
  }

  /** Cells of a field that the condition finds, at most `limit` of each input, with how many there are. */
  async problems(
    where: string,
    i: number,
    limit: number,
  ): Promise<{ counts: Map<number, number>; cells: CellProblem[] }> {
    const field = this.#job.fields[i];
    if (!field) return { counts: new Map(), cells: [] };
    const input = this.origin("input");
    const position = this.origin("position");
    const rows = await this.#engine.rows(
      `SELECT ${input}, ${position}, ${this.origin("offset")}, left(${rawSql(this.#job, field, this.#reading)}, 100), count(DISTINCT ${position}) OVER (PARTITION BY ${input}) FROM ${STAGE} WHERE ${where} QUALIFY row_number() OVER (PARTITION BY ${input} ORDER BY ${position}) <= ${limit} ORDER BY 1, 2`,
    );
    const counts = new Map(rows.map((row) => [Number(row[0]), Number(row[4])]));
    const cells = rows.map(([from, at, offset, text]) => ({
      input: Number(from),
      position: Number(at),
      offset: Number(offset),
      column: field.column,
      type: field.type,
      text: text === null ? "" : String(text),
    }));
    return { counts, cells };
  }
}

/**
 * Loads row by row truth: cells that do not fit become null and are listed, rows without a time are left out and
 * listed. The relation's rows carry their origin.
 */
export async function loadCarefully(engine: Engine, store: Store, given: LoadJob): Promise<CarefulResult> {
  const table = await store.ensure(given.table);
  const job = settled(given, table);
  const reading = new Reading();
  const staged = new Staged(engine, job, reading);
  for (const source of Object.values(ORIGIN)) reading.column(source, "text");
  await engine.rows(`CREATE OR REPLACE TEMP TABLE ${STAGE} AS SELECT * FROM ${reading.sql(job.relation)}`);
  try {
    const widened = widen(store, table, job, await staged.misfits());
    return await insertStage(engine, store, table, widened, new Staged(engine, widened, reading));
  } finally {
    await engine.rows(`DROP TABLE ${STAGE}`);
  }
}

/** Inferred columns with a misfit become strings, unless an earlier input already fixed the type with data. */
function widen(store: Store, table: StoredTable, job: LoadJob, misfits: readonly number[]): LoadJob {
  const fields = job.fields.map((field, i): PlannedField => {
    if (!field.inferred || (misfits[i] ?? 0) === 0) return field;
    store.displace(table, field.column);
    return { ...field, type: "string" };
  });
  return { ...job, fields };
}

async function insertStage(
  engine: Engine,
  store: Store,
  table: StoredTable,
  job: LoadJob,
  staged: Staged,
): Promise<CarefulResult> {
  const ids = await store.place(table, columnsOfJob(job));
  const { made, timeAt } = staged;
  const time = made[timeAt];
  const keep = time ? `(${time.value}) IS NOT NULL` : "true";
  const targets = ["f", ...job.fields.map((field) => ids.get(field.column))];
  const values = [staged.origin("input"), ...made.map((c) => c.value)];
  table.filled = true;
  await engine.rows(
    `INSERT INTO ${table.id} (${targets.join(", ")}) SELECT ${values.join(", ")} FROM ${STAGE} WHERE ${keep} ORDER BY ${staged.origin("input")}, ${staged.origin("position")}`,
  );
  const misfits = [];
  for (const [i, bad] of (await staged.misfits()).entries()) {
    if (bad === 0 || i === timeAt) continue;
    const { counts, cells } = await staged.problems(made[i]?.bad ?? "false", i, 1);
    for (const first of cells) misfits.push({ count: counts.get(first.input) ?? 1, first });
  }
  const left = time ? await staged.problems(`NOT (${keep})`, timeAt, MAX_LISTED) : { counts: new Map(), cells: [] };
  return { untimedCounts: left.counts, untimed: left.cells, misfits };
}
