import type { Rows } from "./rows.ts";
import type { Draft, Emit, RowsReader } from "./types.ts";

interface Episode {
  readonly start: number;
  last: number;
  best: Draft;
}

export type EpisodesState = readonly (readonly [string, Episode])[];

/**
 * One anomaly per burst: reports on the same key less than `gap` ms apart are one episode, told once when it is over, at
 * the time of its first report and with its highest score. At most `capacity` run at a time; the oldest ends early.
 */
export class Episodes {
  readonly #gap: number;
  readonly #emit: Emit;
  readonly #capacity: number;
  #open = new Map<string, Episode>();
  #nextEnd = Infinity;

  constructor(gap: number, emit: Emit, capacity = 10_000) {
    this.#gap = gap;
    this.#emit = emit;
    this.#capacity = capacity;
  }

  /** Whether the key has an episode that a report at `time` would extend. */
  isOpen(key: string): boolean {
    return this.#open.has(key);
  }

  report(key: string, draft: Draft): void {
    this.expire(draft.time);
    const episode = this.#open.get(key);
    if (episode) {
      episode.last = draft.time;
      if (draft.score > episode.best.score) episode.best = draft;
      return;
    }
    const [oldest] = this.#open;
    if (oldest && this.#open.size >= this.#capacity) this.#end(oldest[0], oldest[1]);
    this.#open.set(key, { start: draft.time, last: draft.time, best: draft });
    this.#nextEnd = Math.min(this.#nextEnd, draft.time + this.#gap);
  }

  /** Ends the episodes that have been quiet; call it with the time of every row. O(1) unless one may have ended. */
  expire(now: number): void {
    if (now <= this.#nextEnd) return;
    this.#nextEnd = Infinity;
    for (const [key, episode] of this.#open) {
      if (now > episode.last + this.#gap) this.#end(key, episode);
      else this.#nextEnd = Math.min(this.#nextEnd, episode.last + this.#gap);
    }
  }

  /** `expire` with the time of every row, for a reader that has nothing else to do with them. */
  expireBy(times: Float64Array, rows: Rows): void {
    if (this.#nextEnd !== Infinity) while (rows.next()) this.expire(times[rows.row] as number);
  }

  /** Gives `each` every row with its time, after what ended by then; where `acts` is false, episodes only end. */
  reader(times: Float64Array, acts: boolean, each: (row: number, time: number) => void): RowsReader {
    return (rows) => {
      if (!acts) {
        this.expireBy(times, rows);
        return;
      }
      while (rows.next()) {
        const time = times[rows.row] as number;
        this.expire(time);
        each(rows.row, time);
      }
    };
  }

  finish(): void {
    for (const [key, episode] of this.#open) this.#end(key, episode);
    this.#nextEnd = Infinity;
  }

  snapshot(): EpisodesState {
    return structuredClone([...this.#open]);
  }

  restore(state: EpisodesState): void {
    this.#open = new Map(structuredClone(state) as [string, Episode][]);
    const ends = [...this.#open.values()].map((episode) => episode.last + this.#gap);
    this.#nextEnd = ends.reduce((first, end) => Math.min(first, end), Infinity);
  }

  #end(key: string, { start, best }: Episode): void {
    this.#open.delete(key);
    this.#emit({ ...best, time: start });
  }
}
