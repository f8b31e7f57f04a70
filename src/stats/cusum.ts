export interface CusumState {
  readonly sum: number;
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * One-sided cumulative sum for a persistent rise of a mean: S ← max(0, S + z − slack) with z the deviation from the mean
 * of the past in standard deviations, clipped at ±4 so that one outlier is neither a drift nor a new normal. The baseline learns only while S
 * is below half the limit, so that a drift does not teach itself. `push` answers S. O(1) time and memory.
 * Source: E. S. Page, "Continuous Inspection Schemes", Biometrika 41 (1954).
 */
export class Cusum {
  readonly #slack: number;
  readonly #limit: number;
  readonly #minimum: number;
  #sum = 0;
  #count = 0;
  #mean = 0;
  #variance = 0;

  constructor(
    options: { readonly slack: number; readonly limit: number; readonly minimum: number },
    state?: CusumState,
  ) {
    this.#slack = options.slack;
    this.#limit = options.limit;
    this.#minimum = options.minimum;
    if (state)
      [this.#sum, this.#count, this.#mean, this.#variance] = [state.sum, state.count, state.mean, state.variance];
  }

  get mean(): number {
    return this.#mean;
  }

  get count(): number {
    return this.#count;
  }

  push(value: number): number {
    if (this.#count >= this.#minimum) {
      const deviation = Math.sqrt(Math.max(this.#variance, 1e-12));
      const z = Math.max(-4, Math.min(4, (value - this.#mean) / deviation));
      this.#sum = Math.max(0, this.#sum + z - this.#slack);
    }
    if (this.#sum < this.#limit / 2) this.#learn(value);
    return this.#sum;
  }

  snapshot(): CusumState {
    return { sum: this.#sum, count: this.#count, mean: this.#mean, variance: this.#variance };
  }

  #learn(raw: number): void {
    const reach = 4 * Math.sqrt(Math.max(this.#variance, 1e-12));
    const isBaseline = this.#count >= this.#minimum;
    const value = isBaseline ? Math.max(this.#mean - reach, Math.min(this.#mean + reach, raw)) : raw;
    this.#count += 1;
    const rate = Math.max(0.01, 1 / this.#count);
    const before = value - this.#mean;
    this.#mean += rate * before;
    this.#variance += rate * (before * (value - this.#mean) - this.#variance);
  }
}
