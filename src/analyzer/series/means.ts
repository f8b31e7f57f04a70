export interface MeansState {
  readonly means: readonly number[];
  readonly counts: readonly number[];
}

/** Values after which no mean is an average any more: the rates are above 1/255. */
const ENOUGH = 255;

/** Exponentially weighted means per calendar bin: rate max(a, 1/count), so that a new bin starts as an average. */
export class BinnedMeans {
  readonly #rate: number;
  readonly #means: Float64Array;
  /** Up to ENOUGH: beyond it the rate alone counts. */
  readonly #counts: Uint8Array;

  constructor(bins: number, rate: number, state?: MeansState) {
    this.#rate = rate;
    this.#means = Float64Array.from(state?.means ?? new Float64Array(bins));
    this.#counts = Uint8Array.from(state?.counts ?? new Uint8Array(bins));
  }

  get bytes(): number {
    return this.#means.byteLength + this.#counts.byteLength;
  }

  /** Distance of a value from its bin's mean before the value is learned; 0 for the first value of a bin. */
  residual(bin: number, value: number): number {
    const count = Math.min(ENOUGH, (this.#counts[bin] as number) + 1);
    this.#counts[bin] = count;
    const mean = this.#means[bin] as number;
    if (count === 1) {
      this.#means[bin] = value;
      return 0;
    }
    this.#means[bin] = mean + Math.max(this.#rate, 1 / count) * (value - mean);
    return value - mean;
  }

  /** The bin's mean after the value is learned. */
  learn(bin: number, value: number): number {
    this.residual(bin, value);
    return this.#means[bin] as number;
  }

  snapshot(): MeansState {
    return { means: [...this.#means], counts: [...this.#counts] };
  }
}
