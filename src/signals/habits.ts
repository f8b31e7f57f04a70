import { grown } from "./grown.ts";

/** Columns that a subject's habits are kept of: those of one subject lie in one line of the processor's cache. */
const WIDTH = 16;

/**
 * What each subject had last in the columns that change: people mostly come from where they came before. Only a guess, as
 * ids are given to other texts.
 */
export class Habits {
  readonly #columns = new Map<string, number>();
  /** Place of a subject by its id, from 1 on; 0 where it has none. */
  #places = new Int32Array(0);
  #last = new Int32Array(0);
  #count = 0;

  of(column: string): number {
    const known = this.#columns.get(column) ?? this.#columns.size % WIDTH;
    this.#columns.set(column, known);
    return known;
  }

  guess(column: number, rows: Int32Array, count: number, subjects: Int32Array, ids: Int32Array): void {
    const [places, last] = [this.#places, this.#last];
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const subject = subjects[row] as number;
      ids[row] = subject < places.length ? (last[WIDTH * (places[subject] as number) + column] as number) : 0;
    }
  }

  learn(column: number, rows: Int32Array, count: number, subjects: Int32Array, ids: Int32Array): void {
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      this.#last[WIDTH * this.#placeOf(subjects[row] as number) + column] = ids[row] as number;
    }
  }

  clear(): void {
    this.#places.fill(0);
    this.#last.fill(0);
    this.#count = 0;
  }

  #placeOf(subject: number): number {
    if (subject >= this.#places.length) this.#places = grown(this.#places, subject + 1);
    const known = this.#places[subject] as number;
    if (known !== 0) return known;
    this.#count += 1;
    this.#places[subject] = this.#count;
    // Place 0 is that of the subjects without one.
    this.#last = grown(this.#last, WIDTH * (this.#count + 1));
    return this.#count;
  }
}
