const LENGTH = 30;

export interface RecentState {
  readonly values: readonly number[];
  readonly count: number;
}

/** The last 30 values and what the projections ask of them. While there are fewer, of those there are. */
export class Recent {
  readonly #values = new Float64Array(LENGTH);
  #count = 0;

  constructor(state?: RecentState) {
    if (!state) return;
    this.#values.set(state.values);
    this.#count = state.count;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  push(value: number): void {
    this.#values[this.#count % LENGTH] = value;
    this.#count += 1;
  }

  min(last: number): number {
    let min = Infinity;
    for (let left = this.#first(last), i = this.#count; left > 0; left--)
      min = Math.min(min, this.#values[--i % LENGTH] as number);
    return min;
  }

  /** Smallest, largest and mean of all that are kept. */
  overview(): { readonly min: number; readonly max: number; readonly mean: number } {
    const n = this.#first(LENGTH);
    let [min, max, sum] = [Infinity, -Infinity, 0];
    for (let i = 0; i < n; i++) {
      const value = this.#values[i] as number;
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
    }
    return { min, max, mean: sum / n };
  }

  /** Population standard deviation. */
  deviation(last: number): number {
    const n = this.#first(last);
    let [sum, squares] = [0, 0];
    for (let left = n, i = this.#count; left > 0; left--) sum += this.#values[--i % LENGTH] as number;
    for (let left = n, i = this.#count; left > 0; left--)
      squares += ((this.#values[--i % LENGTH] as number) - sum / n) ** 2;
    return Math.sqrt(squares / n);
  }

  snapshot(): RecentState {
    return { values: [...this.#values], count: this.#count };
  }

  #first(last: number): number {
    return Math.min(last, this.#count);
  }
}
