import type { ColumnBatch } from "../backends/types.ts";
import type { Value } from "../core/kusto.ts";
import {
  CONTEXT_COLUMNS,
  type ContextColumn,
  FACET_STATES,
  FACETS,
  type Facet,
  SUBJECT_TYPES,
  type SubjectType,
} from "../core/signal.ts";
import { FACET_COLUMNS, facetBits, isTextColumn, type SignalBatch } from "./batch.ts";
import { Names } from "./names.ts";
import { TimeParser } from "./time.ts";

export interface RowProblem {
  /** 0-based row of the batch; −1 where the whole batch is refused. */
  readonly row: number;
  readonly column: string;
  readonly message: string;
}

/** `batch.rowCount + rejected = rows of the input`; problems are the first few, one per rejected row. */
export interface Decoded {
  readonly batch: SignalBatch;
  readonly rejected: number;
  readonly problems: readonly RowProblem[];
}

const REQUIRED = ["TimeGenerated", "EventId", "Subject", "SubjectType", "Resource", ...Object.values(FACET_COLUMNS)];
const MAX_PROBLEMS = 20;

type Cells = readonly Value[];

const shown = (value: Value | undefined): string => JSON.stringify(value ?? null)?.slice(0, 60) ?? "null";
const text = (value: Value | undefined): string =>
  typeof value === "string" ? value : value == null ? "" : shown(value);

/** Index of a text among a few; −1 for any other value. Neighbouring rows mostly have the same: `guess` is tried first. */
function indexAmong(texts: readonly string[], value: Value | undefined, guess: number): number {
  return value === texts[guess] ? guess : texts.indexOf(value as string);
}

/** Accepts rows into growing columns and remembers why the others were not. */
class Decoder {
  readonly #columns: ReadonlyMap<string, Cells>;
  readonly #clock = new TimeParser();
  readonly problems: RowProblem[] = [];
  readonly rows: Int32Array;
  readonly time: Float64Array;
  readonly facets: Record<Facet, Uint8Array>;
  readonly subjectTypes: SubjectType[] = [];
  readonly #names: Names;
  accepted = 0;

  constructor(input: ColumnBatch, names: Names) {
    this.#columns = input.columns;
    this.#names = names;
    this.rows = new Int32Array(input.rowCount);
    this.time = new Float64Array(input.rowCount);
    this.facets = Object.fromEntries(
      FACETS.map((facet) => [facet, new Uint8Array(input.rowCount)]),
    ) as typeof this.facets;
  }

  column(name: string): Cells {
    return this.#columns.get(name) ?? [];
  }

  run(rowCount: number): void {
    const times = this.column("TimeGenerated");
    const subjectTypes = this.column("SubjectType");
    const facets = FACETS.map((facet) => [this.column(FACET_COLUMNS[facet]), this.facets[facet], facet] as const);
    let type = 0;
    for (let row = 0; row < rowCount; row++) {
      const value = times[row];
      const time = typeof value === "string" ? this.#clock.parse(value) : Number.NaN;
      const found = indexAmong(SUBJECT_TYPES, subjectTypes[row], type);
      if (Number.isNaN(time)) this.#reject(row, "TimeGenerated", value, "an ISO 8601 datetime");
      else if (found < 0) {
        this.#reject(row, "SubjectType", subjectTypes[row], `one of ${SUBJECT_TYPES.join(", ")}`);
      } else if (this.#readFacets(row, facets)) {
        type = found;
        this.subjectTypes.push(SUBJECT_TYPES[type] as SubjectType);
        this.time[this.accepted] = time;
        this.rows[this.accepted] = row;
        this.accepted += 1;
      }
    }
  }

