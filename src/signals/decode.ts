import type { ColumnBatch } from "../backends/types.ts";
import type { Value } from "../core/kusto.ts";
import {
  CONTEXT_COLUMNS,
  type ContextColumn,
  FACET_STATES,
  FACETS,
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
const CONTEXT_NAMES = Object.keys(CONTEXT_COLUMNS) as ContextColumn[];
const MAX_PROBLEMS = 20;

type Cells = readonly Value[];

const shown = (value: Value | undefined): string => JSON.stringify(value ?? null)?.slice(0, 60) ?? "null";
const text = (value: Value | undefined): string =>
  typeof value === "string" ? value : value == null ? "" : shown(value);

/** In place of the index of a text that is none of the contract's. */
const NONE = 255;

/** Writes the index of every text of a column among a few; NONE where it is not among them. Neighbours are mostly alike. */
function indicesAmong(texts: readonly string[], cells: Cells, indices: Uint8Array<ArrayBuffer>): void {
  let index = 0;
  let last: Value = texts[0] as string;
  for (let row = 0; row < indices.length; row++) {
    const cell = cells[row] as Value;
    if (cell !== last) {
      const found = texts.indexOf(cell as string);
      if (found < 0) {
        indices[row] = NONE;
        continue;
      }
      [index, last] = [found, texts[found] as string];
    }
    indices[row] = index;
  }
}

/** Times in ms; NaN where a cell is none. */
function timesOf(cells: Cells, rowCount: number): Float64Array<ArrayBuffer> {
  const [times, clock] = [new Float64Array(rowCount), new TimeParser()];
  for (let row = 0; row < rowCount; row++) {
    const cell = cells[row];
    times[row] = typeof cell === "string" ? clock.parse(cell) : Number.NaN;
  }
  return times;
}

/** The columns that decide whether a row is accepted. */
interface Judged {
  readonly times: Float64Array<ArrayBuffer>;
  readonly types: Uint8Array<ArrayBuffer>;
  readonly facets: readonly Uint8Array<ArrayBuffer>[];
}

function judgedOf(input: ColumnBatch): Judged {
  const { rowCount, columns } = input;
  const column = (name: string): Cells => columns.get(name) ?? [];
  const codes = new Uint8Array(rowCount * (FACETS.length + 1));
  const part = (i: number): Uint8Array<ArrayBuffer> => codes.subarray(i * rowCount, (i + 1) * rowCount);
  const [types, facets] = [part(FACETS.length), FACETS.map((_, f) => part(f))];
  indicesAmong(SUBJECT_TYPES, column("SubjectType"), types);
  FACETS.forEach((facet, f) => {
    indicesAmong(FACET_STATES, column(FACET_COLUMNS[facet]), facets[f] as Uint8Array<ArrayBuffer>);
  });
  return { times: timesOf(column("TimeGenerated"), rowCount), types, facets };
}

/** The first column that a row is to be rejected for, with what it should have been. */
function faultOf({ times, types, facets }: Judged, row: number): readonly [string, string] | undefined {
  if (Number.isNaN(times[row])) return ["TimeGenerated", "an ISO 8601 datetime"];
  if (types[row] === NONE) return ["SubjectType", `one of ${SUBJECT_TYPES.join(", ")}`];
  const facet = FACETS.find((_, f) => facets[f]?.[row] === NONE);
  return facet && [FACET_COLUMNS[facet], `one of ${FACET_STATES.join(", ")}`];
}

function hasNaN(numbers: Float64Array): boolean {
  // One NaN makes the sum one; two infinities would too, but a time is none.
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i] as number;
  return Number.isNaN(sum);
}

const isFaultless = ({ times, types, facets }: Judged): boolean =>
  !hasNaN(times) && !types.includes(NONE) && !facets.some((codes) => codes.includes(NONE));

/** The rows to accept, undefined when all are, and why the others are not. */
function judge(input: ColumnBatch, judged: Judged): { accepted: number[] | undefined; problems: RowProblem[] } {
  const problems: RowProblem[] = [];
  if (isFaultless(judged)) return { accepted: undefined, problems };
  const accepted: number[] = [];
  for (let row = 0; row < input.rowCount; row++) {
    const fault = faultOf(judged, row);
    if (fault === undefined) accepted.push(row);
    else if (problems.length < MAX_PROBLEMS) {
      const [column, expected] = fault;
      const message = `${column} is ${shown(input.columns.get(column)?.[row])}, expected ${expected}`;
      problems.push({ row, column, message });
    }
  }
  return { accepted, problems };
}

const number = (value: Value | undefined): number => {
  if (typeof value === "number") return value;
  // Longs beyond 2^53 and infinities travel as text.
  return typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
};

