import type { InputProblem, InputReport } from "../../../core/assessment.ts";
import { formatDatetime } from "../../../core/ticks.ts";
import type { CellProblem } from "./careful.ts";

const MAX_PROBLEMS = 100_000;

/** A page of an API, which is one JSON document. */
const PAGE = 1_000;
/** Numbers of records at which portals and APIs cut a result without saying so. */
const ROUND_COUNTS = new Set([PAGE, 10_000, 30_000, 500_000]);

/** What a table holds of one input. */
export interface Content {
  readonly rows: number;
  /** Ticks; null where no row has a time. */
  readonly oldest: bigint | null;
  readonly newest: bigint | null;
}

/** The books of one table of one file, in records: `read = accepted + quarantined + skipped` holds by construction. */
export class Account {
  readonly file: string;
  readonly shape: string;
  readonly table: string | null;
  readonly input: number;
  accepted = 0;
  quarantined = 0;
  skipped = 0;
  #duplicates = 0;
  #partial = false;
  #content: Content = { rows: 0, oldest: null, newest: null };
  #unknown: readonly string[] = [];
  readonly #notes: string[] = [];
  readonly #problems: InputProblem[] = [];

  constructor(file: string, shape: string, table: string | null, input: number) {
    this.file = file;
    this.shape = shape;
    this.table = table;
    this.input = input;
  }

  get read(): number {
    return this.accepted + this.quarantined + this.skipped;
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  /** Columns that the catalogue does not document for the table. */
  unknown(columns: readonly string[]): void {
    this.#unknown = [...new Set([...this.#unknown, ...columns])];
  }

  /** The input is known or suspected to hold less than there is. */
  partial(why: string): void {
    this.#partial = true;
    this.note(why);
  }

  /** `total` records of the whole file were read; JSON lines come of no page. */
  counted(total: number, isLines: boolean): void {
    if (ROUND_COUNTS.has(total) && !(isLines && total === PAGE))
      this.partial(`Exactly ${total} records: the export may have been cut at a limit.`);
  }

  holds(content: Content): void {
    this.#content = content;
  }

  problem(problem: InputProblem): void {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else this.note(`Only the first ${MAX_PROBLEMS} problems are listed.`);
  }

  quarantine(position: number, offset: number, code: string, message: string): void {
    this.quarantined++;
    this.problem({ position, offset, code, message });
  }

  skip(count: number, reason: string): void {
    if (count === 0) return;
    this.skipped += count;
    this.note(reason);
  }

  /** Records that were counted as accepted have a row without a time, which was left out. */
  untimed(count: number): void {
    this.accepted -= count;
    this.quarantined += count;
  }

  cell(cell: CellProblem, code: "time" | "cell", what: string): void {
    const { position, offset, column, text } = cell;
    this.problem({ position, offset, code, message: `${column} ${JSON.stringify(text)}: ${what}.` });
  }

  /** Takes over the records that reached no table. */
  absorb(other: Account): void {
    this.quarantined += other.quarantined;
    this.skipped += other.skipped;
    this.#partial ||= other.#partial;
    for (const note of other.#notes) this.note(note);
    for (const problem of other.#problems) this.problem(problem);
  }

  /** Moves records that turned out to be duplicates from accepted to skipped. */
  repeated(count: number): void {
    this.accepted -= count;
    this.skipped += count;
    this.#duplicates += count;
    this.#content = { ...this.#content, rows: Math.max(0, this.#content.rows - count) };
  }

  report(): InputReport {
    const { file, shape, table, read, accepted, quarantined, skipped } = this;
    const { rows, oldest, newest } = this.#content;
    const repeats = this.#duplicates;
    const twice = repeats > 0 ? [`${repeats} duplicate ${repeats === 1 ? "record" : "records"} skipped.`] : [];
    const reason = [...this.#notes, ...twice].join(" ");
    const problems = this.#problems.toSorted((a, b) => a.position - b.position);
    return {
      ...{ file, shape, table, read, accepted, quarantined, skipped },
      ...(repeats > 0 && { duplicates: repeats }),
      ...(table !== null && { rows }),
      ...(oldest !== null && newest !== null && { oldest: formatDatetime(oldest), newest: formatDatetime(newest) }),
      ...(this.#unknown.length > 0 && { unknownColumns: this.#unknown }),
      ...(reason !== "" && { reason }),
      ...(this.#partial && { partial: true }),
      ...(problems.length > 0 && { problems }),
    };
  }
}
