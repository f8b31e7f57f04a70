import { quantileSorted } from "simple-statistics";
import type { SignalBatch } from "../../signals/batch.ts";
import type { Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { IdSlots } from "../id-map.ts";
import { Tuples } from "../tuples.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  /** Reports that a cadence is learned from. */
  minReports: 20,
  minSilenceMinutes: 60,
  /** Silence as a multiple of the longest gap that was normal. */
  factor: 3,
  /** History before a sensor is judged: a whole day, or nights would pass for silence. */
  learningDays: 1,
  /** Gaps longer than this are rests (nights, weekends): such a sensor is judged only after `restDays` of history. */
  restHours: 4,
  restDays: 8,
  /** Share of all learned sensors that, falling silent together, is one outage of the source. */
  outageShare: 0.5,
  maxSensors: 100_000,
};

interface Sensor {
  readonly first: number;
  last: number;
  reports: number;
  /** The last gaps in ms, newest last. */
  readonly gaps: number[];
  longest: number;
  silent: boolean;
  /** Silences that were told. */
  silences: number;
}

interface State {
  readonly sensors: BoundedMapState<Sensor>;
  readonly nextSweep: number | null;
}

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const SWEEP = 10 * MINUTE;
const MAX_GAPS = 64;

class SensorSilence implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #names: Names;
  /** Subjects and their sensors. */
  readonly #tuples: Tuples;
  readonly #slots: IdSlots;
  readonly #sensors: Sensor[] = [];
  /** By slot: when silence may become too long. The cadence is worth working out only for a sensor that is late at all. */
  #due = new Float64Array(0);
  #nextSweep = Infinity;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#names = names;
    this.#tuples = new Tuples(names);
    this.#settings = settings;
    this.#emit = emit;
    this.#slots = new IdSlots(this.#tuples, settings.maxSensors, 0, (slot) => {
      this.#due[slot] = Infinity;
    });
  }

  get evictions(): number {
    return this.#slots.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const { time: times, subjectId, subjectType, resourceId } = batch;
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        if (this.#nextSweep === Infinity) this.#nextSweep = time + SWEEP;
        if (time >= this.#nextSweep) this.#sweep(time);
        const type = subjectType[row];
        // A host has several sensors (agent, endpoint protection, management), each with a cadence of its own.
        if (subjectId[row] !== 0 && (type === "device" || type === "host"))
          this.#report(this.#tuples.of(subjectId[row] as number, resourceId[row] as number), time);
      }
    };
  }

  finish(time: number): void {
    this.#sweep(time);
  }

  snapshot(): State {
    return {
      sensors: this.#slots.snapshot((slot) => this.#sensors[slot] as Sensor),
      nextSweep: this.#nextSweep === Infinity ? null : this.#nextSweep,
    };
  }

  restore(state: unknown): void {
    const { sensors, nextSweep } = state as State;
    this.#slots.restore(sensors, (slot, sensor) => {
      this.#sensors[slot] = sensor;
      this.#expect(slot, sensor.last);
    });
    this.#nextSweep = nextSweep ?? Infinity;
  }

  #report(id: number, time: number): void {
    const slot = this.#slots.find(id);
    if (slot < 0) {
      const fresh = { first: time, last: time, reports: 1, gaps: [], longest: 0, silent: false, silences: 0 };
      const added = this.#slots.add(id);
      this.#sensors[added] = fresh;
      this.#expect(added, time);
      return;
    }
    const sensor = this.#sensors[slot] as Sensor;
    const gap = time - sensor.last;
    sensor.last = time;
    // Rows of one moment are one report.
    if (gap <= 0) return;
    sensor.reports += 1;
    // The first silence that was told is no cadence to learn; one that comes again is.
    if (!sensor.silent || sensor.silences > 1) {
      sensor.longest = Math.max(sensor.longest, gap);
      sensor.gaps.push(gap);
      if (sensor.gaps.length > MAX_GAPS) sensor.gaps.shift();
    }
    sensor.silent = false;
    this.#expect(slot, time);
  }

  #expect(slot: number, last: number): void {
    if (slot >= this.#due.length) {
      const due = new Float64Array(Math.max(64, 2 * this.#due.length)).fill(Infinity);
      due.set(this.#due);
      this.#due = due;
    }
    this.#due[slot] = last + this.#settings.minSilenceMinutes * MINUTE;
  }

  /** Whether the cadence of a sensor is known. */
  #isLearned({ longest, last, first, reports }: Sensor): boolean {
    const { minReports, restHours, restDays, learningDays } = this.#settings;
    return reports >= minReports && last - first >= (longest > restHours * HOUR ? restDays : learningDays) * DAY;
  }

  /** Longest silence that is normal for a sensor whose cadence is known, in ms. */
  #allowed({ longest, gaps }: Sensor): number {
    const { minSilenceMinutes, factor, restHours } = this.#settings;
    const rests = longest > restHours * HOUR;
    const usual = rests
      ? longest
      : quantileSorted(
          gaps.toSorted((a, b) => a - b),
          0.95,
        );
    const multiple = rests ? Math.min(factor, 1.5) : factor;
    return Math.max(minSilenceMinutes * MINUTE, multiple * usual, rests ? 0 : 1.5 * longest);
  }

  #sweep(now: number): void {
    this.#nextSweep = now + SWEEP;
    const fresh = new Map<number, number>();
    const due = this.#due;
    for (let slot = 0; slot < this.#slots.bound; slot++) {
      if (!(now >= (due[slot] as number))) continue;
      const sensor = this.#sensors[slot] as Sensor;
      const allowed = !sensor.silent && this.#isLearned(sensor) ? this.#allowed(sensor) : Infinity;
      // Nothing changes before the next report, which sets it anew.
      due[slot] = sensor.last + allowed;
      if (now - sensor.last > allowed) fresh.set(slot, allowed);
    }
    if (fresh.size > 0) this.#silence(now, fresh);
  }

  /** Tells of the sensors that fell silent, with the silence that each is allowed. */
  #silence(now: number, fresh: ReadonlyMap<number, number>): void {
    const judged = [...this.#slots.slots()].filter((slot) => {
      const sensor = this.#sensors[slot] as Sensor;
      const isPunctual = !sensor.silent && now - sensor.last < this.#settings.minSilenceMinutes * MINUTE;
      return isPunctual || this.#isLearned(sensor);
    });
    const silent = judged.filter((slot) => fresh.has(slot));
    for (const slot of silent) {
      const sensor = this.#sensors[slot] as Sensor;
      sensor.silent = true;
      sensor.silences += 1;
      this.#due[slot] = Infinity;
    }
    if (silent.length >= 5 && silent.length >= this.#settings.outageShare * judged.length)
      this.#tellOutage(now, silent, judged.length);
    else for (const slot of silent) this.#tell(now, slot, fresh.get(slot) as number);
  }

  #tell(now: number, slot: number, allowed: number): void {
    const { last, gaps } = this.#sensors[slot] as Sensor;
    const usual = quantileSorted(
      gaps.toSorted((a, b) => a - b),
      0.5,
    );
    const id = this.#slots.idOf(slot);
    const [subject, sensor] = [this.#names.text(this.#tuples.first(id)), this.#names.text(this.#tuples.second(id))];
    this.#emit({
      subject,
      time: now,
      score: (now - last) / allowed,
      reason:
        `No report${sensor === "" ? "" : ` of the ${sensor}`} for ${duration(now - last)}; ` +
        `it used to report every ${duration(usual)}, ` +
        `and up to ${duration(allowed)} of silence would be normal.`,
    });
  }

  #tellOutage(now: number, silent: readonly number[], judged: number): void {
    const latest = silent.reduce((newest, slot) => Math.max(newest, (this.#sensors[slot] as Sensor).last), 0);
    this.#emit({
      subject: plural(silent.length, "sensor"),
      time: now,
      score: silent.length / Math.max(1, judged) + (now - latest) / HOUR,
      reason:
        `${silent.length} of ${judged} known sensors fell silent together, the last report ${duration(now - latest)} ago: ` +
        "more likely an outage of the source than of the sensors.",
    });
  }
}

/**
 * A device or host that stopped reporting, measured against its own learned cadence. One that rests at night or on
 * weekends is judged only once those rests are known. Most sensors falling silent at once is told as one outage.
 */
export default detector({
  name: "sensor-silence",
  pillars: ["devices", "infrastructure"],
  needs: [],
  defaults,
  create: (settings, emit, names) => new SensorSilence(settings, emit, names),
});
