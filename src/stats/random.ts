/**
 * Seeded uniform numbers in [0, 1) with 32 bits of state: a Weyl sequence through MurmurHash3's finaliser. The same
 * seed gives the same numbers everywhere; not for secrets. O(1).
 * Source: G. L. Steele et al., "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014 (SplitMix, 32-bit form).
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  }

  /** Seed that continues the sequence. */
  snapshot(): number {
    return this.#state;
  }
}
