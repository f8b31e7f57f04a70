import { grownFloats } from "../signals/grown.ts";

/** Numbers by slot, `width` of each slot from `width · slot` on; `bound` slots were ever used. */
export interface Records {
  readonly numbers: Float64Array;
  readonly width: number;
  readonly bound: number;
}

/** Numbers of a list in the record of its slot: start, length, and block size with, above it, the place of the oldest. */
const [START, LENGTH, BLOCK] = [0, 1, 2];
/** How many those are. */
export const LIST = 3;
/** No block has as many numbers. */
const SHIFT = 2 ** 24;

/**
 * Lists of numbers by slot, all in one array: no object per list, a short list lies in one line of the processor's cache,
 * and where it begins stands in the slot's record, at `place`, all 0 where there is none. A list has a block of 2, 4, 8, …
 * numbers and moves to a larger one when it outgrows it; blocks that were left are used again. push amortised O(1).
 */
export class Lists {
  readonly #records: Records;
  readonly #place: number;
  #numbers = new Float64Array(0);
  #used = 0;
  /** Starts of the blocks that are free, by the logarithm of their size. */
  readonly #free: number[][] = [];

  constructor(records: Records, place: number) {
    this.#records = records;
    this.#place = place;
  }

  /** Of all lists; an array only until the next push. */
  get numbers(): Float64Array {
    return this.#numbers;
  }

  /** Where a list begins in `numbers`. */
  start(slot: number): number {
    return this.#records.numbers[this.#head(slot) + START] as number;
  }

  length(slot: number): number {
    return this.#records.numbers[this.#head(slot) + LENGTH] as number;
  }

  push(slot: number, value: number): void {
    const [heads, head] = [this.#records.numbers, this.#head(slot)];
    const length = heads[head + LENGTH] as number;
    if (length === (heads[head + BLOCK] as number) % SHIFT) this.#move(heads, head, length);
    this.#numbers[(heads[head + START] as number) + length] = value;
    heads[head + LENGTH] = length + 1;
  }

  /** As `push`, to a list of the latest `bound` numbers, which is read by `of` alone. */
  append(slot: number, value: number, bound: number): void {
    if (this.length(slot) < bound) {
      this.push(slot, value);
      return;
    }
    const [heads, head] = [this.#records.numbers, this.#head(slot)];
    const block = heads[head + BLOCK] as number;
    const oldest = Math.floor(block / SHIFT);
    this.#numbers[(heads[head + START] as number) + oldest] = value;
    heads[head + BLOCK] = block + (oldest + 1 === bound ? -oldest : 1) * SHIFT;
  }

  /** Removes `count` numbers from place `at` on. */
  remove(slot: number, at: number, count: number): void {
    const [start, length, numbers] = [this.start(slot), this.length(slot), this.#numbers];
    for (let i = start + at; i < start + length - count; i++) numbers[i] = numbers[i + count] as number;
    this.#records.numbers[this.#head(slot) + LENGTH] = length - count;
  }

  /** Place of the first number of a list, among every `step`th, that is `value`; −1 where there is none. */
  indexOf(slot: number, value: number, step = 1): number {
    const [start, length, numbers] = [this.start(slot), this.length(slot), this.#numbers];
    for (let i = 0; i < length; i += step) if (numbers[start + i] === value) return i;
    return -1;
  }

  /** The numbers of a list, for rare uses. */
  of(slot: number): number[] {
    const [start, length] = [this.start(slot), this.length(slot)];
    const oldest = Math.floor((this.#records.numbers[this.#head(slot) + BLOCK] as number) / SHIFT);
    const numbers = new Array<number>(length);
    for (let i = 0; i < length; i++) numbers[i] = this.#numbers[start + ((oldest + i) % length)] as number;
    return numbers;
  }

  set(slot: number, values: readonly number[]): void {
    this.clear(slot);
    for (const value of values) this.push(slot, value);
  }

  /** Empties a list and gives its block back. */
  clear(slot: number): void {
    const [heads, head] = [this.#records.numbers, this.#head(slot)];
    const size = (heads[head + BLOCK] as number) % SHIFT;
    if (size === 0) return;
    this.#release(heads[head + START] as number, size);
    [heads[head + START], heads[head + LENGTH], heads[head + BLOCK]] = [0, 0, 0];
  }

  /** Marks the ids that stand in all lists, from a place on at every `step`th; `scale` turns a number into its id. */
  mark(live: Uint8Array, from = 0, step = 1, scale = 1): void {
    for (let slot = 0; slot < this.#records.bound; slot++) {
      const start = this.start(slot);
      const end = start + this.length(slot);
      for (let at = start + from; at < end; at += step) live[Math.floor((this.#numbers[at] as number) / scale)] = 1;
    }
  }

  /** Fetches both ends of the lists of slots ahead of their use; answers something that rests on all of them. */
  warm(slots: Int32Array, count: number): number {
    const [{ numbers: heads, width }, numbers] = [this.#records, this.#numbers];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const head = width * (slots[i] as number) + this.#place;
      if (head < this.#place) continue;
      const length = heads[head + LENGTH] as number;
      if (length === 0) continue;
      const start = heads[head + START] as number;
      sum += (numbers[start] as number) + (numbers[start + length - 1] as number);
    }
    return sum;
  }

  #head(slot: number): number {
    return this.#records.width * slot + this.#place;
  }

  #move(heads: Float64Array, head: number, length: number): void {
    const [from, size] = [heads[head + START] as number, Math.max(2, 2 * length)];
    const to = this.#block(size);
    this.#numbers.copyWithin(to, from, from + length);
    if (length > 0) this.#release(from, length);
    [heads[head + START], heads[head + BLOCK]] = [to, size];
  }

  #block(size: number): number {
    const free = this.#free[31 - Math.clz32(size)]?.pop();
    if (free !== undefined) return free;
    const start = this.#used;
    this.#used += size;
    this.#numbers = grownFloats(this.#numbers, this.#used);
    return start;
  }

  #release(start: number, size: number): void {
    const level = 31 - Math.clz32(size);
    const free = this.#free[level] ?? [];
    this.#free[level] = free;
    free.push(start);
  }
}
