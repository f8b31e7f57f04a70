import { Random } from "../stats/random.ts";

/** Seeded draws. The same seed and the same calls give the same answers everywhere. */
export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** A generator of its own for a named part, independent of what other parts draw. */
  static of(seed: number, name: string): Dice {
    let hash = seed >>> 0;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
    return new Dice(hash);
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.#random.next();
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  /** Whole number in [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.#random.next() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random.next() * items.length)] as T;
  }

  /** An item by Zipf's law: the first is the most frequent. */
  zipf<T>(items: readonly T[]): T {
    const rank = Math.floor(items.length ** this.#random.next()) - 1;
    return items[Math.min(rank, items.length - 1)] as T;
  }

  /** Log-normal with the given median; `spread` is the standard deviation of the logarithm. */
  skewed(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal());
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random.next())) * Math.cos(2 * Math.PI * this.#random.next());
  }

  /** Poisson count; above 30 by its normal approximation. */
  poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.unit(); product > limit; product *= this.unit()) count++;
    return count;
  }

  /** A version 4 UUID. */
  uuid(): string {
    const hex = `${this.#hex()}${this.#hex()}${this.#hex()}${this.#hex()}`;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  #hex(): string {
    return Math.floor(this.#random.next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  }
}

/** Whether the i-th of many belongs to a share of them, spread evenly: exact shares without chance. */
export const inShare = (index: number, share: number): boolean =>
  Math.floor((index + 1) * share + 1e-9) > Math.floor(index * share + 1e-9);
