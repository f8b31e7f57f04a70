import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, valuesOf } from "../columns.ts";
import { haversine, isPlace, type Place } from "../geo.ts";
import { IdMap } from "../id-map.ts";
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

/** The last visit of a user, renewed in place. */
interface Traveller {
  time: number;
  latitude: number;
  longitude: number;
  ip: string;
  asn: string;
  country: string;
  /** Places used before, on a grid of half degrees, latest last. */
  known: number[];
}

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

const noUsers = (): string[] => [];

class ImpossibleTravel implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #emit: Emit;
  readonly #users: IdMap<Traveller>;
  readonly #addresses: IdMap<string[]>;
  readonly #networks: IdMap<string[]>;
  #waiting: Candidate[] = [];

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#names = names;
    this.#settings = settings;
    this.#emit = emit;
    this.#users = new IdMap(names, settings.maxUsers);
    this.#addresses = new IdMap(names, settings.maxAddresses);
    this.#networks = new IdMap(names, settings.maxAddresses);
  }

  get evictions(): number {
    return this.#users.evictions + this.#addresses.evictions + this.#networks.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [latitudes, longitudes] = [valuesOf(batch, "Latitude"), valuesOf(batch, "Longitude")];
    const [ip, asn, country] = [idsOf(batch, "IP"), idsOf(batch, "ASN"), idsOf(batch, "Country")];
    const code = idsOf(batch, "ResultCode");
    const { time: times, subjectId, names } = batch;
    const [codes, settle] = [this.#bits, this.#settings.settleHours * HOUR];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        if (this.#waiting.length > 0) this.#settle(time - settle);
        const [latitude, longitude] = [latitudes[row] as number, longitudes[row] as number];
        // A failed attempt shows where the attacker is, not where the user was.
        if (id === 0 || (codes.of(code[row] as number) & FAILURE_BIT) !== 0 || !isPlace(latitude, longitude)) continue;
        const subject = subjectOf(batch, row);
        const [address, network] = [ip[row] as number, asn[row] as number];
        this.#share(this.#addresses, address, subject);
        this.#share(this.#networks, network, subject);
        const place = cellOf(latitude, longitude);
        const traveller = this.#users.get(id);
        const where = names.text(address);
        const isKnown = traveller?.known.includes(place) ?? false;
        if (traveller && isKnown && traveller.ip === where) {
          traveller.time = time;
          traveller.latitude = latitude;
          traveller.longitude = longitude;
          traveller.asn = names.text(network);
          traveller.country = names.text(country[row] as number);
          continue;
        }
        const from = { asn: names.text(network), country: names.text(country[row] as number) };
        this.#visit(id, subject, traveller, { time, latitude, longitude, ip: where, ...from }, isKnown);
      }
    };
  }

  finish(): void {
    this.#settle(Infinity);
  }

  snapshot(): State {
    const [users, addresses, networks] = [this.#users, this.#addresses, this.#networks].map((map) => map.snapshot());
    return {
      users,
      addresses,
      networks,
      waiting: structuredClone(this.#waiting),
    } as State;
  }

  restore(state: unknown): void {
    const { users, addresses, networks, waiting } = state as State;
    this.#users.restore(users);
    this.#addresses.restore(addresses);
    this.#networks.restore(networks);
    this.#waiting = structuredClone(waiting) as Candidate[];
  }

  #visit(id: number, subject: string, traveller: Traveller | undefined, visit: Visit, isKnown: boolean): void {
    const place = cellOf(visit.latitude, visit.longitude);
    if (!traveller) {
      this.#users.set(id, { ...visit, known: [place] });
      return;
    }
    if (!isKnown && visit.ip !== traveller.ip) this.#compare(subject, traveller, visit);
    if (!isKnown) traveller.known = [...traveller.known.slice(1 - MAX_KNOWN), place];
    Object.assign(traveller, visit);
  }

  #compare(subject: string, from: Visit, to: Visit): void {
    const { minKilometres, minKilometresPerHour } = this.#settings;
    const distance = haversine(from, to);
    if (distance < minKilometres) return;
    const elapsed = to.time - from.time;
    const speed = Math.min(MAX_SPEED, distance / Math.max(elapsed / HOUR, 1e-9));
    // Within one shared network two far places are the network's geolocation, not the user's.
    const sameNetwork =
      from.asn !== "" && from.asn === to.asn && this.#isShared(this.#networks, this.#names.id(to.asn));
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

  #share(map: IdMap<string[]>, id: number, subject: string): void {
    if (id === 0) return;
    const users = map.at(id, noUsers);
    if (users.length < this.#settings.egressUsers && !users.includes(subject)) users.push(subject);
  }

  #isShared(map: IdMap<string[]>, id: number): boolean {
    return (map.get(id)?.length ?? 0) >= this.#settings.egressUsers;
  }

  /** Tells the candidates up to a time, except those whose address turned out to be a shared egress. */
  #settle(upTo: number): void {
    let first = this.#waiting[0];
    while (first && first.draft.time <= upTo) {
      this.#waiting.shift();
      if (!this.#isShared(this.#addresses, this.#names.id(first.ip))) this.#emit(first.draft);
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
