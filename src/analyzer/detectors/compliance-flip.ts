import { FAILED, type SignalBatch, subjectOf, VERIFIED } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = { accessHours: 24, flapDays: 7, minFlaps: 3, maxDevices: 100_000 };

/** A device in a snapshot. */
interface Device {
  /** Last known state of each reporting sensor, by its name: 1 verified, 0 failed. */
  readonly sensors: readonly string[];
  readonly states: readonly number[];
  /** Times of the latest falls from verified to failed. */
  readonly falls: readonly number[];
  /** Reports since the first one, for the baseline. */
  readonly reports: number;
  /** The last fall that an access was told for, and the last flapping that was told; −1 before. */
  readonly toldAccess: number;
  readonly toldFlapping: number;
}

/** Numbers of a device. */
const [REPORTS, TOLD_ACCESS, TOLD_FLAPPING, SENSORS, FALLS, WIDTH] = [0, 1, 2, 3, 3 + LIST, 3 + 2 * LIST];

interface State {
  readonly devices: BoundedMapState<Device>;
}

const MAX_FALLS = 32;
const MAX_SENSORS = 16;
const [HOUR, DAY] = [3_600_000, 86_400_000];

class ComplianceFlip implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #devices: IdSlots;
  /** Sensors by the ids of their names, each with its state. */
  readonly #sensors: Lists;
  readonly #falls: Lists;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#emit = emit;
    this.#names = names;
    this.#devices = new IdSlots(names, settings.maxDevices, WIDTH);
    this.#sensors = this.#devices.lists(SENSORS);
    this.#falls = this.#devices.lists(FALLS);
    names.hold(this);
  }

  get evictions(): number {
    return this.#devices.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [deviceIds, code] = [idsOf(batch, "DeviceId"), idsOf(batch, "ResultCode")];
    const { time, subjectId, subjectType, resourceId } = batch;
    const states = batch.facets.device;
    return (rows) => {
      this.#devices.warm(subjectId, rows);
      while (rows.next()) {
        const { row } = rows;
        const [id, type] = [subjectId[row] as number, subjectType[row]];
        if (id === 0) continue;
        if (type === "device" || type === "host") {
          const state = states[row];
          if (state !== VERIFIED && state !== FAILED) continue;
          this.#report(id, resourceId[row] as number, state === VERIFIED ? 1 : 0, time[row] as number);
          continue;
        }
        const deviceId = deviceIds[row] as number;
        if (deviceId === 0 || (this.#bits.of(code[row] as number) & FAILURE_BIT) !== 0) continue;
        const slot = this.#devices.find(deviceId);
        if (slot >= 0 && this.#falls.length(slot) > 0)
          this.#access(slot, batch.names.text(deviceId), subjectOf(batch, row), time[row] as number);
      }
    };
  }

  /** Sensors that devices are remembered by. */
  mark(live: Uint8Array): void {
    this.#sensors.mark(live, 0, 2);
  }

  finish(): void {}

  snapshot(): State {
    const devices = this.#devices.snapshot((slot): Device => {
      const part = (index: number): number => this.#devices.numbers[WIDTH * slot + index] as number;
      const pairs = this.#sensors.of(slot);
      return {
        sensors: pairs.filter((_, i) => i % 2 === 0).map((sensor) => this.#names.text(sensor)),
        states: pairs.filter((_, i) => i % 2 === 1),
        falls: this.#falls.of(slot),
        ...{ reports: part(REPORTS), toldAccess: part(TOLD_ACCESS), toldFlapping: part(TOLD_FLAPPING) },
      };
    });
    return { devices };
  }

  restore(state: unknown): void {
    this.#devices.restore((state as State).devices, (slot, device) => {
      const { sensors, states, falls, reports, toldAccess, toldFlapping } = device;
      this.#devices.numbers.set([reports, toldAccess, toldFlapping], WIDTH * slot);
      const pairs = sensors.flatMap((sensor, i) => [this.#names.id(sensor), states[i] as number]);
      this.#sensors.set(slot, pairs);
      this.#falls.set(slot, falls);
    });
  }

  #report(id: number, resource: number, state: 0 | 1, time: number): void {
    const found = this.#devices.find(id);
    const slot = found >= 0 ? found : this.#add(id);
    const known = this.#sensors.indexOf(slot, resource, 2);
    const reports = WIDTH * slot + REPORTS;
    if (known < 0) {
      if (this.#sensors.length(slot) >= 2 * MAX_SENSORS) return;
      this.#sensors.push(slot, resource);
      this.#sensors.push(slot, state);
      this.#devices.numbers[reports] = (this.#devices.numbers[reports] as number) + 1;
      return;
    }
    const at = this.#sensors.start(slot) + known + 1;
    const before = this.#sensors.numbers[at];
    this.#sensors.numbers[at] = state;
    this.#devices.numbers[reports] = (this.#devices.numbers[reports] as number) + 1;
    if (before !== 1 || state !== 0) return;
    if (this.#falls.length(slot) >= MAX_FALLS) this.#falls.remove(slot, 0, 1);
    this.#falls.push(slot, time);
    this.#judgeFlapping(this.#names.text(id), slot, time);
  }

  #add(id: number): number {
    const slot = this.#devices.add(id);
    this.#devices.numbers.set([0, -1, -1], WIDTH * slot);
    return slot;
  }

  #judgeFlapping(name: string, slot: number, time: number): void {
    const { flapDays, minFlaps } = this.#settings;
    const [numbers, at] = [this.#devices.numbers, WIDTH * slot];
    const recent = this.#falls.of(slot).filter((fall) => fall > time - flapDays * DAY).length;
    const told = numbers[at + TOLD_FLAPPING] as number;
    if (recent < minFlaps || (told >= 0 && time - told < flapDays * DAY)) return;
    numbers[at + TOLD_FLAPPING] = time;
    this.#emit({
      subject: name,
      time,
      score: recent / minFlaps,
      reason: `Fell out of compliance ${plural(recent, "time")} within ${flapDays} d (limit ${minFlaps}), in ${plural(numbers[at + REPORTS] as number, "report")}.`,
    });
  }

  #access(slot: number, name: string, subject: string, time: number): void {
    const [numbers, at, falls] = [this.#devices.numbers, WIDTH * slot, this.#falls.of(slot)];
    const fall = falls.at(-1);
    if (fall === undefined || fall === numbers[at + TOLD_ACCESS]) return;
    // Still failed for at least one sensor, and the fall is fresh.
    const isFailed = this.#sensors.of(slot).some((state, i) => i % 2 === 1 && state === 0);
    if (!isFailed || time - fall > this.#settings.accessHours * HOUR) return;
    numbers[at + TOLD_ACCESS] = fall;
    this.#emit({
      subject: name,
      time,
      score: 1 + falls.length / MAX_FALLS,
      reason:
        `${subject} got access on this device ${duration(time - fall)} after it fell out of compliance ` +
        `(limit ${this.#settings.accessHours} h; ${plural(falls.length, "fall")} in ${plural(numbers[at + REPORTS] as number, "report")}).`,
    });
  }
}

/**
 * A device that was verified, fails, and still gets access within a day; or one that falls out of compliance again and
 * again. Each sensor of a device has a state of its own, so that two that disagree do not look like flapping.
 */
export default detector({
  name: "compliance-flip",
  pillars: ["devices"],
  needs: [],
  defaults,
  create: (settings, emit, names) => new ComplianceFlip(settings, emit, names),
});
