import type { SignalBatch } from "../signals/batch.ts";
import { Heap } from "./heap.ts";

/** A batch that waits, with the rows that are still to come in order. */
interface Part<C> {
  readonly batch: SignalBatch;
  /** Rows by time and event id; undefined when they already are. */
  readonly order: Uint32Array | undefined;
  /** What the consumer made of the batch. */
  readonly consumer: C;
  next: number;
}

const rowAt = <C>(part: Part<C>, index: number): number => part.order?.[index] ?? index;

function compareRows(a: SignalBatch, i: number, b: SignalBatch, j: number): number {
  const difference = (a.time[i] as number) - (b.time[j] as number);
  if (difference !== 0) return difference;
  const [left, right] = [a.eventId[i] as string, b.eventId[j] as string];
  return left < right ? -1 : left > right ? 1 : 0;
}

function orderOf(batch: SignalBatch): Uint32Array | undefined {
  for (let row = 1; row < batch.rowCount; row++) {
    if (compareRows(batch, row - 1, batch, row) > 0) {
      return Uint32Array.from({ length: batch.rowCount }, (_, i) => i).sort(
        (i, j) => compareRows(batch, i, batch, j) || i - j,
      );
    }
  }
  return undefined;
}

const headsBefore = <C>(a: Part<C>, b: Part<C>): boolean =>
  compareRows(a.batch, rowAt(a, a.next), b.batch, rowAt(b, b.next)) < 0;

/**
 * Brings the rows of many batches into order of event time (ties by event id). Rows may come up to `lateness` ms behind
 * the newest one; what comes later still is not given on but counted. Memory: the rows of the last `lateness` ms.
 */
export class Reorder<C> {
  readonly #lateness: number;
  readonly #visit: (consumer: C, order: Uint32Array | undefined, from: number, to: number) => void;
  readonly #parts = new Heap<Part<C>>(headsBefore);
  #newest = -Infinity;
  #released = -Infinity;
  #late = 0;

  /** `visit` gets the rows from one place of a batch's order to another; without an order they are those of the batch. */
  constructor(
    lateness: number,
    visit: (consumer: C, order: Uint32Array | undefined, from: number, to: number) => void,
  ) {
    this.#lateness = lateness;
    this.#visit = visit;
  }

  get late(): number {
    return this.#late;
  }

  /** Time of the newest row seen; −Infinity before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Adds a batch without giving on any row. */
  add(batch: SignalBatch, consumer: C): void {
    if (batch.rowCount === 0) return;
    const part: Part<C> = { batch, order: orderOf(batch), consumer, next: 0 };
    while (part.next < batch.rowCount && (batch.time[rowAt(part, part.next)] as number) < this.#released)
      part.next += 1;
    this.#late += part.next;
    if (part.next === batch.rowCount) return;
    this.#newest = Math.max(this.#newest, batch.time[rowAt(part, batch.rowCount - 1)] as number);
    this.#parts.push(part);
  }

  /** Gives on the rows that nothing can come before any more. */
  advance(): void {
    if (this.#newest > -Infinity) this.release(this.#newest - this.#lateness);
  }

  /** Gives on every waiting row up to a time. */
  release(upTo: number): void {
    this.#released = Math.max(this.#released, Math.min(upTo, this.#newest));
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      if (!this.#run(part, upTo)) {
        this.#parts.push(part);
        if ((part.batch.time[rowAt(part, part.next)] as number) > upTo) return;
      }
    }
  }

  /** Visits the rows of one part until another part's head comes first or the time is up; true when it is used up. */
  #run(part: Part<C>, upTo: number): boolean {
    const { batch, consumer, order, next } = part;
    const other = this.#parts.peek();
    let [low, high] = [next, batch.rowCount];
    // Rows are in order, so the first that has to wait is found by halving.
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rowAt(part, middle);
      const waits =
        (batch.time[row] as number) > upTo ||
        (other !== undefined && compareRows(other.batch, rowAt(other, other.next), batch, row) < 0);
      if (waits) high = middle;
      else low = middle + 1;
    }
    part.next = low;
    if (low > next) this.#visit(consumer, order, next, low);
    return low === batch.rowCount;
  }

  /** Shows the batches that have waiting rows. */
  visit(see: (batch: SignalBatch) => void): void {
    for (const { batch } of this.#parts.items) see(batch);
  }

  /** The rows that wait, and the clock, for a snapshot. */
  state(): { newest: number; released: number; late: number; waiting: { batch: SignalBatch; rows: number[] }[] } {
    const waiting = this.#parts.items.map((part) => ({
      batch: part.batch,
      rows: Array.from({ length: part.batch.rowCount - part.next }, (_, i) => rowAt(part, part.next + i)),
    }));
    return { newest: this.#newest, released: this.#released, late: this.#late, waiting };
  }

  restore(clock: { newest: number; released: number; late: number }): void {
    [this.#newest, this.#released, this.#late] = [clock.newest, clock.released, clock.late];
  }

  /** Puts back a batch of waiting rows without releasing any. */
  resume(batch: SignalBatch, consumer: C): void {
    this.#parts.push({ batch, order: orderOf(batch), consumer, next: 0 });
  }
}
