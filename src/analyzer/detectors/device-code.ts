import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, plural } from "../wording.ts";

const defaults = {
  learningDays: 7,
  /** Share of the tenant's sign-ins by device code above which a first use is nothing special. */
  commonShare: 0.05,
  maxUsers: 200_000,
};

/** A user in a snapshot. */
interface User {
  readonly signIns: number;
  readonly deviceCodes: number;
  /** Networks (or, without numbers, countries) that the user came from. */
  readonly places: readonly string[];
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

/** Numbers of a user. */
const [SIGN_INS, DEVICE_CODES, PLACES, WIDTH] = [0, 1, 2, 2 + LIST];

class DeviceCode implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #flows: NameProperty;
  readonly #emit: Emit;
  readonly #names: Names;
  readonly #users: IdSlots;
  /** Ids of the places of a user. */
  readonly #places: Lists;
  #origin: number | undefined;
  #signIns = 0;
  #deviceCodes = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#flows = names.property(flowOf);
    this.#settings = settings;
    this.#emit = emit;
    this.#names = names;
    this.#users = new IdSlots(names, settings.maxUsers, WIDTH);
    this.#places = this.#users.lists(PLACES);
    names.hold(this);
  }

  get evictions(): number {
    return this.#users.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [protocol, code] = [idsOf(batch, "Protocol"), idsOf(batch, "ResultCode")];
    const [asn, country, ip] = [idsOf(batch, "ASN"), idsOf(batch, "Country"), idsOf(batch, "IP")];
    const { time: times, subjectId } = batch;
    const [users, codes, flows] = [this.#users, this.#bits, this.#flows];
    return (rows) => {
      users.warm(subjectId, rows);
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        this.#origin ??= time;
        if (id === 0 || (codes.of(code[row] as number) & FAILURE_BIT) !== 0) continue;
        const found = users.find(id);
        const slot = found >= 0 ? found : this.#add(id);
        const place = asn[row] !== 0 ? (asn[row] as number) : (country[row] as number);
        const byCode = flows.of(protocol[row] as number) === DEVICE_CODE;
        if (byCode) this.#judge(subjectOf(batch, row), slot, time, place, ip[row] as number);
        this.#learn(slot, place, byCode);
      }
    };
  }

  /** Places that users are remembered by. */
  mark(live: Uint8Array): void {
    this.#places.mark(live);
  }

  finish(): void {}

  snapshot(): State {
    const [signIns, deviceCodes] = [this.#signIns, this.#deviceCodes];
    const users = this.#users.snapshot((slot): User => {
      const part = (index: number): number => this.#users.numbers[WIDTH * slot + index] as number;
      const places = this.#places.of(slot).map((place) => this.#names.text(place));
      return { signIns: part(SIGN_INS), deviceCodes: part(DEVICE_CODES), places };
    });
    return { users, origin: this.#origin ?? null, signIns, deviceCodes };
  }

  restore(state: unknown): void {
    const { users, origin, signIns, deviceCodes } = state as State;
    this.#users.restore(users, (slot, user) => {
      this.#users.numbers.set([user.signIns, user.deviceCodes], WIDTH * slot);
      this.#places.set(
        slot,
        user.places.map((place) => this.#names.id(place)),
      );
    });
    this.#origin = origin ?? undefined;
    [this.#signIns, this.#deviceCodes] = [signIns, deviceCodes];
  }

  #add(id: number): number {
    const slot = this.#users.add(id);
    this.#users.numbers.set([0, 0], WIDTH * slot);
    return slot;
  }

  #learn(slot: number, place: number, byCode: boolean): void {
    const [numbers, at] = [this.#users.numbers, WIDTH * slot];
    numbers[at + SIGN_INS] = (numbers[at + SIGN_INS] as number) + 1;
    this.#signIns += 1;
    if (byCode) {
      numbers[at + DEVICE_CODES] = (numbers[at + DEVICE_CODES] as number) + 1;
      this.#deviceCodes += 1;
    }
    if (place === 0 || this.#places.indexOf(slot, place) >= 0) return;
    if (this.#places.length(slot) >= MAX_PLACES) this.#places.remove(slot, 0, 1);
    this.#places.push(slot, place);
  }

  #judge(subject: string, slot: number, time: number, place: number, ip: number): void {
    const [numbers, at] = [this.#users.numbers, WIDTH * slot];
    const history = time - (this.#origin ?? time);
    const share = (this.#deviceCodes + 0.5) / (this.#signIns + 1);
    const { learningDays, commonShare } = this.#settings;
    if ((numbers[at + DEVICE_CODES] as number) > 0 || history < learningDays * DAY || share > commonShare) return;
    const isNew = place !== 0 && this.#places.indexOf(slot, place) < 0;
    this.#emit({
      subject,
      time,
      score: -Math.log10(share) + (isNew ? 2 : 0),
      reason:
        `First sign-in by device code in ${duration(history)} (${plural(numbers[at + SIGN_INS] as number, "other sign-in")}), from ${this.#names.text(ip) || "an unknown address"}` +
        `${isNew ? `, a network new to the user (${this.#names.text(place)})` : ""}; in the tenant ${this.#deviceCodes} of ${this.#signIns} sign-ins used it.`,
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
