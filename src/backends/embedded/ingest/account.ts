import type { InputProblem, InputReport } from "../../../core/assessment.ts";
import type { CellProblem } from "./careful.ts";

const MAX_PROBLEMS = 100_000;

/** Row counts at which portals and APIs cut a result without saying so. */
const ROUND_COUNTS = new Set([1_000, 10_000, 30_000, 500_000]);

/** The books of one table of one file: `read = accepted + quarantined + skipped` holds by construction. */
export class Account {
  readonly file: string;
  readonly shape: string;
  readonly table: string | null;
  readonly input: number;
  accepted = 0;
  quarantined = 0;
  skipped = 0;
  readonly #notes: string[] = [];
  readonly #problems: InputProblem[] = [];

  constructor(file: string, shape: string, table: string | null, input: number) {
    this.file = file;
    this.shape = shape;
    this.table = table;
    this.input = input;
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
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

  /** A row that was counted as accepted has no time and was left out. */
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
    for (const note of other.#notes) this.note(note);
    for (const problem of other.#problems) this.problem(problem);
  }

  /** Moves rows that turned out to be duplicates from accepted to skipped. */
  duplicates(count: number): void {
    this.accepted -= count;
    this.skip(count, `${count} duplicate ${count === 1 ? "record" : "records"} skipped.`);
  }

  report(): InputReport {
    const { file, shape, table, accepted, quarantined, skipped } = this;
    const read = accepted + quarantined + skipped;
    const suspect = ROUND_COUNTS.has(read) ? [`Exactly ${read} records: the export may have been cut at a limit.`] : [];
    const reason = [...suspect, ...this.#notes].join(" ");
    const problems = this.#problems.toSorted((a, b) => a.position - b.position);
    return {
      ...{ file, shape, table, read, accepted, quarantined, skipped },
      ...(reason !== "" && { reason }),
      ...(suspect.length > 0 && { suspect: true }),
      ...(problems.length > 0 && { problems }),
    };
  }
}
