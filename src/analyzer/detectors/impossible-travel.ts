import type { SignalBatch } from "../../signals/batch.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { numberOf, textOf } from "../columns.ts";
import { haversine, isPlace, type Place } from "../geo.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, type Draft, detector, type Emit, type RowReader } from "../types.ts";
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

interface Traveller {
  last: Visit;
  /** Places used before, on a grid of half degrees, latest last. */
  known: string[];
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

const cell = ({ latitude, longitude }: Place): string => `${Math.round(latitude * 2)},${Math.round(longitude * 2)}`;

class ImpossibleTravel implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #users: BoundedMap<Traveller>;
  readonly #addresses: BoundedMap<string[]>;
  readonly #networks: BoundedMap<string[]>;
  #waiting: Candidate[] = [];

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
    this.#users = new BoundedMap(settings.maxUsers);
    this.#addresses = new BoundedMap(settings.maxAddresses);
    this.#networks = new BoundedMap(settings.maxAddresses);
  }

  get evictions(): number {
    return this.#users.evictions + this.#addresses.evictions + this.#networks.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [latitude, longitude] = [numberOf(batch, "Latitude"), numberOf(batch, "Longitude")];
    const [ip, asn, country] = [textOf(batch, "IP"), textOf(batch, "ASN"), textOf(batch, "Country")];
    const code = textOf(batch, "ResultCode");
    return (row) => {
      const time = batch.time[row] as number;
      this.#settle(time - this.#settings.settleHours * HOUR);
      const subject = batch.subject[row] as string;
      // A failed attempt shows where the attacker is, not where the user was.
      if (subject === "" || outcomeOf(code(row)) === "failure" || !isPlace(latitude(row), longitude(row))) return;
      this.#visit(subject, {
        time,
        latitude: latitude(row),
        longitude: longitude(row),
        ip: ip(row),
        asn: asn(row),
        country: country(row),
      });
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

  #visit(subject: string, visit: Visit): void {
    this.#share(this.#addresses, visit.ip, subject);
    this.#share(this.#networks, visit.asn, subject);
    const place = cell(visit);
    const traveller = this.#users.get(subject);
    if (!traveller) {
      this.#users.set(subject, { last: visit, known: [place] });
      return;
    }
    const known = traveller.known.includes(place);
    if (!known && visit.ip !== traveller.last.ip) this.#compare(subject, traveller.last, visit);
    if (!known) traveller.known = [...traveller.known.slice(1 - MAX_KNOWN), place];
    traveller.last = visit;
  }

  #compare(subject: string, from: Visit, to: Visit): void {
    const { minKilometres, minKilometresPerHour } = this.#settings;
    const distance = haversine(from, to);
    if (distance < minKilometres) return;
    const elapsed = to.time - from.time;
    const speed = Math.min(MAX_SPEED, distance / Math.max(elapsed / HOUR, 1e-9));
    // Within one shared network two far places are the network's geolocation, not the user's.
    const sameNetwork = from.asn !== "" && from.asn === to.asn && this.#isShared(this.#networks, to.asn);
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

  #share(map: BoundedMap<string[]>, key: string, subject: string): void {
    if (key === "") return;
    const users = map.at(key, () => []);
    if (users.length < this.#settings.egressUsers && !users.includes(subject)) users.push(subject);
  }

  #isShared(map: BoundedMap<string[]>, key: string): boolean {
    return (map.get(key)?.length ?? 0) >= this.#settings.egressUsers;
  }

  /** Tells the candidates up to a time, except those whose address turned out to be a shared egress. */
  #settle(upTo: number): void {
    let first = this.#waiting[0];
    while (first && first.draft.time <= upTo) {
      this.#waiting.shift();
      if (!this.#isShared(this.#addresses, first.ip)) this.#emit(first.draft);
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
  create: (settings, emit) => new ImpossibleTravel(settings, emit),
});
