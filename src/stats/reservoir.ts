import { Random } from "./random.ts";

export interface ReservoirState<T> {
  readonly items: readonly T[];
  readonly seen: number;
  readonly random: number;
}

/**
 * A uniform sample of `capacity` items out of a stream of unknown length: item i replaces a random one with probability
 * capacity/i. The draw is seeded, so a replay samples the same items. add O(1), memory O(capacity).
 * Source: J. S. Vitter, "Random Sampling with a Reservoir" (algorithm R), ACM TOMS 11 (1985).
 */
export class Reservoir<T> {
  readonly #capacity: number;
  readonly #items: T[];
  readonly #random: Random;
  #seen: number;

  constructor(capacity: number, state: ReservoirState<T> = { items: [], seen: 0, random: 1 }) {
    if (!(Number.isInteger(capacity) && capacity > 0)) throw new RangeError("Reservoir: capacity must be positive");
    this.#capacity = capacity;
    this.#items = [...state.items];
    this.#seen = state.seen;
    this.#random = new Random(state.random);
  }

  add(item: T): void {
    this.offer(() => item);
  }

  /** As `add`, for an item that costs something to make: it is made only if it is kept. */
  offer(make: () => T): void {
    this.#seen += 1;
    if (this.#items.length < this.#capacity) {
      this.#items.push(make());
      return;
    }
    const slot = Math.floor(this.#random.next() * this.#seen);
    if (slot < this.#capacity) this.#items[slot] = make();
  }

  get items(): readonly T[] {
    return this.#items;
  }

  get seen(): number {
    return this.#seen;
  }

  snapshot(): ReservoirState<T> {
    return { items: [...this.#items], seen: this.#seen, random: this.#random.snapshot() };
  }
}
