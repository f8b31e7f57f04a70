/** Events within which only a higher score counts. */
const QUIET = 100;
/** Places at first; they double while there are more falling maxima. */
const PLACES = 8;

/** The falling maxima of the scores of the last 100 events, in a ring. push O(1) amortised. */
export class Peaks {
  #events = new Uint32Array(PLACES);
  #scores = new Float64Array(PLACES);
  #first = 0;
  #count = 0;

  constructor(state: readonly (readonly [event: number, score: number])[] = []) {
    for (const [event, score] of state) this.#append(event, score);
  }

  get bytes(): number {
    return this.#events.byteLength + this.#scores.byteLength;
  }

  /** Whether a score is above every one of the events before. Events count up by one. */
  push(event: number, score: number): boolean {
    while (this.#count > 0 && (this.#events[this.#first] as number) < event - QUIET) {
      this.#first = this.#place(1);
      this.#count -= 1;
    }
    const isHighest = this.#count === 0 || score > (this.#scores[this.#first] as number);
    while (this.#count > 0 && (this.#scores[this.#place(this.#count - 1)] as number) <= score) this.#count -= 1;
    this.#append(event, score);
    return isHighest;
  }

  snapshot(): (readonly [event: number, score: number])[] {
    return Array.from({ length: this.#count }, (_, i) => {
      const place = this.#place(i);
      return [this.#events[place] as number, this.#scores[place] as number] as const;
    });
  }

  #place(index: number): number {
    return (this.#first + index) & (this.#events.length - 1);
  }

  #append(event: number, score: number): void {
    if (this.#count === this.#events.length) this.#grow();
    const place = this.#place(this.#count);
    this.#events[place] = event;
    this.#scores[place] = score;
    this.#count += 1;
  }

  #grow(): void {
    const kept = this.snapshot();
    this.#events = new Uint32Array(2 * kept.length);
    this.#scores = new Float64Array(2 * kept.length);
    [this.#first, this.#count] = [0, 0];
    for (const [event, score] of kept) this.#append(event, score);
  }
}
