import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { Spot, type SpotState } from "../../stats/spot.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
import { codeBits, SUCCESS_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, figure } from "../wording.ts";

const defaults = {
  /** Sign-ins and days of a user before anything is unfamiliar. */
  minSignIns: 10,
  learningDays: 5,
  /** log10 of the likelihood ratio, and −log10 of its probability among all sign-ins of the tenant. */
  minScore: 3,
  minDecades: 2,
  /** Weight of the tenant's habits in those of a user. */
  smoothing: 1,
  maxUsers: 100_000,
  maxValues: 100_000,
};

/** Features with the weights of their parts, most specific first. Weights after Wiefling et al., "Is This Really You?" 2019. */
const NETWORK = [0.6, 0.3, 0.1] as const;
const MAX_VALUES = 24;
const [DAY, HOUR] = [86_400_000, 3_600_000];

/** Counts per value, the most used ones, by the ids of their names; few enough to search in line. */
interface Counts {
  values: number[];
  uses: number[];
}

interface User {
  readonly first: number;
  signIns: number;
  /** Counts of addresses, networks, countries, clients and devices. */
  readonly seen: readonly [Counts, Counts, Counts, Counts, Counts];
}

/** A user in a snapshot: [value, uses] per feature. */
interface SavedUser {
  readonly first: number;
  readonly signIns: number;
  readonly seen: readonly (readonly (readonly [string, number])[])[];
}

interface State {
  readonly users: BoundedMapState<SavedUser>;
  readonly values: readonly BoundedMapState<number>[];
  readonly total: number;
  readonly scores: SpotState;
  readonly episodes: EpisodesState;
}

const FEATURES = ["IP", "ASN", "Country", "UserAgent", "DeviceId"] as const;
const NAMES = ["address", "network", "country", "client", "device"] as const;

const usesOf = ({ values, uses }: Counts, value: number): number => uses[values.indexOf(value)] ?? 0;

function count(counts: Counts, value: number): void {
  const { values, uses } = counts;
  if (values.length === 0) {
    // A literal has room for one: most users that a directory has ever had come once, or always from one place.
    [counts.values, counts.uses] = [[value], [1]];
    return;
  }
  const at = values.indexOf(value);
  if (at >= 0) {
    uses[at] = (uses[at] as number) + 1;
    return;
  }
  if (values.length >= MAX_VALUES) {
    // The rarest goes; of several, the oldest.
    const rarest = uses.indexOf(Math.min(...uses));
    values.splice(rarest, 1);
    uses.splice(rarest, 1);
  }
  values.push(value);
  uses.push(1);
}

const newUser = (first: number): User => {
  const none = (): Counts => ({ values: [], uses: [] });
  return { first, signIns: 0, seen: [none(), none(), none(), none(), none()] };
};

