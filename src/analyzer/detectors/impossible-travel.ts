import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, valuesOf } from "../columns.ts";
import { haversine, isPlace, type Place } from "../geo.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, type Draft, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, figure } from "../wording.ts";

const defaults = {
  minKilometres: 500,
  minKilometresPerHour: 800,
  /** Distinct users that make an address (or network) a shared egress: VPN, proxy, office. */
  egressUsers: 5,
  /** How long an alert waits for its address to prove a shared egress. */
  settleHours: 24,
  maxUsers: 200_000,
  maxAddresses: 50_000,
};

interface Visit extends Place {
  readonly time: number;
  readonly ip: string;
  readonly asn: string;
  readonly country: string;
}

/** The last visit of a user in a snapshot. */
interface Traveller extends Visit {
  /** Places used before, on a grid of half degrees, latest last. */
  readonly known: readonly number[];
}

/** Numbers of a user's last visit; address, network and country by the ids of their names. */
const [TIME, LATITUDE, LONGITUDE, ADDRESS, NETWORK, COUNTRY, KNOWN, WIDTH] = [0, 1, 2, 3, 4, 5, 6, 6 + LIST];

interface Candidate {
  readonly ip: string;
  readonly draft: Draft;
}

interface State {
  readonly users: BoundedMapState<Traveller>;
  readonly addresses: BoundedMapState<string[]>;
  readonly networks: BoundedMapState<string[]>;
  readonly waiting: readonly Candidate[];
}

const HOUR = 3_600_000;
const MAX_KNOWN = 16;
/** Faster than any user; two sign-ins in the same second would otherwise be infinitely fast. */
const MAX_SPEED = 1e6;

/** Number of a cell of half a degree. */
const cellOf = (latitude: number, longitude: number): number =>
  Math.round(latitude * 2) * 1000 + Math.round(longitude * 2);

/** Who was seen at each of some addresses or networks, up to as many users as prove a shared egress. */
class Egress {
  readonly slots: IdSlots;
  readonly #names: Names;
  readonly #enough: number;
  /** Ids of the users. */
  readonly users: Lists;

  constructor(names: Names, capacity: number, enough: number) {
    this.#names = names;
    this.#enough = enough;
    this.slots = new IdSlots(names, capacity, LIST);
    this.users = this.slots.lists(0);
  }

