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
  /** Counts of the bins from `#lowest` on. */
  #bins = new Float64Array(0);
  #lowest = 0;
  /** Bins that are not empty. */
  #filled = 0;
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
      this.#put(bin, count);
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
    this.#put(Math.ceil(Math.log(value) / this.#logGamma), weight);
    if (this.#filled > this.#maxBins) this.#collapse();
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

  #put(bin: number, weight: number): void {
    const place = bin - this.#lowest;
    if (!(place >= 0 && place < this.#bins.length)) {
      this.#widen(bin);
      this.#put(bin, weight);
      return;
    }
    const before = this.#bins[place] as number;
    if (before === 0) this.#filled += 1;
    this.#bins[place] = before + weight;
  }

  /** Makes room for a bin, and for as many beside it as there are. */
  #widen(bin: number): void {
    const room = Math.max(16, this.#bins.length);
    const [lowest, end] = [this.#lowest, this.#lowest + this.#bins.length];
    const [from, to] =
      this.#bins.length === 0 ? [bin - room, bin + room] : [Math.min(lowest, bin - room), Math.max(end, bin + room)];
    const bins = new Float64Array(to - from);
    bins.set(this.#bins, lowest - from >= 0 && this.#bins.length > 0 ? lowest - from : 0);
    [this.#bins, this.#lowest] = [bins, from];
  }

  #ascending(): [number, number][] {
    const found: [number, number][] = [];
    this.#bins.forEach((count, place) => {
      if (count > 0) found.push([this.#lowest + place, count]);
    });
    return found;
  }

  #collapse(): void {
    const [lowest, next] = this.#ascending();
    if (!lowest || !next) return;
    this.#bins[lowest[0] - this.#lowest] = 0;
    this.#bins[next[0] - this.#lowest] = next[1] + lowest[1];
    this.#filled -= 1;
  }
}
