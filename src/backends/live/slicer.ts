import type { Column, Timespan, Value } from "../../core/kusto.ts";
import {
  earlier,
  formatDatetime,
  later,
  MAX_DATETIME_TICKS,
  parseIsoDatetime,
  TICKS_PER_DAY,
} from "../../core/ticks.ts";
import type { ColumnBatch } from "../types.ts";
import { RequestFailure } from "./errors.ts";
import { type Journal, queryKey } from "./journal.ts";
import { type Outcome, ordered } from "./ordered.ts";
import { type Bin, binWidth, evenSlices, halve, planSlices, type Slice, sliceFilter } from "./slices.ts";
import type { Answer } from "./transport.ts";

/** The rows of one slice: those with a time in [start, end), ticks; without a bound where it is the first or last. */
export interface SlicedRows {
  readonly start?: bigint;
  readonly end?: bigint;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
}

export interface Asking {
  /** Asks until there is an answer. Throws `RequestFailure`. */
  ask(kql: string, signal?: AbortSignal, onAttempt?: (attempt: number) => void): Promise<Answer>;
}

export interface SlicerOptions {
  readonly journal: Journal;
  readonly concurrency: number;
  /** Rows per slice. */
  readonly target?: number;
  readonly timespan?: Timespan;
  readonly signal?: AbortSignal;
}

const TARGET = 50_000;
/** Slices that are asked for before the reader comes to them: each can be in memory. */
const AHEAD = 4;
const EVEN_SLICES = 30;
/** Parts into which a result without a time is first split. */
const FIRST_PARTS = 4;

interface Plan {
  readonly slices: readonly Slice[];
  readonly range: { readonly start: bigint; readonly end: bigint };
  /** Rows that were counted; undefined where they could not be. */
  readonly counted?: number;
}

/**
 * Gets results that do not fit one answer. A filter on the result's own TimeGenerated cuts it into slices whatever the
 * query does, so long as it answers the same rows each time; a slice that is still too large is halved, down to one
 * tick, and from there by the hash of the row.
 */
export class Slicer {
  readonly #asking: Asking;
  readonly #options: SlicerOptions;

  constructor(asking: Asking, options: SlicerOptions) {
    this.#asking = asking;
    this.#options = options;
  }

  /** Rows in order of TimeGenerated, slice by slice. */
  async *run(kql: string): AsyncGenerator<SlicedRows> {
    const plan = await this.#plan(kql);
    let rows = 0;
    for await (const part of this.#fetch(kql, plan, "\n| sort by TimeGenerated asc")) {
      rows += part.rows.length;
      yield part;
    }
    if (plan.counted !== undefined && rows < plan.counted) {
      this.#options.journal.warn(`${plan.counted} rows were counted and ${rows} came: some were deleted meanwhile.`);
    }
  }

  /** Rows of a result without a time, in parts by their hash. */
  parts(kql: string): AsyncGenerator<SlicedRows> {
    const slices = Array.from({ length: FIRST_PARTS }, (_, index): Slice => {
      return { part: { index, of: FIRST_PARTS }, heavy: 0 };
    });
    return this.#fetch(kql, { slices, range: { start: 0n, end: 1n } }, "");
  }

  #fetch(kql: string, { slices, range }: Plan, order: string): AsyncGenerator<SlicedRows> {
    const { concurrency, signal } = this.#options;
    const ahead = Math.max(1, Math.min(AHEAD, concurrency));
    return ordered(slices, ahead, (slice, stop) => this.#slice(kql, slice, range, { order, stop }), signal);
  }

  async #slice(
    kql: string,
    slice: Slice,
    range: Plan["range"],
    { order, stop }: { readonly order: string; readonly stop: AbortSignal },
  ): Promise<Outcome<Slice, SlicedRows>> {
    const start = performance.now();
    let attempts = 0;
    try {
      const answer = await this.#asking.ask(`${kql}${sliceFilter(slice)}${order}`, stop, () => {
        attempts += 1;
      });
      if (answer.cut !== undefined) return { instead: smaller(slice, range, "cut", answer.cut) };
      this.#record(kql, slice, { rows: answer.rows.length, milliseconds: performance.now() - start, attempts });
      return { result: sliced(slice, answer) };
    } catch (error) {
      if (!(error instanceof RequestFailure) || error.kind !== "heavy") throw error;
      return { instead: smaller(slice, range, "heavy", error.message, error) };
    }
  }

  #record(kql: string, slice: Slice, facts: { rows: number; milliseconds: number; attempts: number }): void {
    this.#options.journal.slices.push({
      query: queryKey(kql),
      ...(slice.start !== undefined && { start: formatDatetime(slice.start) }),
      ...(slice.end !== undefined && { end: formatDatetime(slice.end) }),
      ...(slice.part && { part: `${slice.part.index + 1} of ${slice.part.of}` }),
      ...facts,
      milliseconds: Math.round(facts.milliseconds),
    });
  }

  async #plan(kql: string): Promise<Plan> {
    const { timespan, target = TARGET, signal } = this.#options;
    const span = timespan ? timespan.end - timespan.start : 90n * TICKS_PER_DAY;
    const width = binWidth(span);
    const count = `${kql}\n| summarize Rows = count() by Bin = bin(TimeGenerated, ${width / 10_000_000n}s)`;
    try {
      const bins = readBins(await this.#asking.ask(count, signal));
      const times = bins.flatMap(({ start }) => start ?? []);
      const first = times.reduce(earlier, times[0] ?? 0n);
      const last = times.reduce(later, times[0] ?? 0n);
      const counted = bins.reduce((sum, { rows }) => sum + rows, 0);
      const range = { start: first, end: earlier(last + width, MAX_DATETIME_TICKS) };
      return { slices: planSlices(bins, width, target), range, counted };
    } catch (error) {
      if (!(error instanceof RequestFailure) || error.kind !== "heavy" || !timespan) throw error;
      return { slices: evenSlices(timespan.start, timespan.end, EVEN_SLICES), range: timespan };
    }
  }
}

function smaller(
  slice: Slice,
  range: Plan["range"],
  cause: "cut" | "heavy",
  reason: string,
  error?: RequestFailure,
): readonly Slice[] {
  const halves = halve(slice, range, cause);
  if (halves) return halves;
  throw (
    error ?? new RequestFailure({ kind: "heavy", message: `One moment has more rows than an answer holds: ${reason}` })
  );
}

function readBins({ columns, rows, cut }: Answer): Bin[] {
  if (cut !== undefined) throw new RequestFailure({ kind: "heavy", message: cut });
  const [bin, count] = ["Bin", "Rows"].map((name) => columns.findIndex((column) => column.name === name));
  return rows.map((row) => {
    const start = row[bin ?? -1];
    return {
      start: typeof start === "string" ? (parseIsoDatetime(start) ?? null) : null,
      rows: Number(row[count ?? -1] ?? 0),
    };
  });
}

const sliced = ({ start, end }: Slice, { columns, rows }: Answer): SlicedRows => ({
  ...(start !== undefined && { start }),
  ...(end !== undefined && { end }),
  columns,
  rows,
});

/** Rows by column. */
export function toBatch({ columns, rows }: Pick<Answer, "columns" | "rows">): ColumnBatch {
  const cells = columns.map(({ name }, i): [string, Value[]] => [name, rows.map((row) => row[i] ?? null)]);
  return { rowCount: rows.length, columns: new Map(cells) };
}
