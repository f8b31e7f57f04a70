import { quantileSorted } from "simple-statistics";
import type { SignalBatch } from "../../signals/batch.ts";
import type { Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
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

/** A sensor in a snapshot. */
interface Sensor {
  readonly first: number;
  readonly last: number;
  readonly reports: number;
  /** The last gaps in ms, newest last. */
  readonly gaps: readonly number[];
  readonly longest: number;
  readonly silent: boolean;
  /** Silences that were told. */
  readonly silences: number;
}

interface State {
  readonly sensors: BoundedMapState<Sensor>;
  readonly nextSweep: number | null;
}

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const SWEEP = 10 * MINUTE;
const MAX_GAPS = 64;
/**
 * Numbers of a sensor: those of a snapshot, of which `SILENT` is 0 or 1; when its silence may become too long; and the
 * stretch of time in which it is looked at, 0 when in none; and the last gaps.
 */
const [FIRST, LAST, REPORTS, LONGEST, SILENT, SILENCES, DUE, STRETCH, GAPS, WIDTH] = [
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  8 + LIST,
];
/** Sensors that fall silent together before it may be an outage. */
const MIN_OUTAGE = 5;

class SensorSilence implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #names: Names;
  /** Subjects and their sensors. */
  readonly #tuples: Tuples;
  readonly #slots: IdSlots;
  readonly #gaps: Lists;
  /**
   * Slots by the stretch of time in which they are due, at the latest: the cadence is worth working out only for a sensor
   * that is late at all. Each slot counts in its own STRETCH.
   */
  readonly #waiting = new Map<number, number[]>();
  /** The first stretch that was not swept to its end. */
  #nextStretch = Infinity;
  #nextSweep = Infinity;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#names = names;
    this.#tuples = new Tuples(names);
    this.#settings = settings;
    this.#emit = emit;
    this.#slots = new IdSlots(this.#tuples, settings.maxSensors, WIDTH, (slot) => {
      const [numbers, at] = [this.#slots.numbers, WIDTH * slot];
      numbers[at + DUE] = Infinity;
      // Neither punctual nor learned, whoever counts.
      [numbers[at + LAST], numbers[at + REPORTS]] = [-Infinity, 0];
    });
    this.#gaps = this.#slots.lists(GAPS);
  }

  get evictions(): number {
    return this.#slots.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const { time: times, subjectId, subjectType, resourceId } = batch;
    const reports = subjectType.some((type) => type === "device" || type === "host");
    return (rows) => {
      if (reports) this.#slots.warm(this.#tuples.ahead(subjectId, resourceId, rows), rows);
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
      sensors: this.#slots.snapshot((slot) => this.#sensor(slot)),
      nextSweep: this.#nextSweep === Infinity ? null : this.#nextSweep,
    };
  }

  restore(state: unknown): void {
    const { sensors, nextSweep } = state as State;
    this.#slots.restore(sensors, (slot, sensor) => {
      const { first, last, reports, longest, silent, silences, gaps } = sensor;
      this.#slots.numbers.set([first, last, reports, longest, silent ? 1 : 0, silences], WIDTH * slot);
      this.#gaps.set(slot, gaps);
      this.#expect(slot, last);
    });
    this.#nextSweep = nextSweep ?? Infinity;
  }

  #sensor(slot: number): Sensor {
    const part = (index: number): number => this.#slots.numbers[WIDTH * slot + index] as number;
    const times = { first: part(FIRST), last: part(LAST), reports: part(REPORTS), gaps: this.#gaps.of(slot) };
    return { ...times, longest: part(LONGEST), silent: part(SILENT) !== 0, silences: part(SILENCES) };
  }

  #report(id: number, time: number): void {
    const slot = this.#slots.find(id);
    if (slot < 0) {
      const added = this.#slots.add(id);
      this.#slots.numbers.set([time, time, 1, 0, 0, 0], WIDTH * added);
      this.#expect(added, time);
      return;
    }
    const [numbers, at] = [this.#slots.numbers, WIDTH * slot];
    const gap = time - (numbers[at + LAST] as number);
    numbers[at + LAST] = time;
    // Rows of one moment are one report.
    if (gap <= 0) return;
    numbers[at + REPORTS] = (numbers[at + REPORTS] as number) + 1;
    // The first silence that was told is no cadence to learn; one that comes again is.
    if (numbers[at + SILENT] === 0 || (numbers[at + SILENCES] as number) > 1) {
      numbers[at + LONGEST] = Math.max(numbers[at + LONGEST] as number, gap);
      this.#gaps.append(slot, gap, MAX_GAPS);
    }
    numbers[at + SILENT] = 0;
    this.#expect(slot, time);
  }

  #expect(slot: number, last: number): void {
    this.#wait(slot, last + this.#settings.minSilenceMinutes * MINUTE);
  }

  /** Sets when a slot is due. One that waits for an earlier stretch already is looked at then, and waits on. */
  #wait(slot: number, due: number): void {
    const [numbers, at] = [this.#slots.numbers, WIDTH * slot];
    numbers[at + DUE] = due;
    const [stretch, place] = [Math.floor(due / SWEEP), numbers[at + STRETCH] as number];
    if (due === Infinity || (place !== 0 && place <= stretch)) return;
    numbers[at + STRETCH] = stretch;
    this.#nextStretch = Math.min(this.#nextStretch, stretch);
    const waiting = this.#waiting.get(stretch);
    if (waiting) waiting.push(slot);
    else this.#waiting.set(stretch, [slot]);
  }

  /** Whether the cadence of a sensor is known. */
  #isLearned(slot: number): boolean {
    const { minReports, restHours, restDays, learningDays } = this.#settings;
    const [numbers, at] = [this.#slots.numbers, WIDTH * slot];
    if ((numbers[at + REPORTS] as number) < minReports) return false;
    const history = (numbers[at + LAST] as number) - (numbers[at + FIRST] as number);
    return history >= ((numbers[at + LONGEST] as number) > restHours * HOUR ? restDays : learningDays) * DAY;
  }

  /** Longest silence that is normal for a sensor whose cadence is known, in ms. */
  #allowed(slot: number): number {
    const { minSilenceMinutes, factor, restHours } = this.#settings;
    const longest = this.#slots.numbers[WIDTH * slot + LONGEST] as number;
    const rests = longest > restHours * HOUR;
    const usual = rests ? longest : quantileSorted(this.#sortedGaps(slot), 0.95);
    const multiple = rests ? Math.min(factor, 1.5) : factor;
    return Math.max(minSilenceMinutes * MINUTE, multiple * usual, rests ? 0 : 1.5 * longest);
  }

  #sortedGaps(slot: number): number[] {
    return this.#gaps.of(slot).sort((a, b) => a - b);
  }

  #sweep(now: number): void {
    this.#nextSweep = now + SWEEP;
    const fresh = new Map<number, number>();
    const last = Math.floor(now / SWEEP);
    for (let stretch = this.#nextStretch; stretch <= last; stretch++) {
      const waiting = this.#waiting.get(stretch);
      if (waiting === undefined) continue;
      this.#waiting.delete(stretch);
      for (const slot of waiting)
        if (this.#slots.numbers[WIDTH * slot + STRETCH] === stretch) this.#look(slot, now, fresh);
    }
    // Those of the last stretch may be due only after this moment.
    if (this.#nextStretch <= last) this.#nextStretch = last;
    if (fresh.size > 0) this.#silence(now, fresh);
  }

  /** Looks whether a sensor is silent for too long, with the silence that it is allowed, and lets it wait on. */
  #look(slot: number, now: number, fresh: Map<number, number>): void {
    const [numbers, at] = [this.#slots.numbers, WIDTH * slot];
    numbers[at + STRETCH] = 0;
    let due = numbers[at + DUE] as number;
    if (now >= due) {
      const last = numbers[at + LAST] as number;
      const allowed = numbers[at + SILENT] === 0 && this.#isLearned(slot) ? this.#allowed(slot) : Infinity;
      // Nothing changes before the next report, which sets it anew.
      due = last + allowed;
      if (now - last > allowed) {
        fresh.set(slot, allowed);
        due = Infinity;
      }
    }
    this.#wait(slot, due);
  }

  /** Tells of the sensors that fell silent, with the silence that each is allowed. */
  #silence(now: number, fresh: ReadonlyMap<number, number>): void {
    const judged = fresh.size < MIN_OUTAGE ? fresh.size : this.#countJudged(now);
    const silent = fresh.size === 1 ? [...fresh.keys()] : this.#slots.inOrder(fresh);
    for (const slot of silent) {
      const silences = WIDTH * slot + SILENCES;
      this.#slots.numbers[WIDTH * slot + SILENT] = 1;
      this.#slots.numbers[silences] = (this.#slots.numbers[silences] as number) + 1;
    }
    if (silent.length >= MIN_OUTAGE && silent.length >= this.#settings.outageShare * judged)
      this.#tellOutage(now, silent, judged);
    else for (const slot of silent) this.#tell(now, slot, fresh.get(slot) as number);
  }

  /** Sensors that are punctual, or whose cadence is known. */
  #countJudged(now: number): number {
    const [numbers, limit] = [this.#slots.numbers, this.#settings.minSilenceMinutes * MINUTE];
    let count = 0;
    for (let slot = 0; slot < this.#slots.bound; slot++) {
      const isPunctual = numbers[WIDTH * slot + SILENT] === 0 && now - (numbers[WIDTH * slot + LAST] as number) < limit;
      if (isPunctual || this.#isLearned(slot)) count += 1;
    }
    return count;
  }

  #tell(now: number, slot: number, allowed: number): void {
    const last = this.#slots.numbers[WIDTH * slot + LAST] as number;
    const usual = quantileSorted(this.#sortedGaps(slot), 0.5);
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
    const latest = silent.reduce(
      (newest, slot) => Math.max(newest, this.#slots.numbers[WIDTH * slot + LAST] as number),
      0,
    );
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
