import type { NameProperty, Names } from "../signals/names.ts";
import { HyperLogLog, placeOf } from "../stats/hyperloglog.ts";
import type { Rows } from "./rows.ts";

const DAY = 86_400_000;
const PRECISION = 10;
const MAX_SCORES = 2048;

export interface PopulationState {
  readonly origin: number | null;
  readonly day: number | null;
  readonly past: number;
  readonly sketch: string;
}

/** How many subject-days a stream has shown: the number of chances that anything had to look like an anomaly. */
export class Population {
  #origin: number | undefined;
  #day: number | undefined;
  /** Subject-days of the days before. */
  #past = 0;
  #sketch = new HyperLogLog(PRECISION);
  /** When the running day ends, in ms. */
  #end = -Infinity;
  /** Where a subject belongs in the sketch. */
  readonly #places: NameProperty;

  constructor(names: Names) {
    this.#places = names.property((subject) => placeOf(subject, PRECISION));
  }

  /** Rows come in order of time. */
  seeRows(subjectIds: Int32Array, times: Float64Array, rows: Rows): void {
    while (rows.next()) this.see(subjectIds[rows.row] as number, times[rows.row] as number);
  }

  see(subjectId: number, time: number): void {
    if (time >= this.#end) this.#begin(time);
    this.#sketch.put(this.#places.of(subjectId));
  }

  #begin(time: number): void {
    this.#origin ??= time;
    const day = Math.floor(time / DAY);
    this.#end = (day + 1) * DAY;
    if (day === this.#day) return;
    this.#past = this.count;
    this.#day = day;
    this.#sketch = new HyperLogLog(PRECISION);
  }

  /** Time of the first row. */
  get origin(): number | undefined {
    return this.#origin;
  }

  get count(): number {
    return this.#past + (this.#day === undefined ? 0 : this.#sketch.estimate());
  }

  snapshot(): PopulationState {
    return { origin: this.#origin ?? null, day: this.#day ?? null, past: this.#past, sketch: this.#sketch.snapshot() };
  }

  restore({ origin, day, past, sketch }: PopulationState): void {
    this.#origin = origin ?? undefined;
    this.#day = day ?? undefined;
    this.#past = past;
    this.#sketch = new HyperLogLog(PRECISION, sketch);
  }
}

/**
 * Turns a detector's scores into p-values: (1 + earlier scores at least as high) / (1 + subject-days so far), the
 * probability that a subject-day like those seen gives such a score. Conformal: valid whatever the score's distribution
 * as long as the days are exchangeable; earlier attacks make it larger, never smaller. Keeps the highest 2,048 scores.
 * Source: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World" (2005).
 */
export class Calibration {
  /** Ascending. */
  #scores: number[];

  constructor(scores: readonly number[] = []) {
    this.#scores = [...scores];
  }

  /** The p-value of a score, which is then learned. */
  push(score: number, subjectDays: number): number {
    const at = lowerBound(this.#scores, score);
    const pValue = Math.min(1, (1 + this.#scores.length - at) / (1 + Math.max(this.#scores.length, subjectDays)));
    this.#scores.splice(at, 0, score);
    if (this.#scores.length > MAX_SCORES) this.#scores.shift();
    return pValue;
  }

  snapshot(): readonly number[] {
    return [...this.#scores];
  }
}

/** Index of the first element that is not below a value. */
function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
