import type { Pillar } from "../core/maturity.ts";
import type { ContextColumn } from "../core/signal.ts";
import type { SignalBatch } from "../signals/batch.ts";
import type { Names } from "../signals/names.ts";
import type { Rows } from "./rows.ts";

/** An anomaly as a detector states it. `time` is milliseconds; log values in `reason` are raw text. */
export interface Draft {
  readonly subject: string;
  readonly time: number;
  readonly score: number;
  readonly reason: string;
}

export type Emit = (draft: Draft) => void;

/** Looks at rows of the batch that it was opened on. */
export type RowsReader = (rows: Rows) => void;

/** One running detector of one pillar. Rows come in order of event time; there is no other clock. */
export interface DetectorRun {
  open(batch: SignalBatch): RowsReader;
  /** The stream ends at `time`: what waits for more data decides now. */
  finish(time: number): void;
  /** Everything that the future depends on, as JSON. */
  snapshot(): unknown;
  restore(state: unknown): void;
  /** Entities forgotten because the memory bound was reached. */
  readonly evictions: number;
}

export type Settings = Readonly<Record<string, number>>;

/** A detector: the default export of a file in detectors/, named as the file. */
export interface Detector<S extends Settings = Settings> {
  readonly name: string;
  readonly pillars: readonly Pillar[];
  /** Context columns without which a batch cannot be judged. */
  readonly needs: readonly ContextColumn[];
  readonly defaults: S;
  /** Settings under which weaker candidates are told too, for an alert budget to choose from. */
  readonly relaxed?: Settings;
  /** `names` are those of every batch that the run will see. */
  create(settings: S, emit: Emit, names: Names): DetectorRun;
}

/** Checks a definition against the names of its own settings, and gives the registry one type. */
export const detector = <S extends Settings>(definition: Detector<S>): Detector => definition;
