const ORDER = 8;
const FORGETTING = 0.999;
const START = 100;
const MAX_TRACE = 1e6;
/** Standardised values are clipped here, and the error that is learned from there. */
const CLIP_VALUE = 50;
const CLIP_ERROR = 5;
const MIN_RATE = 0.001;

export interface AutoregressionState {
  readonly weights: readonly number[];
  readonly inverse: readonly number[];
  readonly past: readonly number[];
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * One-step prediction from the last 8 values by recursive least squares (forgetting 0.999) on the standardised series.
 * push answers the absolute prediction error in standard deviations. O(64).
 * Source: S. Haykin, "Adaptive Filter Theory", chapter on RLS.
 */
export class Autoregression {
  readonly #weights = new Float64Array(ORDER);
  /** Inverse correlation matrix by rows. */
  readonly #inverse = new Float64Array(ORDER * ORDER);
  readonly #past = new Float64Array(ORDER);
  readonly #gain = new Float64Array(ORDER);
  #count = 0;
  #mean = 0;
  #variance = 0;

  constructor(state?: AutoregressionState) {
    this.#reset();
    if (!state) return;
    this.#weights.set(state.weights);
    this.#inverse.set(state.inverse);
    this.#past.set(state.past);
    [this.#count, this.#mean, this.#variance] = [state.count, state.mean, state.variance];
  }

  get bytes(): number {
    return this.#weights.byteLength + this.#inverse.byteLength + this.#past.byteLength + this.#gain.byteLength;
  }

  push(value: number): number {
    const standardised = this.#standardise(value);
    let predicted = 0;
    for (let i = 0; i < ORDER; i++) predicted += (this.#weights[i] as number) * (this.#past[i] as number);
    const error = standardised - predicted;
    this.#learn(Math.max(-CLIP_ERROR, Math.min(CLIP_ERROR, error)));
    this.#past.copyWithin(1, 0, ORDER - 1);
    this.#past[0] = standardised;
    return Math.abs(error);
  }

  snapshot(): AutoregressionState {
    return {
      weights: [...this.#weights],
      inverse: [...this.#inverse],
      past: [...this.#past],
      count: this.#count,
      mean: this.#mean,
      variance: this.#variance,
    };
  }

  #standardise(value: number): number {
    this.#count += 1;
    const rate = Math.max(MIN_RATE, 1 / this.#count);
    const before = value - this.#mean;
    this.#mean += rate * before;
    this.#variance += rate * (before * (value - this.#mean) - this.#variance);
    const deviation = Math.sqrt(this.#variance);
    if (!(deviation > 0)) return 0;
    return Math.max(-CLIP_VALUE, Math.min(CLIP_VALUE, (value - this.#mean) / deviation));
  }

  #learn(error: number): void {
    const [p, x, gain] = [this.#inverse, this.#past, this.#gain];
    let denominator = FORGETTING;
    for (let i = 0; i < ORDER; i++) {
      let sum = 0;
      for (let j = 0; j < ORDER; j++) sum += (p[i * ORDER + j] as number) * (x[j] as number);
      gain[i] = sum;
      denominator += sum * (x[i] as number);
    }
    let trace = 0;
    for (let i = 0; i < ORDER; i++) {
      const k = (gain[i] as number) / denominator;
      this.#weights[i] = (this.#weights[i] as number) + k * error;
      for (let j = 0; j < ORDER; j++) {
        p[i * ORDER + j] = ((p[i * ORDER + j] as number) - k * (gain[j] as number)) / FORGETTING;
      }
      trace += p[i * ORDER + i] as number;
    }
    if (!(trace <= MAX_TRACE)) this.#reset();
  }

  #reset(): void {
    this.#inverse.fill(0);
    for (let i = 0; i < ORDER; i++) this.#inverse[i * ORDER + i] = START;
  }
}
