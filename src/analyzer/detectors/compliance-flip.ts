import type { SignalBatch } from "../../signals/batch.ts";
import { FAILED, VERIFIED } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = { accessHours: 24, flapDays: 7, minFlaps: 3, maxDevices: 100_000 };

interface Device {
  /** Last known state of each reporting sensor: 1 verified, 0 failed. */
  readonly sensors: Record<string, 0 | 1>;
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

class ComplianceFlip implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #devices: BoundedMap<Device>;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
    this.#devices = new BoundedMap(settings.maxDevices);
  }

  get evictions(): number {
    return this.#devices.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [deviceId, code] = [textOf(batch, "DeviceId"), textOf(batch, "ResultCode")];
    const states = batch.facets.device;
    return (row) => {
      const [time, subject, type] = [batch.time[row] as number, batch.subject[row] as string, batch.subjectType[row]];
      if (type === "device" || type === "host") {
        const state = states[row];
        if (subject === "" || (state !== VERIFIED && state !== FAILED)) return;
        this.#report(subject, batch.resource[row] as string, state === VERIFIED ? 1 : 0, time);
      } else if (deviceId(row) !== "" && subject !== "" && outcomeOf(code(row)) !== "failure") {
        this.#access(deviceId(row), subject, time);
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

  #report(name: string, resource: string, state: 0 | 1, time: number): void {
    const fresh = (): Device => ({ sensors: {}, falls: [], reports: 0, toldAccess: -1, toldFlapping: -1 });
    const device = this.#devices.at(name, fresh);
    // Prefixed, so that no value of a log is a property of Object.
    const sensor = `=${resource}`;
    const before = device.sensors[sensor];
    if (before === undefined && Object.keys(device.sensors).length >= MAX_SENSORS) return;
    device.sensors[sensor] = state;
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

  #access(name: string, subject: string, time: number): void {
    const device = this.#devices.get(name);
    const fall = device?.falls.at(-1);
    if (!device || fall === undefined || fall === device.toldAccess) return;
    // Still failed for at least one sensor, and the fall is fresh.
    if (!Object.values(device.sensors).includes(0) || time - fall > this.#settings.accessHours * HOUR) return;
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
  create: (settings, emit) => new ComplianceFlip(settings, emit),
});
