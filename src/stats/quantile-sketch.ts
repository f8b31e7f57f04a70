export interface QuantileSketchState {
  readonly zero: number;
  /** [bin, count], ascending; the bin i holds (γ^(i−1), γ^i]. */
  readonly bins: readonly (readonly [number, number])[];
}

/**
 * Quantiles of non-negative numbers with relative error `accuracy` (default 1 %) in at most `maxBins` logarithmic bins
 * of ratio γ = (1+α)/(1−α). When the bins run out the lowest two merge: high quantiles keep their accuracy. Negative
 * values and NaN throw RangeError. add O(1) amortised, quantile O(bins log bins).
 * Source: Masson, Rim and Lee, "DDSketch", VLDB 2019.
 */
export class QuantileSketch {
  readonly #logGamma: number;
  readonly #maxBins: number;
  readonly #bins = new Map<number, number>();
  #zero = 0;
  #count = 0;

  constructor(accuracy = 0.01, maxBins = 1024, state?: QuantileSketchState) {
    if (!(accuracy > 0 && accuracy < 1)) throw new RangeError("QuantileSketch: accuracy must lie between 0 and 1");
    this.#logGamma = Math.log((1 + accuracy) / (1 - accuracy));
    this.#maxBins = maxBins;
    if (!state) return;
    this.#zero = state.zero;
    this.#count = state.zero;
    for (const [bin, count] of state.bins) {
      this.#bins.set(bin, count);
      this.#count += count;
    }
  }

  get count(): number {
    return this.#count;
  }

  add(value: number, weight = 1): void {
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`QuantileSketch: ${value} is not a finite value >= 0`);
    this.#count += weight;
    if (value < 1e-12) {
      this.#zero += weight;
      return;
    }
    const bin = Math.ceil(Math.log(value) / this.#logGamma);
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + weight);
    if (this.#bins.size > this.#maxBins) this.#collapse();
  }

  /** The value below which a share q of the stream lies; undefined while empty. */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const target = q * (this.#count - 1);
    let seen = this.#zero;
    if (seen > target) return 0;
    let last = 0;
    for (const [bin, count] of this.#ascending()) {
      last = (2 * Math.exp(bin * this.#logGamma)) / (Math.exp(this.#logGamma) + 1);
      seen += count;
      if (seen > target) return last;
    }
    return last;
  }

  snapshot(): QuantileSketchState {
    return { zero: this.#zero, bins: this.#ascending() };
  }

  #ascending(): [number, number][] {
    return [...this.#bins].sort((a, b) => a[0] - b[0]);
  }

  #collapse(): void {
    const [lowest, next] = this.#ascending();
    if (!lowest || !next) return;
    this.#bins.delete(lowest[0]);
    this.#bins.set(next[0], next[1] + lowest[1]);
  }
}
