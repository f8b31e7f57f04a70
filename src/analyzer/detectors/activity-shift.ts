import type { SignalBatch } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { idsOf } from "../columns.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { ALERT_LEVEL, Series, type SeriesState } from "../series/series.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { figure } from "../wording.ts";

const defaults = {
  bucketMinutes: 15,
  learningDays: 7,
  level: ALERT_LEVEL,
  /** Least distance from the hour's mean in standard deviations of a Poisson count: one event is no shift. */
  minDeviations: 6,
};

/** What is counted per bucket. */
const METRICS = ["events", "events with a failed facet", "refused or failed operations"] as const;

interface State {
  readonly series: readonly SeriesState[];
  readonly counts: readonly number[];
  readonly bucket: number | null;
  readonly first: number;
}

const [MINUTE, DAY] = [60_000, 86_400_000];
/** Longest silence that is filled with empty buckets; beyond it the data are missing rather than zero. */
const MAX_GAP = 2 * DAY;

class ActivityShift implements DetectorRun {
  readonly evictions = 0;
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #size: number;
  #series = METRICS.map(() => new Series());
  #counts: number[] = METRICS.map(() => 0);
  /** Index of the open bucket. */
  #bucket: number | undefined;
  /** When it ends, in ms. */
  #end = -Infinity;
  #first = 0;
  readonly #bits: NameProperty;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#emit = emit;
    this.#size = settings.bucketMinutes * MINUTE;
  }

  open(batch: SignalBatch): RowsReader {
    const code = idsOf(batch, "ResultCode");
    const { time, failed } = batch;
    const bits = this.#bits;
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        if (!((time[row] as number) < this.#end)) this.#advance(Math.floor((time[row] as number) / this.#size));
        const counts = this.#counts as [number, number, number];
        counts[0] += 1;
        if (failed[row] !== 0) counts[1] += 1;
        if ((bits.of(code[row] as number) & FAILURE_BIT) !== 0) counts[2] += 1;
      }
    };
  }

  /** The last bucket is not complete and is not judged. */
  finish(): void {}

  snapshot(): State {
    return {
      series: this.#series.map((series) => series.snapshot()),
      counts: [...this.#counts],
      bucket: this.#bucket ?? null,
      first: this.#first,
    };
  }

  restore(state: unknown): void {
    const { series, counts, bucket, first } = state as State;
    this.#series = series.map((saved) => new Series(false, saved));
    this.#counts = [...counts];
    this.#bucket = bucket ?? undefined;
    this.#end = bucket === null ? -Infinity : (bucket + 1) * this.#size;
    this.#first = first;
  }

  #advance(bucket: number): void {
    if (this.#bucket === undefined) {
      // The first bucket may have begun before the data: it is learned from the next one on.
      [this.#bucket, this.#first] = [bucket, bucket];
    }
    const gap = bucket - this.#bucket;
    for (let i = 0; i < gap; i++) {
      if (this.#bucket > this.#first && (i === 0 || gap * this.#size <= MAX_GAP)) this.#close(this.#bucket);
      this.#counts.fill(0);
      this.#bucket += 1;
    }
    this.#end = (bucket + 1) * this.#size;
  }

  #close(bucket: number): void {
    const time = bucket * this.#size;
    const { learningDays, level, bucketMinutes, minDeviations } = this.#settings;
    const learned = (bucket - this.#first) * this.#size >= learningDays * DAY;
    METRICS.forEach((metric, i) => {
      const [series, count] = [this.#series[i] as Series, this.#counts[i] as number];
      const { alert, usual } = series.push(count, time);
      if (!learned || alert < level || Math.abs(count - usual) < minDeviations * Math.sqrt(usual + 1)) return;
      const views = series.why().slice(0, 3);
      this.#emit({
        subject: metric,
        time,
        score: alert,
        reason:
          `${count} ${metric} in ${bucketMinutes} min, where this hour of the day has ${figure(usual)} on average: ` +
          `score ${figure(alert)} (limit ${figure(level)}), novel in ${views.map(({ projection }) => projection).join(", ")}.`,
      });
    });
  }
}

/**
 * The rhythm of a pillar breaks: events, events with a failed facet, or refused operations per quarter of an hour are
 * unlike anything before, in level, season, trend or spread. See Series for the method.
 */
export default detector({
  name: "activity-shift",
  pillars: ["identities", "devices", "applications", "network", "data", "infrastructure"],
  needs: [],
  defaults,
  relaxed: { level: 5.5, minDeviations: 3 },
  create: (settings, emit, names) => new ActivityShift(settings, emit, names),
});
