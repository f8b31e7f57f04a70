import { grown, grownFloats } from "../signals/grown.ts";

const [START, LENGTH, SIZE, OLDEST, HEAD] = [0, 1, 2, 3, 4];

/**
 * Lists of numbers by slot, all in one array: no object per list, and a short list lies in one line of the processor's
 * cache. A list has a block of 2, 4, 8, … numbers and moves to a larger one when it outgrows it; blocks that were left are
 * used again. push amortised O(1).
 */
export class Lists {
  /** Start, length and block size of a list. */
  #heads = new Int32Array(0);
  #numbers = new Float64Array(0);
  #used = 0;
  /** Starts of the blocks that are free, by the logarithm of their size. */
  readonly #free: number[][] = [];

  /** Of all lists; an array only until the next push. */
  get numbers(): Float64Array {
    return this.#numbers;
  }

  /** Where a list begins in `numbers`. */
  start(slot: number): number {
    return HEAD * slot < this.#heads.length ? (this.#heads[HEAD * slot + START] as number) : 0;
  }

  length(slot: number): number {
    return HEAD * slot < this.#heads.length ? (this.#heads[HEAD * slot + LENGTH] as number) : 0;
  }

  push(slot: number, value: number): void {
    if (HEAD * slot >= this.#heads.length) this.#heads = grown(this.#heads, HEAD * (slot + 1));
    const head = HEAD * slot;
    const length = this.#heads[head + LENGTH] as number;
    if (length === this.#heads[head + SIZE]) this.#move(head, length);
    this.#numbers[(this.#heads[head + START] as number) + length] = value;
    this.#heads[head + LENGTH] = length + 1;
  }

  /** As `push`, to a list of the latest `bound` numbers, which is read by `of` alone. */
  append(slot: number, value: number, bound: number): void {
    if (this.length(slot) < bound) {
      this.push(slot, value);
      return;
    }
    const head = HEAD * slot;
    const oldest = this.#heads[head + OLDEST] as number;
    this.#numbers[(this.#heads[head + START] as number) + oldest] = value;
    this.#heads[head + OLDEST] = (oldest + 1) % bound;
  }

  /** Removes `count` numbers from place `at` on. */
  remove(slot: number, at: number, count: number): void {
    const [start, length, numbers] = [this.start(slot), this.length(slot), this.#numbers];
    for (let i = start + at; i < start + length - count; i++) numbers[i] = numbers[i + count] as number;
    if (count > 0) this.#heads[HEAD * slot + LENGTH] = length - count;
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
    const oldest = length === 0 ? 0 : (this.#heads[HEAD * slot + OLDEST] as number);
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
    const head = HEAD * slot;
    if (head >= this.#heads.length || this.#heads[head + SIZE] === 0) return;
    this.#release(this.#heads[head + START] as number, this.#heads[head + SIZE] as number);
    this.#heads.fill(0, head, head + HEAD);
  }

  /** Marks the ids that stand in all lists, from a place on at every `step`th; `scale` turns a number into its id. */
  mark(live: Uint8Array, from = 0, step = 1, scale = 1): void {
    for (let head = 0; head < this.#heads.length; head += HEAD) {
      const start = this.#heads[head + START] as number;
      const end = start + (this.#heads[head + LENGTH] as number);
      for (let at = start + from; at < end; at += step) live[Math.floor((this.#numbers[at] as number) / scale)] = 1;
    }
  }

  /** Fetches both ends of the lists of slots ahead of their use; `slots` is spent. */
  warm(slots: Int32Array, count: number): void {
    const [heads, numbers] = [this.#heads, this.#numbers];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const head = HEAD * (slots[i] as number);
      if (head < 0 || head >= heads.length) continue;
      const [start, length] = [heads[head + START] as number, heads[head + LENGTH] as number];
      sum += (numbers[start] as number) + (numbers[start + length] ?? 0);
    }
    // Kept, or a compiler could leave the reads out.
    slots[0] = sum;
  }

  #move(head: number, length: number): void {
    const heads = this.#heads;
    const [from, size] = [heads[head + START] as number, Math.max(2, 2 * length)];
    const to = this.#block(size);
    this.#numbers.copyWithin(to, from, from + length);
    if (length > 0) this.#release(from, length);
    [heads[head + START], heads[head + SIZE]] = [to, size];
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
