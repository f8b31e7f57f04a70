import { createHash } from "node:crypto";
import type { Anomaly, TrustSummary } from "../core/assessment.ts";
import type { Pillar } from "../core/maturity.ts";
import type { ContextColumn } from "../core/signal.ts";
import { hasColumn, markIds, type SignalBatch } from "../signals/batch.ts";
import { Names } from "../signals/names.ts";
import { Tally, type TallyState, type Verification } from "../signals/tally.ts";
import { Calibration, Population, type PopulationState } from "./calibration.ts";
import { type PackedBatch, pack, unpack } from "./packed.ts";
import { Reorder } from "./reorder.ts";
import { Rows } from "./rows.ts";
import { TrustLedger, type TrustState } from "./trust.ts";
import type { Detector, DetectorRun, Draft, RowsReader, Settings } from "./types.ts";

/** What a detector could and could not see: no anomaly from a detector that saw no row is not good news. */
export interface DetectorCoverage {
  readonly detector: string;
  readonly pillar: Pillar;
  readonly rows: number;
  /** Rows of batches that lack a needed column. */
  readonly skipped: number;
  readonly missing: readonly ContextColumn[];
  readonly evictions: number;
  /** Anomalies beyond the bound that were counted but not kept. */
  readonly suppressed: number;
}

interface Slot {
  readonly detector: Detector;
  readonly run: DetectorRun;
  readonly missing: Set<ContextColumn>;
  readonly anomalies: Anomaly[];
  calibration: Calibration;
  rows: number;
  skipped: number;
  suppressed: number;
}

interface SlotState {
  readonly state: unknown;
  readonly missing: readonly ContextColumn[];
  readonly anomalies: readonly Anomaly[];
  readonly scores: readonly number[];
  readonly rows: number;
  readonly skipped: number;
  readonly suppressed: number;
}

export interface StreamState {
  readonly tally: TallyState;
  /** Times are null before the first row: JSON has no infinity. */
  readonly clock: { readonly newest: number | null; readonly released: number | null; readonly late: number };
  readonly waiting: readonly PackedBatch[];
  readonly population: PopulationState;
  readonly trust: TrustState;
  readonly detectors: Readonly<Record<string, SlotState>>;
}

export interface StreamOptions {
  readonly detectors: readonly Detector[];
  readonly settings: Readonly<Record<string, Settings>>;
  readonly minimumKnown: number;
  readonly lateness: number;
  readonly maxAnomalies: number;
  /** Detectors hand over weaker candidates too, for a budget to choose from. */
  readonly relaxed: boolean;
}

const anomalyId = (detector: string, pillar: Pillar, { subject, time, reason }: Draft): string =>
  createHash("sha256")
    .update(JSON.stringify([detector, pillar, subject, time, reason]))
    .digest("hex")
    .slice(0, 16);

const orNull = (time: number): number | null => (time === -Infinity ? null : time);

/** A batch, and what reads its rows: trust, then a reader per detector that has the columns it needs. */
interface Opened {
  readonly batch: SignalBatch;
  readonly readers: readonly (RowsReader | undefined)[];
}

/** A draft waits for the p-value, which rests on what all rows up to its own have shown. */
interface Told {
  readonly place: number;
  readonly slot: Slot;
  readonly draft: Draft;
}

/** Rows of one batch from one place of the stretch to another. */
interface Run {
  readonly opened: Opened;
  readonly from: number;
  to: number;
}

/** Rows that one detector reads before the next one does: its state stays in the cache. */
const STRETCH = 4096;

/** The signals of one pillar: verdict counts, and its detectors behind the reordering buffer. */
export class PillarStream {
  readonly names = new Names();
  readonly #pillar: Pillar;
  readonly #options: StreamOptions;
  readonly #slots: readonly Slot[];
  readonly #order: Reorder<Opened>;
  #tally: Tally;
  readonly #population = new Population(this.names);
  readonly #trust = new TrustLedger(this.names);
  /** Rows in order of time that are still to be read, in runs of one batch each. */
  readonly #rows = new Rows(STRETCH);
  readonly #runs: Run[] = [];
  #waiting = 0;
  /** What was told about the stretch. */
  #told: Told[] = [];

  constructor(pillar: Pillar, options: StreamOptions) {
    this.#pillar = pillar;
    this.#options = options;
    this.#tally = new Tally(options.minimumKnown);
    this.#slots = options.detectors.filter(({ pillars }) => pillars.includes(pillar)).map((d) => this.#slot(d));
    this.#order = new Reorder(options.lateness, (opened, order, from, to) => {
      for (let start = from; start < to; ) {
        const end = Math.min(to, start + STRETCH - this.#waiting);
        this.#await(opened, order, start, end);
        if (this.#waiting === STRETCH) this.#read();
        start = end;
      }
    });
  }