class UnfamiliarSignIn implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #users: IdMap<User>;
  /** Uses of each value in the whole tenant, by feature. */
  readonly #values: readonly IdMap<number>[];
  /** The features of the row that is read. */
  readonly #row = new Int32Array(FEATURES.length);
  readonly #episodes: Episodes;
  #scores = new Spot();
  #total = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#users = new IdMap(names, settings.maxUsers);
    names.hold(this);
    this.#values = FEATURES.map(() => new IdMap(names, settings.maxValues));
    this.#episodes = new Episodes(12 * HOUR, emit);
  }

  get evictions(): number {
    return this.#values.reduce((sum, { evictions }) => sum + evictions, this.#users.evictions);
  }

  open(batch: SignalBatch): RowsReader {
    const columns = FEATURES.map((feature) => idsOf(batch, feature));
    const [ip, code] = [columns[0] as Int32Array, idsOf(batch, "ResultCode")];
    const { time: times, subjectId } = batch;
    const [users, episodes, codes, features] = [this.#users, this.#episodes, this.#bits, this.#row];
    const { minSignIns, learningDays } = this.#settings;
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        episodes.expire(time);
        // Only what succeeded tells where a user is at home, and only that got in.
        if (id === 0 || ip[row] === 0 || (codes.of(code[row] as number) & SUCCESS_BIT) === 0) continue;
        for (let i = 0; i < features.length; i++) features[i] = (columns[i] as Int32Array)[row] as number;
        let user = users.get(id);
        if (!user) {
          user = newUser(time);
          users.set(id, user);
        }
        if (user.signIns >= minSignIns && time - user.first >= learningDays * DAY)
          this.#judge(subjectOf(batch, row), user, time);
        this.#learn(user);
      }
    };
  }

  /** Values that users are remembered by. */
  mark(live: Uint8Array): void {
    for (const { seen } of this.#users.values())
      for (const { values } of seen) for (const value of values) live[value] = 1;
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const users = this.#users.snapshot(({ first, signIns, seen }): SavedUser => {
      const named = seen.map(({ values, uses }) =>
        values.map((value, i) => [this.#names.text(value), uses[i] as number] as const),
      );
      return { first, signIns, seen: named };
    });
    return {
      users,
      values: this.#values.map((counts) => counts.snapshot()),
      total: this.#total,
      scores: this.#scores.snapshot(),
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { users, values, total, scores, episodes } = state as State;
    this.#users.restore(users, ({ first, signIns, seen }) => {
      const counts = seen.map(
        (own): Counts => ({ values: own.map(([value]) => this.#names.id(value)), uses: own.map(([, uses]) => uses) }),
      );
      return { first, signIns, seen: counts as unknown as User["seen"] };
    });
    values.forEach((saved, i) => {
      this.#values[i]?.restore(saved);
    });
    this.#total = total;
    this.#scores = new Spot(scores);
    this.#episodes.restore(episodes);
  }

  #learn(user: User): void {
    for (let i = 0; i < FEATURES.length; i++) {
      const value = this.#row[i] as number;
      if (value === 0) continue;
      count(user.seen[i] as Counts, value);
      const uses = this.#values[i] as IdMap<number>;
      uses.set(value, (uses.get(value) ?? 0) + 1);
    }
    user.signIns += 1;
    this.#total += 1;
  }

  #judge(subject: string, user: User, time: number): void {
    let network = 0;
    for (let part = 0; part < NETWORK.length; part++) network += (NETWORK[part] as number) * this.#ratio(user, part);
    const score = network + this.#ratio(user, 3) + this.#ratio(user, 4);
    const decades = this.#scores.push(Math.max(0, score));
    const { minScore, minDecades } = this.#settings;
    if (score < minScore || decades < minDecades) return;
    const fresh = [...this.#row].flatMap((value, i) =>
      value !== 0 && usesOf(user.seen[i] as Counts, value) === 0 ? [`${NAMES[i]} ${this.#names.text(value)}`] : [],
    );
    // A new address or client in a known network is everyday life.
    if (!fresh.some((name) => name.startsWith("network") || name.startsWith("country"))) return;
    this.#episodes.report(subject, {
      subject,
      time,
      score,
      reason:
        `Signed in with ${fresh.length} of ${FEATURES.length} properties never seen in ${user.signIns} sign-ins over ` +
        `${duration(time - user.first)}: ${fresh.join(", ")}; likelihood ratio 10^${figure(score)} (limit 10^${minScore}).`,
    });
  }

  /**
   * log10 of p(x) / p(x | user) of one part of a sign-in; 0 where it has no value. The parts of a network are weighed, so that
   * a familiar country does not drown a network that nobody ever came from.
   * Source: Freeman et al., "Who Are You? A Statistical Approach to Measuring User Authenticity", NDSS 2016.
   */
  #ratio(user: User, part: number): number {
    const value = this.#row[part] as number;
    if (value === 0) return 0;
    const { smoothing } = this.#settings;
    const common = (((this.#values[part] as IdMap<number>).get(value) ?? 0) + 0.5) / (this.#total + 1);
    const own = (usesOf(user.seen[part] as Counts, value) + smoothing * common) / (user.signIns + smoothing);
    return Math.log10(common / own);
  }
}

/**
 * A successful sign-in whose network, client and device fit the tenant's other users better than this one: Freeman's
 * risk score, weighted over address, network and country, told when it is rare among all sign-ins of the tenant and
 * the network or country is new to the user. Learns 10 sign-ins and 5 days (Entra ID Protection's unfamiliar properties).
 */
export default detector({
  name: "unfamiliar-sign-in",
  pillars: ["identities"],
  needs: ["IP"],
  defaults,
  relaxed: { minScore: 0.5, minDecades: 1.3 },
  create: (settings, emit, names) => new UnfamiliarSignIn(settings, emit, names),
});
