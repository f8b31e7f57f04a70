import { hash } from "node:crypto";
import type { ColumnBatch } from "../../backends/types.ts";

/** Keys that are kept beyond those that the next run can meet again. */
const SPARE = 100_000;
const LENGTH = 11;

export interface KeyState {
  /** Keys of `LENGTH` characters each, one after the other, the oldest first. */
  readonly keys: string;
  /**
   * For each key the run that met it (ticks of its ingestion end), negative where no later increment can bring it
   * again. Run-length coded.
   */
  readonly runs: readonly (readonly [run: string, count: number])[];
}

/** Names the event of a row: by its id or, where it has none, by its time. */
function namer({ columns }: ColumnBatch): (row: number) => string {
  const [ids, times, ...others] = ["EventId", "TimeGenerated", "Subject", "Resource", "Operation"].map(
    (name) => columns.get(name) ?? [],
  );
  return (row) => {
    const id = ids?.[row] || `\u0001${times?.[row]}`;
    const text = [id, ...others.map((cells) => cells[row] ?? "")].join("\u0000");
    return hash("sha256", text, "base64url").slice(0, LENGTH);
  };
}

/**
 * The events of earlier runs by a digest, so that an event that comes again is dropped: from an increment that overlaps
 * the one before, from a sender that repeats itself, from a query that sums up an hour or an incident.
 */
export class EventKeys {
  readonly #keys = new Map<string, bigint>();

  constructor(state?: KeyState) {
    if (!state) return;
    let at = 0;
    for (const [run, count] of state.runs) {
      for (let i = 0; i < count; i++, at += LENGTH) this.#keys.set(state.keys.slice(at, at + LENGTH), BigInt(run));
    }
  }

  /**
   * The batch without the events that an earlier run had. Within a run nothing is dropped: the same query in one piece
   * would answer both. `recent` (ISO): events from here on can come again.
   */
  fresh(batch: ColumnBatch, until: bigint, recent: string): ColumnBatch {
    const keyOf = namer(batch);
    const times = batch.columns.get("TimeGenerated") ?? [];
    const rows: number[] = [];
    for (let row = 0; row < batch.rowCount; row++) {
      const key = keyOf(row);
      const run = this.#keys.get(key);
      if (run !== undefined && run !== until && run !== -until) continue;
      rows.push(row);
      if (run === undefined) this.#keys.set(key, String(times[row]) >= recent ? until : -until);
    }
    if (this.#keys.size > 2 * SPARE) this.prune(until);
    return rows.length === batch.rowCount ? batch : pick(batch, rows);
  }

  /** Forgets the oldest keys beyond `SPARE` that no increment from `from` (ticks) on can bring again. */
  prune(from: bigint): void {
    let excess = this.#keys.size - SPARE;
    for (const [key, run] of this.#keys) {
      if (excess <= 0) return;
      if (run >= from) continue;
      this.#keys.delete(key);
      excess -= 1;
    }
  }

  snapshot(): KeyState {
    const runs: [string, number][] = [];
    for (const run of this.#keys.values()) {
      const text = run.toString();
      const last = runs.at(-1);
      if (last?.[0] === text) last[1] += 1;
      else runs.push([text, 1]);
    }
    return { keys: [...this.#keys.keys()].join(""), runs };
  }
}

const pick = ({ columns }: ColumnBatch, rows: readonly number[]): ColumnBatch => ({
  rowCount: rows.length,
  columns: new Map([...columns].map(([name, cells]) => [name, rows.map((row) => cells[row] ?? null)])),
});