function typesOf(codes: Uint8Array): SubjectType[] {
  const types = new Array<SubjectType>(codes.length);
  for (let row = 0; row < codes.length; row++) types[row] = SUBJECT_TYPES[codes[row] as number] as SubjectType;
  return types;
}

/** Accepted rows of the columns, as texts, ids and numbers. */
class Cut {
  readonly #columns: ColumnBatch["columns"];
  readonly #rows: readonly number[] | undefined;
  readonly #names: Names;
  readonly rowCount: number;
  /** Room for the ids and numbers of all columns: one piece of memory each. */
  readonly #ids: Int32Array<ArrayBuffer>;
  readonly #numbers: Float64Array<ArrayBuffer>;
  #idsUsed = 0;
  #numbersUsed = 0;

  constructor(input: ColumnBatch, rows: readonly number[] | undefined, names: Names) {
    this.#columns = input.columns;
    this.#rows = rows;
    this.#names = names;
    this.rowCount = rows?.length ?? input.rowCount;
    const context = CONTEXT_NAMES.filter((name) => input.columns.has(name));
    const texts = context.filter(isTextColumn).length;
    this.#ids = new Int32Array(this.rowCount * (texts + 2));
    this.#numbers = new Float64Array(this.rowCount * (context.length - texts));
  }

  #cells(name: string): Cells {
    const cells = this.#columns.get(name) ?? [];
    return this.#rows === undefined ? cells : this.#rows.map((row) => cells[row] as Value);
  }

  texts(name: string): readonly string[] {
    const cells = this.#cells(name);
    for (let row = 0; row < this.rowCount; row++)
      if (typeof cells[row] !== "string") return Array.from({ length: this.rowCount }, (_, i) => text(cells[i]));
    return cells as readonly string[];
  }

  numbers(name: string): Float64Array {
    const from = this.#numbersUsed;
    this.#numbersUsed += this.rowCount;
    const [cells, numbers] = [this.#cells(name), this.#numbers.subarray(from, this.#numbersUsed)];
    for (let row = 0; row < numbers.length; row++) numbers[row] = number(cells[row]);
    return numbers;
  }

  /** Ids of a column. Given `subjects`, one in which a subject mostly has what it had before. */
  ids(name: string, subjects?: Int32Array): Int32Array {
    const from = this.#idsUsed;
    this.#idsUsed += this.rowCount;
    const ids = this.#ids.subarray(from, this.#idsUsed);
    this.#names.idsOf(this.texts(name), ids, name, subjects);
    return ids;
  }

  codes<A extends Uint8Array | Float64Array>(codes: A): A {
    const rows = this.#rows;
    if (rows === undefined) return codes;
    rows.forEach((row, i) => {
      codes[i] = codes[row] as number;
    });
    return codes.subarray(0, rows.length) as A;
  }
}

function contextOf(input: ColumnBatch, cut: Cut, subjects: Int32Array): Pick<SignalBatch, "ids" | "numbers"> {
  const ids = new Map<ContextColumn, Int32Array>();
  const numbers = new Map<ContextColumn, Float64Array>();
  for (const name of CONTEXT_NAMES) {
    if (!input.columns.has(name)) continue;
    if (isTextColumn(name)) ids.set(name, cut.ids(name, subjects));
    else numbers.set(name, cut.numbers(name));
  }
  return { ids, numbers };
}

/**
 * Reads the answer of a signal query. A row without a time, with an unknown subject type or with a facet outside the
 * contract's literals is rejected, counted and (the first 20) explained; a missing required column rejects all rows.
 */
export function decodeSignals(input: ColumnBatch, names = new Names()): Decoded {
  const missing = REQUIRED.filter((name) => !input.columns.has(name));
  const judged = judgedOf(input);
  const { accepted, problems } = missing.length > 0 ? { accepted: [], problems: [] } : judge(input, judged);
  const cut = new Cut(input, accepted, names);
  const facets = Object.fromEntries(
    FACETS.map((facet, f) => [facet, cut.codes(judged.facets[f] as Uint8Array)]),
  ) as SignalBatch["facets"];
  const subjectId = cut.ids("Subject");
  const batch: SignalBatch = {
    rowCount: cut.rowCount,
    names,
    time: cut.codes(judged.times),
    eventId: cut.texts("EventId").slice(),
    subjectId,
    subjectType: typesOf(cut.codes(judged.types)),
    resourceId: cut.ids("Resource", subjectId),
    facets,
    ...facetBits(facets, cut.rowCount),
    ...contextOf(input, cut, subjectId),
  };
  const absent = missing.map((column) => ({ row: -1, column, message: `The query does not return ${column}` }));
  return { batch, rejected: input.rowCount - cut.rowCount, problems: [...absent, ...problems] };
}
