export interface DecayedCounterState {
  value: number;
  time: number;
}

/**
 * A count whose past halves every `halfLife` (any unit, the same as `time`): v ← v·2^(−Δt/halfLife) + amount. Time that
 * runs backwards does not grow the past. O(1) time, two numbers of state.
 * Source: Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay", ICDE 2009.
 */
export class DecayedCounter {
  readonly #halfLife: number;
  #value = 0;
  #time = 0;

  constructor(halfLife: number, state?: DecayedCounterState) {
    if (!(halfLife > 0)) throw new RangeError(`DecayedCounter: half-life must be positive, got ${halfLife}`);
    this.#halfLife = halfLife;
    if (state) [this.#value, this.#time] = [state.value, state.time];
  }

  /** The count as of `time`. */
  at(time: number): number {
    return this.#value === 0 ? 0 : this.#value * 2 ** (-Math.max(0, time - this.#time) / this.#halfLife);
  }

  add(time: number, amount = 1): number {
    this.#value = this.at(time) + amount;
    this.#time = Math.max(this.#time, time);
    return this.#value;
  }

  snapshot(): DecayedCounterState {
    return { value: this.#value, time: this.#time };
  }
}
