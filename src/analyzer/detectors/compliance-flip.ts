import { FAILED, resourceOf, type SignalBatch, subjectOf, VERIFIED } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { IdMap } from "../id-map.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = { accessHours: 24, flapDays: 7, minFlaps: 3, maxDevices: 100_000 };

interface Device {
  /** Last known state of each reporting sensor, by its name: 1 verified, 0 failed. */
  readonly sensors: string[];
  readonly states: (0 | 1)[];
  /** Times of the latest falls from verified to failed. */
  falls: number[];
  /** Reports since the first one, for the baseline. */
  reports: number;
  /** The last fall that an access was told for, and the last flapping that was told. */
  toldAccess: number;
  toldFlapping: number;
}

interface State {
  readonly devices: BoundedMapState<Device>;
}

const MAX_FALLS = 32;
const MAX_SENSORS = 16;
const [HOUR, DAY] = [3_600_000, 86_400_000];

const newDevice = (): Device => ({
  sensors: [],
  states: [],
  falls: [],
  reports: 0,
  toldAccess: -1,
  toldFlapping: -1,
});

class ComplianceFlip implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #bits: NameProperty;
  readonly #devices: IdMap<Device>;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#emit = emit;
    this.#devices = new IdMap(names, settings.maxDevices);
  }

  get evictions(): number {
    return this.#devices.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [deviceIds, code] = [idsOf(batch, "DeviceId"), idsOf(batch, "ResultCode")];
    const { time, subjectId, subjectType } = batch;
    const states = batch.facets.device;
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [id, type] = [subjectId[row] as number, subjectType[row]];
        if (id === 0) continue;
        if (type === "device" || type === "host") {
          const state = states[row];
          if (state !== VERIFIED && state !== FAILED) continue;
          const verified = state === VERIFIED ? 1 : 0;
          this.#report(id, subjectOf(batch, row), resourceOf(batch, row), verified, time[row] as number);
          continue;
        }
        const deviceId = deviceIds[row] as number;
        if (deviceId === 0 || (this.#bits.of(code[row] as number) & FAILURE_BIT) !== 0) continue;
        const device = this.#devices.get(deviceId);
        if (device && device.falls.length > 0)
          this.#access(device, batch.names.text(deviceId), subjectOf(batch, row), time[row] as number);
      }
    };
  }

  finish(): void {}

  snapshot(): State {
    return { devices: this.#devices.snapshot() };
  }

  restore(state: unknown): void {
    this.#devices.restore((state as State).devices);
  }

  #report(id: number, name: string, resource: string, state: 0 | 1, time: number): void {
    const device = this.#devices.at(id, newDevice);
    const { sensors, states } = device;
    const known = sensors.indexOf(resource);
    if (known < 0 && sensors.length >= MAX_SENSORS) return;
    const at = known < 0 ? sensors.push(resource) - 1 : known;
    const before = states[at];
    states[at] = state;
    device.reports += 1;
    if (before !== 1 || state !== 0) return;
    device.falls = [...device.falls.slice(1 - MAX_FALLS), time];
    this.#judgeFlapping(name, device, time);
  }

  #judgeFlapping(name: string, device: Device, time: number): void {
    const { flapDays, minFlaps } = this.#settings;
    const recent = device.falls.filter((fall) => fall > time - flapDays * DAY).length;
    if (recent < minFlaps || (device.toldFlapping >= 0 && time - device.toldFlapping < flapDays * DAY)) return;
    device.toldFlapping = time;
    this.#emit({
      subject: name,
      time,
      score: recent / minFlaps,
      reason: `Fell out of compliance ${plural(recent, "time")} within ${flapDays} d (limit ${minFlaps}), in ${plural(device.reports, "report")}.`,
    });
  }

  #access(device: Device, name: string, subject: string, time: number): void {
    const fall = device.falls.at(-1);
    if (fall === undefined || fall === device.toldAccess) return;
    // Still failed for at least one sensor, and the fall is fresh.
    if (!device.states.includes(0) || time - fall > this.#settings.accessHours * HOUR) return;
    device.toldAccess = fall;
    this.#emit({
      subject: name,
      time,
      score: 1 + device.falls.length / MAX_FALLS,
      reason:
        `${subject} got access on this device ${duration(time - fall)} after it fell out of compliance ` +
        `(limit ${this.#settings.accessHours} h; ${plural(device.falls.length, "fall")} in ${plural(device.reports, "report")}).`,
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
