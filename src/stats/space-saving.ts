export interface HeavyHitter {
  readonly key: string;
  /** Upper bound of the true count; `count - error` is a lower bound. */
  readonly count: number;
  readonly error: number;
}

interface Slot {
  readonly key: string;
  count: number;
  error: number;
}

/**
 * The most frequent texts of a stream in k counters: an unknown text takes over the smallest counter and inherits its
 * count as error, so every text with more than N/k occurrences is present and no count is too high by more than N/k.
 * A binary min-heap of counters; add O(log k), memory O(k).
 * Source: Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements", ICDT 2005.
 */
export class SpaceSaving {
  readonly #capacity: number;
  readonly #heap: Slot[] = [];
  readonly #position = new Map<string, number>();

  constructor(capacity: number, snapshot: readonly HeavyHitter[] = []) {
    if (!(Number.isInteger(capacity) && capacity > 0)) throw new RangeError("SpaceSaving: capacity must be positive");
    this.#capacity = capacity;
    // Snapshots are written in heap order, so that restored ties break as they would have.
    for (const { key, count, error } of snapshot.slice(0, capacity)) {
      this.#position.set(key, this.#heap.length);
      this.#heap.push({ key, count, error });
    }
  }

  add(key: string, amount = 1): void {
    const at = this.#position.get(key);
    if (at !== undefined) {
      (this.#heap[at] as Slot).count += amount;
      this.#sink(at);
    } else if (this.#heap.length < this.#capacity) {
      this.#heap.push({ key, count: amount, error: 0 });
      this.#position.set(key, this.#heap.length - 1);
      this.#rise(this.#heap.length - 1);
    } else {
      const smallest = this.#heap[0] as Slot;
      this.#position.delete(smallest.key);
      this.#heap[0] = { key, count: smallest.count + amount, error: smallest.count };
      this.#position.set(key, 0);
      this.#sink(0);
    }
  }

  /** The counters by falling count, at most `limit`; ties by key. */
  top(limit = this.#capacity): HeavyHitter[] {
    return this.#heap
      .map((slot) => ({ ...slot }))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
      .slice(0, limit);
  }

  snapshot(): HeavyHitter[] {
    return this.#heap.map((slot) => ({ ...slot }));
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#heap[i] as Slot, this.#heap[j] as Slot];
    this.#heap[i] = b;
    this.#heap[j] = a;
    this.#position.set(b.key, i);
    this.#position.set(a.key, j);
  }

  #rise(start: number): void {
    for (let i = start; i > 0; ) {
      const parent = (i - 1) >> 1;
      if ((this.#heap[parent] as Slot).count <= (this.#heap[i] as Slot).count) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #sink(start: number): void {
    for (let i = start; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        const slot = this.#heap[child];
        if (slot && slot.count < (this.#heap[least] as Slot).count) least = child;
      }
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }
}
