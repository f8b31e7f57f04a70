import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { IdMap } from "../id-map.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
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
const [DEVICE_CODE, OTHER] = [1, 2];
const flowOf = (protocol: string): number =>
  protocol
    .toLowerCase()
    .replaceAll(/[^a-z]/g, "")
    .includes("devicecode")
    ? DEVICE_CODE
    : OTHER;

const newUser = (): User => ({ signIns: 0, deviceCodes: 0, places: [] });

class DeviceCode implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #flows: NameProperty;
  readonly #emit: Emit;
  readonly #users: IdMap<User>;
  #origin: number | undefined;
  #signIns = 0;
  #deviceCodes = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#flows = names.property(flowOf);
    this.#settings = settings;
    this.#emit = emit;
    this.#users = new IdMap(names, settings.maxUsers);
  }

  get evictions(): number {
    return this.#users.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [protocol, code] = [idsOf(batch, "Protocol"), idsOf(batch, "ResultCode")];
    const [asn, country, ip] = [idsOf(batch, "ASN"), idsOf(batch, "Country"), idsOf(batch, "IP")];
    const { time: times, subjectId, names } = batch;
    const [users, codes, flows] = [this.#users, this.#bits, this.#flows];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        this.#origin ??= time;
        if (id === 0 || (codes.of(code[row] as number) & FAILURE_BIT) !== 0) continue;
        const user = users.at(id, newUser);
        const place = names.text(asn[row] !== 0 ? (asn[row] as number) : (country[row] as number));
        const byCode = flows.of(protocol[row] as number) === DEVICE_CODE;
        if (byCode) this.#judge(subjectOf(batch, row), user, time, place, names.text(ip[row] as number));
        this.#learn(user, place, byCode);
      }
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
  create: (settings, emit, names) => new DeviceCode(settings, emit, names),
});
