const LENGTH = 30;

export interface RecentState {
  readonly values: readonly number[];
  readonly count: number;
}

const before = (place: number): number => (place === 0 ? LENGTH - 1 : place - 1);

/** The last 30 values and what the projections ask of them. While there are fewer, of those there are. */
export class Recent {
  readonly #values = new Float64Array(LENGTH);
  #count = 0;
  /** Where the next value goes. */
  #next = 0;

  constructor(state?: RecentState) {
    if (!state) return;
    this.#values.set(state.values);
    this.#count = state.count;
    this.#next = state.count % LENGTH;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = this.#next === LENGTH - 1 ? 0 : this.#next + 1;
    this.#count += 1;
  }

  min(last: number): number {
    let min = Infinity;
    for (let left = this.#first(last), i = this.#next; left > 0; left--) {
      i = before(i);
      if ((this.#values[i] as number) < min) min = this.#values[i] as number;
    }
    return min;
  }

  /** Smallest, largest and mean of all that are kept. */
  overview(): { readonly min: number; readonly max: number; readonly mean: number } {
    const n = this.#first(LENGTH);
    let [min, max, sum] = [Infinity, -Infinity, 0];
    for (let i = 0; i < n; i++) {
      const value = this.#values[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
    return { min, max, mean: sum / n };
  }

  /** Population standard deviation. */
  deviation(last: number): number {
    const n = this.#first(last);
    let [sum, squares] = [0, 0];
    for (let left = n, i = this.#next; left > 0; left--) {
      i = before(i);
      sum += this.#values[i] as number;
    }
    const mean = sum / n;
    for (let left = n, i = this.#next; left > 0; left--) {
      i = before(i);
      const distance = (this.#values[i] as number) - mean;
      squares += distance * distance;
    }
    return Math.sqrt(squares / n);
  }

  snapshot(): RecentState {
    return { values: [...this.#values], count: this.#count };
  }

  #first(last: number): number {
    return Math.min(last, this.#count);
  }
}
