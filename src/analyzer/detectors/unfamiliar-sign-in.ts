import type { SignalBatch } from "../../signals/batch.ts";
import { Spot, type SpotState } from "../../stats/spot.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
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

/** Counts per value, the most used ones; few enough to search in line. */
interface Counts {
  readonly values: string[];
  readonly uses: number[];
}

interface User {
  readonly first: number;
  signIns: number;
  /** Counts of addresses, networks, countries, clients and devices. */
  readonly seen: readonly [Counts, Counts, Counts, Counts, Counts];
}

interface State {
  readonly users: BoundedMapState<User>;
  readonly values: BoundedMapState<number>;
  readonly total: number;
  readonly scores: SpotState;
  readonly episodes: EpisodesState;
}

type Features = readonly [ip: string, asn: string, country: string, client: string, device: string];
const NAMES = ["address", "network", "country", "client", "device"] as const;

const usesOf = ({ values, uses }: Counts, value: string): number => uses[values.indexOf(value)] ?? 0;

function count({ values, uses }: Counts, value: string): void {
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
  readonly #users: BoundedMap<User>;
  /** Uses of each value in the whole tenant, by feature. */
  readonly #values: BoundedMap<number>;
  readonly #episodes: Episodes;
  #scores = new Spot();
  #total = 0;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#users = new BoundedMap(settings.maxUsers);
    this.#values = new BoundedMap(settings.maxValues);
    this.#episodes = new Episodes(12 * HOUR, emit);
  }

  get evictions(): number {
    return this.#users.evictions + this.#values.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [ip, asn, country] = [textOf(batch, "IP"), textOf(batch, "ASN"), textOf(batch, "Country")];
    const [agent, device, code] = [textOf(batch, "UserAgent"), textOf(batch, "DeviceId"), textOf(batch, "ResultCode")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#episodes.expire(time);
      const subject = batch.subject[row] as string;
      // Only what succeeded tells where a user is at home, and only that got in.
      if (subject === "" || ip(row) === "" || outcomeOf(code(row)) !== "success") return;
      const features: Features = [ip(row), asn(row), country(row), agent(row), device(row)];
      const user = this.#users.at(subject, () => newUser(time));
      const { minSignIns, learningDays } = this.#settings;
      if (user.signIns >= minSignIns && time - user.first >= learningDays * DAY)
        this.#judge(subject, user, features, time);
      this.#learn(user, features);
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return {
      users: this.#users.snapshot(),
      values: this.#values.snapshot(),
      total: this.#total,
      scores: this.#scores.snapshot(),
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { users, values, total, scores, episodes } = state as State;
    this.#users.restore(users);
    this.#values.restore(values);
    this.#total = total;
    this.#scores = new Spot(scores);
    this.#episodes.restore(episodes);
  }

  #learn(user: User, features: Features): void {
    features.forEach((value, i) => {
      if (value === "") return;
      count(user.seen[i] as Counts, value);
      const key = `${i}${value}`;
      this.#values.set(key, (this.#values.get(key) ?? 0) + 1);
    });
    user.signIns += 1;
    this.#total += 1;
  }

  #judge(subject: string, user: User, features: Features, time: number): void {
    const network = this.#ratio(user, features, [0, 1, 2], NETWORK);
    const score = network + this.#ratio(user, features, [3], [1]) + this.#ratio(user, features, [4], [1]);
    const decades = this.#scores.push(Math.max(0, score));
    const { minScore, minDecades } = this.#settings;
    if (score < minScore || decades < minDecades) return;
    const fresh = features.flatMap((value, i) =>
      value !== "" && usesOf(user.seen[i] as Counts, value) === 0 ? [`${NAMES[i]} ${value}`] : [],
    );
    // A new address or client in a known network is everyday life.
    if (!fresh.some((name) => name.startsWith("network") || name.startsWith("country"))) return;
    this.#episodes.report(subject, {
      subject,
      time,
      score,
      reason:
        `Signed in with ${fresh.length} of ${features.length} properties never seen in ${user.signIns} sign-ins over ` +
        `${duration(time - user.first)}: ${fresh.join(", ")}; likelihood ratio 10^${figure(score)} (limit 10^${minScore}).`,
    });
  }

  /**
   * log10 of p(x) / p(x | user) as a weighted sum over the parts of a feature, so that a familiar country does not drown a
   * network that nobody ever came from; parts without a value do not take part.
   * Source: Freeman et al., "Who Are You? A Statistical Approach to Measuring User Authenticity", NDSS 2016.
   */
  #ratio(user: User, features: Features, parts: readonly number[], weights: readonly number[]): number {
    let sum = 0;
    const { smoothing } = this.#settings;
    parts.forEach((part, i) => {
      const value = features[part] as string;
      if (value === "") return;
      const common = ((this.#values.get(`${part}${value}`) ?? 0) + 0.5) / (this.#total + 1);
      const own = (usesOf(user.seen[part] as Counts, value) + smoothing * common) / (user.signIns + smoothing);
      sum += (weights[i] as number) * Math.log10(common / own);
    });
    return sum;
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
  create: (settings, emit) => new UnfamiliarSignIn(settings, emit),
});
