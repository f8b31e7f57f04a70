/** Histogram of magnitudes: eight bins per octave from 2^−20 to 2^20; what lies outside goes to the end bins. */
const BINS_PER_OCTAVE = 8;
const LOWEST_OCTAVE = -20;
const BINS = 320;

const TAIL = 0.02;
const MINUS_LOG10_TAIL = -Math.log10(TAIL);
const REFRESH = 50;
const MIN_EXCESSES = 8;
const CAP = 30;

export interface SpotState {
  readonly n: number;
  /** Log2 histogram as [bin, count], empty bins left out. */
  readonly bins: readonly (readonly [number, number])[];
  readonly threshold: number;
  readonly excesses: number;
  readonly mean: number;
  readonly variance: number;
}

const binOf = (value: number): number => {
  if (!(value > 2 ** LOWEST_OCTAVE)) return 0;
  return Math.min(BINS - 1, Math.floor((Math.log2(value) - LOWEST_OCTAVE) * BINS_PER_OCTAVE));
};

const upperEdge = (bin: number): number => 2 ** ((bin + 1) / BINS_PER_OCTAVE + LOWEST_OCTAVE);

/**
 * Streaming tail probability of a magnitude: `push(x)` answers −log10 P(X ≥ x) as of the values before x, then learns x.
 * Below the 98 % quantile u the probability is empirical, (above + half the own bin + 1)/(n + 1); above it a generalised
 * Pareto tail is fitted to the excesses by moments: ξ = clamp((1 − m²/s²)/2, −0.3, 0.5), σ = m(1 − ξ). The answer is
 * capped at 30. push O(log bins), memory 2.6 KB.
 * Source: Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017; moments after Hosking and
 * Wallis 1987.
 */
export class Spot {
  /** Fenwick tree over the bins, 1-based. */
  readonly #tree = new Uint32Array(BINS + 1);
  readonly #bins = new Uint32Array(BINS);
  #n = 0;
  #threshold = Infinity;
  #excesses = 0;
  #mean = 0;
  #variance = 0;

  constructor(state?: SpotState) {
    if (!state) return;
    for (const [bin, count] of state.bins) this.#insert(bin, count);
    this.#n = state.n;
    this.#threshold = state.threshold < 0 ? Infinity : state.threshold;
    [this.#excesses, this.#mean, this.#variance] = [state.excesses, state.mean, state.variance];
  }

  get count(): number {
    return this.#n;
  }

  get bytes(): number {
    return this.#tree.byteLength + this.#bins.byteLength;
  }

  push(value: number): number {
    const bin = binOf(value);
    const score = this.#score(value, bin);
    this.#learn(value, bin);
    return score;
  }

  score(value: number): number {
    return this.#score(value, binOf(value));
  }

  learn(value: number): void {
    this.#learn(value, binOf(value));
  }

  #score(value: number, bin: number): number {
    if (this.#n === 0) return 0;
    if (value > this.#threshold && this.#excesses > MIN_EXCESSES) return this.#tailScore(value - this.#threshold);
    const own = this.#bins[bin] ?? 0;
    const above = this.#n - this.#upTo(bin);
    return -Math.log10((above + own / 2 + 1) / (this.#n + 1));
  }

  #learn(value: number, bin: number): void {
    if (value > this.#threshold) this.#learnExcess(value - this.#threshold);
    this.#insert(bin, 1);
    this.#n += 1;
    if (this.#n % REFRESH === 0) this.#threshold = upperEdge(this.#quantileBin(1 - TAIL));
  }

  snapshot(): SpotState {
    const bins: (readonly [number, number])[] = [];
    this.#bins.forEach((count, bin) => {
      if (count > 0) bins.push([bin, count]);
    });
    // JSON has no infinity; a threshold is never negative.
    const threshold = this.#threshold === Infinity ? -1 : this.#threshold;
    return { n: this.#n, bins, threshold, excesses: this.#excesses, mean: this.#mean, variance: this.#variance };
  }

  #tailScore(excess: number): number {
    // Equal excesses have variance 0: the quotient is infinite and the clamp takes over.
    const xi = Math.min(0.5, Math.max(-0.3, 0.5 * (1 - this.#mean ** 2 / this.#variance)));
    const scaled = excess / (this.#mean * (1 - xi));
    const inner = 1 + xi * scaled;
    if (inner <= 0) return CAP;
    const log = Math.abs(xi) < 1e-6 ? scaled : Math.log(inner) / xi;
    return Math.min(CAP, MINUS_LOG10_TAIL + Math.LOG10E * log);
  }

  #learnExcess(raw: number): void {
    const excess = this.#excesses > 9 ? Math.min(raw, 20 * this.#mean) : raw;
    this.#excesses += 1;
    const gain = 1 / Math.min(this.#excesses, 200);
    const before = excess - this.#mean;
    this.#mean += gain * before;
    this.#variance += gain * (before * (excess - this.#mean) - this.#variance);
  }

  #insert(bin: number, count: number): void {
    this.#bins[bin] = (this.#bins[bin] ?? 0) + count;
    for (let i = bin + 1; i <= BINS; i += i & -i) this.#tree[i] = (this.#tree[i] ?? 0) + count;
  }

  #upTo(bin: number): number {
    let sum = 0;
    for (let i = bin + 1; i > 0; i -= i & -i) sum += this.#tree[i] ?? 0;
    return sum;
  }

  #quantileBin(q: number): number {
    let rest = q * this.#n;
    let at = 0;
    for (let step = 256; step > 0; step >>= 1) {
      const next = at + step;
      const count = this.#tree[next] ?? 0;
      if (next <= BINS && count < rest) {
        at = next;
        rest -= count;
      }
    }
    return Math.min(at, BINS - 1);
  }
}