  see(id: number, user: number): void {
    if (id === 0) return;
    const found = this.slots.find(id);
    const slot = found >= 0 ? found : this.slots.add(id);
    if (this.users.length(slot) < this.#enough && this.users.indexOf(slot, user) < 0) this.users.push(slot, user);
  }

  isShared(id: number): boolean {
    const slot = this.slots.find(id);
    return slot >= 0 && this.users.length(slot) >= this.#enough;
  }

  mark(live: Uint8Array): void {
    this.users.mark(live);
  }

  snapshot(): BoundedMapState<string[]> {
    return this.slots.snapshot((slot) => this.users.of(slot).map((user) => this.#names.text(user)));
  }

  restore(state: BoundedMapState<string[]>): void {
    this.slots.restore(state, (slot, users) =>
      this.users.set(
        slot,
        users.map((user) => this.#names.id(user)),
      ),
    );
  }
}

class ImpossibleTravel implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #emit: Emit;
  readonly #users: IdSlots;
  readonly #known: Lists;
  readonly #addresses: Egress;
  readonly #networks: Egress;
  #waiting: Candidate[] = [];

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#names = names;
    this.#settings = settings;
    this.#emit = emit;
    this.#users = new IdSlots(names, settings.maxUsers, WIDTH);
    this.#known = this.#users.lists(KNOWN);
    this.#addresses = new Egress(names, settings.maxAddresses, settings.egressUsers);
    this.#networks = new Egress(names, settings.maxAddresses, settings.egressUsers);
    names.hold(this);
  }

  get evictions(): number {
    return this.#users.evictions + this.#addresses.slots.evictions + this.#networks.slots.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [latitudes, longitudes] = [valuesOf(batch, "Latitude"), valuesOf(batch, "Longitude")];
    const [ip, asn, country] = [idsOf(batch, "IP"), idsOf(batch, "ASN"), idsOf(batch, "Country")];
    const code = idsOf(batch, "ResultCode");
    const { time: times, subjectId } = batch;
    const [codes, settle] = [this.#bits, this.#settings.settleHours * HOUR];
    return (rows) => {
      this.#users.warm(subjectId, rows);
      this.#addresses.slots.warm(ip, rows);
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        if (this.#waiting.length > 0) this.#settle(time - settle);
        const [latitude, longitude] = [latitudes[row] as number, longitudes[row] as number];
        // A failed attempt shows where the attacker is, not where the user was.
        if (id === 0 || (codes.of(code[row] as number) & FAILURE_BIT) !== 0 || !isPlace(latitude, longitude)) continue;
        this.#addresses.see(ip[row] as number, id);
        this.#networks.see(asn[row] as number, id);
        const slot = this.#users.find(id);
        const place = cellOf(latitude, longitude);
        if (slot < 0) {
          const added = this.#users.add(id);
          this.#known.push(added, place);
          this.#put(added, time, latitude, longitude, ip[row] as number, asn[row] as number, country[row] as number);
          continue;
        }
        const isKnown = this.#known.indexOf(slot, place) >= 0;
        const isMoved = this.#users.numbers[WIDTH * slot + ADDRESS] !== ip[row];
        const from = isMoved && !isKnown ? this.#visit(slot) : undefined;
        this.#put(slot, time, latitude, longitude, ip[row] as number, asn[row] as number, country[row] as number);
        if (from) this.#compare(subjectOf(batch, row), from, this.#visit(slot));
        if (isKnown) continue;
        if (this.#known.length(slot) >= MAX_KNOWN) this.#known.remove(slot, 0, 1);
        this.#known.push(slot, place);
      }
    };
  }

  /** Addresses, networks and countries of the last visits, and users of shared ones. */
  mark(live: Uint8Array): void {
    for (const place of [ADDRESS, NETWORK, COUNTRY]) this.#users.markNumbers(live, place);
    this.#addresses.mark(live);
    this.#networks.mark(live);
  }

  finish(): void {
    this.#settle(Infinity);
  }

  snapshot(): State {
    return {
      users: this.#users.snapshot((slot): Traveller => ({ ...this.#visit(slot), known: this.#known.of(slot) })),
      addresses: this.#addresses.snapshot(),
      networks: this.#networks.snapshot(),
      waiting: structuredClone(this.#waiting),
    };
  }

  restore(state: unknown): void {
    const { users, addresses, networks, waiting } = state as State;
    this.#users.restore(users, (slot, { time, latitude, longitude, ip, asn, country, known }) => {
      const [address, network, land] = [this.#names.id(ip), this.#names.id(asn), this.#names.id(country)];
      this.#put(slot, time, latitude, longitude, address, network, land);
      this.#known.set(slot, known);
    });
    this.#addresses.restore(addresses);
    this.#networks.restore(networks);
    this.#waiting = structuredClone(waiting) as Candidate[];
  }

  #visit(slot: number): Visit {
    const part = (index: number): number => this.#users.numbers[WIDTH * slot + index] as number;
    const name = (index: number): string => this.#names.text(part(index));
    return {
      ...{ time: part(TIME), latitude: part(LATITUDE), longitude: part(LONGITUDE) },
      ...{ ip: name(ADDRESS), asn: name(NETWORK), country: name(COUNTRY) },
    };
  }

  #put(
    slot: number,
    time: number,
    latitude: number,
    longitude: number,
    address: number,
    network: number,
    country: number,
  ): void {
    const [numbers, at] = [this.#users.numbers, WIDTH * slot];
    numbers[at + TIME] = time;
    numbers[at + LATITUDE] = latitude;
    numbers[at + LONGITUDE] = longitude;
    numbers[at + ADDRESS] = address;
    numbers[at + NETWORK] = network;
    numbers[at + COUNTRY] = country;
  }

  #compare(subject: string, from: Visit, to: Visit): void {
    const { minKilometres, minKilometresPerHour } = this.#settings;
    const distance = haversine(from, to);
    if (distance < minKilometres) return;
    const elapsed = to.time - from.time;
    const speed = Math.min(MAX_SPEED, distance / Math.max(elapsed / HOUR, 1e-9));
    // Within one shared network two far places are the network's geolocation, not the user's.
    const sameNetwork = from.asn !== "" && from.asn === to.asn && this.#networks.isShared(this.#names.id(to.asn));
    if (speed < minKilometresPerHour || sameNetwork) return;
    const where = ({ ip, country }: Visit): string => (country ? `${country} (${ip})` : ip);
    this.#waiting.push({
      ip: to.ip,
      draft: {
        subject,
        time: to.time,
        score: Math.log10(speed / minKilometresPerHour) + distance / minKilometres,
        reason:
          `Signed in from ${where(to)} ${duration(elapsed)} after ${where(from)}: ${figure(distance)} km apart, ` +
          `${figure(speed)} km/h against a limit of ${minKilometresPerHour} km/h, from a place not used before.`,
      },
    });
  }

  /** Tells the candidates up to a time, except those whose address turned out to be a shared egress. */
  #settle(upTo: number): void {
    let first = this.#waiting[0];
    while (first && first.draft.time <= upTo) {
      this.#waiting.shift();
      if (!this.#addresses.isShared(this.#names.id(first.ip))) this.#emit(first.draft);
      first = this.#waiting[0];
    }
  }
}

/**
 * Two successful sign-ins of one user too far apart for the time between them, the second from a place that the user has
 * not used before. Defaults: 500 km and 800 km/h (Elastic's Entra rules, 2026). Compares consecutive sign-ins, so no
 * look-back window dilutes the speed; ignores empty locations and learned egress addresses.
 */
export default detector({
  name: "impossible-travel",
  pillars: ["identities"],
  needs: ["IP", "Latitude", "Longitude"],
  defaults,
  relaxed: { minKilometres: 200, minKilometresPerHour: 300 },
  create: (settings, emit, names) => new ImpossibleTravel(settings, emit, names),
});