  push(batches: readonly SignalBatch[]): void {
    for (const batch of batches) {
      this.#tally.add(batch);
      this.#order.add(batch, this.#open(batch, true));
    }
    this.#order.advance();
    this.#read();
    if (this.names.isCrowded)
      this.names.sweep([{ mark: (live) => this.#order.visit((batch) => markIds(batch, live)) }]);
  }

  finish(): void {
    if (this.#order.newest === -Infinity) return;
    this.#order.release(this.#order.newest);
    this.#read();
    for (const { run } of this.#slots) run.finish(this.#order.newest);
    this.#tell();
  }

  #await(opened: Opened, order: Uint32Array | undefined, from: number, to: number): void {
    const rows = this.#rows.order;
    const start = this.#waiting;
    for (let i = from; i < to; i++) rows[this.#waiting++] = order === undefined ? i : (order[i] as number);
    const last = this.#runs.at(-1);
    if (last?.opened === opened) last.to = this.#waiting;
    else this.#runs.push({ opened, from: start, to: this.#waiting });
  }

  /** Lets every reader read the waiting rows, one reader after the other. */
  #read(): void {
    for (let reader = 0; reader <= this.#slots.length; reader++)
      for (const { opened, from, to } of this.#runs) opened.readers[reader]?.(this.#rows.over(from, to));
    this.#tell();
    this.#runs.length = 0;
    this.#waiting = 0;
  }

  /** Gives what was told its p-value and keeps it, as if every row had been read by all before the next one. */
  #tell(): void {
    let seen = 0;
    // Stable: of one row, the detectors speak in their order.
    for (const { place, slot, draft } of this.#told.sort((a, b) => a.place - b.place)) {
      this.#see(seen, Math.min(this.#waiting, place + 1));
      seen = Math.max(seen, Math.min(this.#waiting, place + 1));
      this.#keep(slot, draft);
    }
    this.#see(seen, this.#waiting);
    this.#told = [];
  }

  /** Counts the subjects of the waiting rows from one place to another. */
  #see(start: number, end: number): void {
    for (const { opened, from, to } of this.#runs) {
      if (to <= start || from >= end) continue;
      const { subjectId, time } = opened.batch;
      this.#population.seeRows(subjectId, time, this.#rows.over(Math.max(from, start), Math.min(to, end)));
    }
  }

  #keep(slot: Slot, { time, ...rest }: Draft): void {
    if (slot.anomalies.length >= this.#options.maxAnomalies) {
      slot.suppressed += 1;
      return;
    }
    const { name } = slot.detector;
    const pValue = slot.calibration.push(rest.score, this.#population.count);
    const id = anomalyId(name, this.#pillar, { time, ...rest });
    const anomaly = { id, pillar: this.#pillar, detector: name, time: new Date(time).toISOString(), ...rest, pValue };
    slot.anomalies.push(anomaly);
  }

  verification(): Verification {
    return this.#tally.result();
  }

  trust(): TrustSummary {
    return this.#trust.summary();
  }

  get late(): number {
    return this.#order.late;
  }

  /** Time of the first row that the detectors saw, in ms; Infinity before it. */
  get oldest(): number {
    return this.#population.origin ?? Infinity;
  }

  anomalies(): readonly Anomaly[] {
    return this.#slots.flatMap(({ anomalies }) => anomalies);
  }

  coverage(): DetectorCoverage[] {
    return this.#slots.map(({ detector, run, missing, rows, skipped, suppressed }) => {
      const names = { detector: detector.name, pillar: this.#pillar, missing: [...missing] };
      return { ...names, rows, skipped, suppressed, evictions: run.evictions };
    });
  }

  snapshot(): StreamState {
    const { waiting, newest, released, late } = this.#order.state();
    const detectors = this.#slots.map(
      ({ detector, run, missing, anomalies, calibration, rows, skipped, suppressed }) => {
        const state = {
          missing: [...missing],
          anomalies: [...anomalies],
          scores: calibration.snapshot(),
          rows,
          skipped,
          suppressed,
          state: run.snapshot(),
        };
        return [detector.name, state] as const;
      },
    );
    return {
      tally: this.#tally.snapshot(),
      clock: { newest: orNull(newest), released: orNull(released), late },
      waiting: waiting.map(({ batch, rows }) => pack(batch, rows)),
      population: this.#population.snapshot(),
      trust: this.#trust.snapshot(),
      detectors: Object.fromEntries(detectors),
    };
  }

  restore(state: StreamState): void {
    this.#tally = new Tally(this.#options.minimumKnown, state.tally);
    this.#population.restore(state.population);
    this.#trust.restore(state.trust);
    for (const slot of this.#slots) {
      const saved = state.detectors[slot.detector.name];
      // A detector that the snapshot does not know starts learning now.
      if (!saved) continue;
      slot.run.restore(saved.state);
      for (const column of saved.missing) slot.missing.add(column);
      slot.anomalies.push(...saved.anomalies);
      slot.calibration = new Calibration(saved.scores);
      [slot.rows, slot.skipped, slot.suppressed] = [saved.rows, saved.skipped, saved.suppressed];
    }
    const { newest, released, late } = state.clock;
    this.#order.restore({ newest: newest ?? -Infinity, released: released ?? -Infinity, late });
    for (const packed of state.waiting) {
      const batch = unpack(packed, this.names);
      this.#order.resume(batch, this.#open(batch, false));
    }
  }

  #slot(detector: Detector): Slot {
    const emit = (draft: Draft): void => {
      this.#told.push({ place: this.#rows.at, slot, draft });
    };
    const { settings, relaxed } = this.#options;
    const weaker = relaxed ? detector.relaxed : {};
    const run = detector.create({ ...detector.defaults, ...weaker, ...settings[detector.name] }, emit, this.names);
    const counts = { rows: 0, skipped: 0, suppressed: 0 };
    const slot: Slot = { detector, run, missing: new Set(), anomalies: [], calibration: new Calibration(), ...counts };
    return slot;
  }

  #open(batch: SignalBatch, count: boolean): Opened {
    const detectors = this.#slots.map((slot) => {
      const missing = slot.detector.needs.filter((column) => !hasColumn(batch, column));
      if (count) slot[missing.length > 0 ? "skipped" : "rows"] += batch.rowCount;
      for (const column of missing) slot.missing.add(column);
      return missing.length > 0 ? undefined : slot.run.open(batch);
    });
    return { batch, readers: [this.#trust.open(batch), ...detectors] };
  }
}
