import type { SignalBatch } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  learningDays: 7,
  /** Share of the tenant's sign-ins by device code above which a first use is nothing special. */
  commonShare: 0.05,
  maxUsers: 200_000,
};

interface User {
  signIns: number;
  deviceCodes: number;
  /** Networks (or, without numbers, countries) that the user came from. */
  places: string[];
}

interface State {
  readonly users: BoundedMapState<User>;
  readonly origin: number | null;
  readonly signIns: number;
  readonly deviceCodes: number;
}

const DAY = 86_400_000;
const MAX_PLACES = 16;
const isDeviceCode = (protocol: string): boolean =>
  protocol
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")
    .includes("devicecode");

class DeviceCode implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #users: BoundedMap<User>;
  #origin: number | undefined;
  #signIns = 0;
  #deviceCodes = 0;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
    this.#users = new BoundedMap(settings.maxUsers);
  }

  get evictions(): number {
    return this.#users.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [protocol, code] = [textOf(batch, "Protocol"), textOf(batch, "ResultCode")];
    const [asn, country, ip] = [textOf(batch, "ASN"), textOf(batch, "Country"), textOf(batch, "IP")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#origin ??= time;
      const subject = batch.subject[row] as string;
      if (subject === "" || outcomeOf(code(row)) === "failure") return;
      const user = this.#users.at(subject, () => ({ signIns: 0, deviceCodes: 0, places: [] }));
      const place = asn(row) || country(row);
      const byCode = isDeviceCode(protocol(row));
      if (byCode) this.#judge(subject, user, time, place, ip(row));
      this.#learn(user, place, byCode);
    };
  }

  finish(): void {}

  snapshot(): State {
    const [signIns, deviceCodes] = [this.#signIns, this.#deviceCodes];
    return { users: this.#users.snapshot(), origin: this.#origin ?? null, signIns, deviceCodes };
  }

  restore(state: unknown): void {
    const { users, origin, signIns, deviceCodes } = state as State;
    this.#users.restore(users);
    this.#origin = origin ?? undefined;
    [this.#signIns, this.#deviceCodes] = [signIns, deviceCodes];
  }

  #learn(user: User, place: string, byCode: boolean): void {
    user.signIns += 1;
    this.#signIns += 1;
    if (byCode) {
      user.deviceCodes += 1;
      this.#deviceCodes += 1;
    }
    if (place !== "" && !user.places.includes(place)) user.places = [...user.places.slice(1 - MAX_PLACES), place];
  }

  #judge(subject: string, user: User, time: number, place: string, ip: string): void {
    const history = time - (this.#origin ?? time);
    const share = (this.#deviceCodes + 0.5) / (this.#signIns + 1);
    const { learningDays, commonShare } = this.#settings;
    if (user.deviceCodes > 0 || history < learningDays * DAY || share > commonShare) return;
    const isNew = place !== "" && !user.places.includes(place);
    this.#emit({
      subject,
      time,
      score: -Math.log10(share) + (isNew ? 2 : 0),
      reason:
        `First sign-in by device code in ${duration(history)} (${plural(user.signIns, "other sign-in")}), from ${ip || "an unknown address"}` +
        `${isNew ? `, a network new to the user (${place})` : ""}; in the tenant ${this.#deviceCodes} of ${this.#signIns} sign-ins used it.`,
    });
  }
}

/**
 * A user's first successful sign-in by device code, the flow that phishing borrows, in a tenant where it is rare; worth
 * more from a network that is new to the user. Source: Elastic's device-code rules; ScubaGear MS.AAD.3.9.
 */
export default detector({
  name: "device-code",
  pillars: ["identities"],
  needs: ["Protocol"],
  defaults,
  create: (settings, emit) => new DeviceCode(settings, emit),
});