  #readFacets(row: number, facets: readonly (readonly [Cells, Uint8Array, Facet])[]): boolean {
    for (const [cells, codes, facet] of facets) {
      const code = indexAmong(FACET_STATES, cells[row], 0);
      if (code < 0) {
        this.#reject(row, FACET_COLUMNS[facet], cells[row], `one of ${FACET_STATES.join(", ")}`);
        return false;
      }
      codes[this.accepted] = code;
    }
    return true;
  }

  #reject(row: number, column: string, value: Value | undefined, expected: string): void {
    if (this.problems.length >= MAX_PROBLEMS) return;
    this.problems.push({ row, column, message: `${column} is ${shown(value)}, expected ${expected}` });
  }

  /** Values of the accepted rows. */
  pick<T>(name: string, convert: (value: Value | undefined) => T): T[] {
    const cells = this.column(name);
    const picked = new Array<T>(this.accepted);
    for (let i = 0; i < this.accepted; i++) picked[i] = convert(cells[this.rows[i] as number]);
    return picked;
  }

  /** Numbers of the accepted rows; NaN where there is none. */
  pickNumbers(name: string): Float64Array {
    const cells = this.column(name);
    const picked = new Float64Array(this.accepted);
    for (let i = 0; i < this.accepted; i++) picked[i] = number(cells[this.rows[i] as number]);
    return picked;
  }

  /** Texts of the accepted rows as names; a text is looked up only where it is neither that of the row before nor guessed. */
  pickTexts(name: string, subjects?: Int32Array): Int32Array {
    const cells = this.column(name);
    const names = this.#names;
    const ids = new Int32Array(this.accepted);
    const guesses = subjects && names.guesses(name);
    let [last, id] = ["", 0];
    for (let i = 0; i < this.accepted; i++) {
      const value = text(cells[this.rows[i] as number]);
      if (value !== last) {
        const guess = guesses ? (guesses[subjects[i] as number] as number) : 0;
        id = guess !== 0 && value === names.text(guess) ? guess : names.id(value);
        if (guesses) guesses[subjects[i] as number] = id;
        last = names.text(id);
      }
      ids[i] = id;
    }
    return ids;
  }
}

const number = (value: Value | undefined): number => {
  if (typeof value === "number") return value;
  // Longs beyond 2^53 and infinities travel as text.
  return typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
};

function contextOf(input: ColumnBatch, decoder: Decoder, subjects: Int32Array): Pick<SignalBatch, "ids" | "numbers"> {
  const ids = new Map<ContextColumn, Int32Array>();
  const numbers = new Map<ContextColumn, Float64Array>();
  for (const name of Object.keys(CONTEXT_COLUMNS) as ContextColumn[]) {
    if (!input.columns.has(name)) continue;
    if (isTextColumn(name)) ids.set(name, decoder.pickTexts(name, subjects));
    else numbers.set(name, decoder.pickNumbers(name));
  }
  return { ids, numbers };
}

/**
 * Reads the answer of a signal query. A row without a time, with an unknown subject type or with a facet outside the
 * contract's literals is rejected, counted and (the first 20) explained; a missing required column rejects all rows.
 */
export function decodeSignals(input: ColumnBatch, names = new Names()): Decoded {
  const missing = REQUIRED.filter((name) => !input.columns.has(name));
  const decoder = new Decoder(input, names);
  if (missing.length === 0) decoder.run(input.rowCount);
  const facets = Object.fromEntries(
    FACETS.map((facet) => [facet, decoder.facets[facet].subarray(0, decoder.accepted)]),
  ) as SignalBatch["facets"];
  const subjectId = decoder.pickTexts("Subject");
  const batch: SignalBatch = {
    rowCount: decoder.accepted,
    names,
    time: decoder.time.subarray(0, decoder.accepted),
    eventId: decoder.pick("EventId", text),
    subjectId,
    subjectType: decoder.subjectTypes,
    resourceId: decoder.pickTexts("Resource", subjectId),
    facets,
    ...facetBits(facets, decoder.accepted),
    ...contextOf(input, decoder, subjectId),
  };
  const absent = missing.map((column) => ({ row: -1, column, message: `The query does not return ${column}` }));
  return { batch, rejected: input.rowCount - decoder.accepted, problems: [...absent, ...decoder.problems] };
}
