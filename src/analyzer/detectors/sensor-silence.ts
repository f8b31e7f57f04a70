import { quantileSorted } from "simple-statistics";
import type { SignalBatch } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
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
  first: number;
  last: number;
  reports: number;
  /** The last gaps in ms, newest last. */
  gaps: number[];
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
const SEPARATOR = "\u0000";

class SensorSilence implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #sensors: BoundedMap<Sensor>;
  #nextSweep = Infinity;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
    this.#sensors = new BoundedMap(settings.maxSensors);
  }

  get evictions(): number {
    return this.#sensors.evictions;
  }

  open(batch: SignalBatch): RowReader {
    return (row) => {
      const time = batch.time[row] as number;
      if (this.#nextSweep === Infinity) this.#nextSweep = time + SWEEP;
      if (time >= this.#nextSweep) this.#sweep(time);
      const type = batch.subjectType[row];
      const subject = batch.subject[row] as string;
      // A host has several sensors (agent, endpoint protection, management), each with a cadence of its own.
      if (subject !== "" && (type === "device" || type === "host")) {
        this.#report(`${subject}${SEPARATOR}${batch.resource[row] as string}`, time);
      }
    };
  }

  finish(time: number): void {
    this.#sweep(time);
  }

  snapshot(): State {
    return {
      sensors: this.#sensors.snapshot(),
      nextSweep: this.#nextSweep === Infinity ? null : this.#nextSweep,
    };
  }

  restore(state: unknown): void {
    const { sensors, nextSweep } = state as State;
    this.#sensors.restore(sensors);
    this.#nextSweep = nextSweep ?? Infinity;
  }

  #report(name: string, time: number): void {
    const sensor = this.#sensors.get(name);
    if (!sensor) {
      const fresh = { first: time, last: time, reports: 1, gaps: [], longest: 0, silent: false, silences: 0 };
      this.#sensors.set(name, fresh);
      return;
    }
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
  }

  /** Longest silence that is normal for a sensor, in ms; undefined while its cadence is not known. */
  #allowed(sensor: Sensor): number | undefined {
    const { minReports, minSilenceMinutes, factor, restHours, restDays, learningDays } = this.#settings;
    const rests = sensor.longest > restHours * HOUR;
    const history = sensor.last - sensor.first;
    if (sensor.reports < minReports || history < (rests ? restDays : learningDays) * DAY) return undefined;
    const usual = rests
      ? sensor.longest
      : quantileSorted(
          sensor.gaps.toSorted((a, b) => a - b),
          0.95,
        );
    const multiple = rests ? Math.min(factor, 1.5) : factor;
    return Math.max(minSilenceMinutes * MINUTE, multiple * usual, rests ? 0 : 1.5 * sensor.longest);
  }

  #sweep(now: number): void {
    this.#nextSweep = now + SWEEP;
    const fresh: [string, Sensor, number][] = [];
    let judged = 0;
    for (const [name, sensor] of this.#sensors.entries()) {
      // The cadence is worth computing only for a sensor that is late at all.
      if (!sensor.silent && now - sensor.last < this.#settings.minSilenceMinutes * MINUTE) {
        judged += 1;
        continue;
      }
      const allowed = this.#allowed(sensor);
      if (allowed === undefined) continue;
      judged += 1;
      if (sensor.silent || now - sensor.last <= allowed) continue;
      sensor.silent = true;
      sensor.silences += 1;
      fresh.push([name, sensor, allowed]);
    }
    if (fresh.length >= 5 && fresh.length >= this.#settings.outageShare * judged) this.#tellOutage(now, fresh, judged);
    else for (const [name, sensor, allowed] of fresh) this.#tell(now, name, sensor, allowed);
  }

  #tell(now: number, name: string, { last, gaps }: Sensor, allowed: number): void {
    const usual = quantileSorted(
      gaps.toSorted((a, b) => a - b),
      0.5,
    );
    const [subject = "", sensor = ""] = name.split(SEPARATOR);
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

  #tellOutage(now: number, silent: readonly (readonly [string, Sensor, number])[], judged: number): void {
    const latest = silent.reduce((newest, [, sensor]) => Math.max(newest, sensor.last), 0);
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
  create: (settings, emit) => new SensorSilence(settings, emit),
});
