/** Representatives kept and past records compared with. */
const RECORDS = 8;
/** Records fade by this factor per event. */
const FADE = 0.9998;
/** Score of a value exactly as novel as the weakest record. */
const LEVEL = 5;
/** Below this accumulated fading the lazily faded records are brought back to scale. */
const RESCALE = 1e-6;

export interface NoveltyState {
  readonly values: readonly number[];
  readonly records: readonly number[];
  readonly fade: number;
}

/**
 * How novel a value is against a dictionary of everything seen before: the distance to the nearest of at most
 * `capacity` representatives (streaming k-centre), compared with the largest distances of the past as
 * log2(d / eighth largest) + 5, at least 0. push O(capacity) when the dictionary changes, else O(log capacity).
 */
export class Novelty {
  readonly #values: Float64Array;
  #size = 0;
  /** Index and cost of the interior representative that is closest to a neighbour; −1 while there is none. */
  #cheapest = -1;
  #cost = Infinity;
  /** Largest distances, descending, each divided by the fading of its time so that fading all costs one product. */
  readonly #records = new Float64Array(RECORDS);
  #fade = 1;

  constructor(capacity: number, state?: NoveltyState) {
    this.#values = new Float64Array(capacity + 1);
    if (!state) return;
    this.#values.set(state.values);
    this.#size = state.values.length;
    this.#records.set(state.records);
    this.#fade = state.fade;
    this.#findCheapest();
  }

  get bytes(): number {
    return this.#values.byteLength + this.#records.byteLength;
  }

  push(value: number): number {
    const at = this.#position(value);
    const distance = this.#distance(value, at);
    const score = this.#score(distance);
    this.#fade *= FADE;
    if (this.#fade < RESCALE) this.#rescale();
    if (distance > 0) this.#record(distance / this.#fade);
    if (distance > 0 || this.#size === 0) this.#learn(value, at, distance);
    return score;
  }

  snapshot(): NoveltyState {
    return { values: [...this.#values.subarray(0, this.#size)], records: [...this.#records], fade: this.#fade };
  }

  /** First index whose representative is not below the value. */
  #position(value: number): number {
    let [low, high] = [0, this.#size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#values[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #distance(value: number, at: number): number {
    if (this.#size === 0) return 0;
    const above = at < this.#size ? (this.#values[at] as number) - value : Infinity;
    const below = at > 0 ? value - (this.#values[at - 1] as number) : Infinity;
    return Math.min(above, below);
  }

  #score(distance: number): number {
    if (!(distance > 0)) return 0;
    const weakest = this.#records[RECORDS - 1] as number;
    if (weakest === 0) return LEVEL;
    return Math.max(0, Math.log2(distance / (weakest * this.#fade)) + LEVEL);
  }

  #record(scaled: number): void {
    let at = RECORDS - 1;
    if (scaled <= (this.#records[at] as number)) return;
    for (; at > 0 && (this.#records[at - 1] as number) < scaled; at--) {
      this.#records[at] = this.#records[at - 1] as number;
    }
    this.#records[at] = scaled;
  }

  #rescale(): void {
    for (let i = 0; i < RECORDS; i++) this.#records[i] = (this.#records[i] as number) * this.#fade;
    this.#fade = 1;
  }

  #learn(value: number, at: number, distance: number): void {
    const full = this.#size === this.#values.length - 1;
    if (full && !(distance > this.#cost)) return;
    this.#values.copyWithin(at + 1, at, this.#size);
    this.#values[at] = value;
    this.#size += 1;
    if (full) {
      const drop = this.#cheapest >= at ? this.#cheapest + 1 : this.#cheapest;
      this.#values.copyWithin(drop, drop + 1, this.#size);
      this.#size -= 1;
    }
    if (this.#size === this.#values.length - 1) this.#findCheapest();
  }

  #findCheapest(): void {
    [this.#cheapest, this.#cost] = [-1, Infinity];
    let gap = (this.#values[1] as number) - (this.#values[0] as number);
    for (let i = 1; i < this.#size - 1; i++) {
      const next = (this.#values[i + 1] as number) - (this.#values[i] as number);
      const cost = Math.min(gap, next);
      if (cost < this.#cost) {
        this.#cheapest = i;
        this.#cost = cost;
      }
      gap = next;
    }
  }
}
