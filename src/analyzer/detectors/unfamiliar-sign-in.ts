import { type SignalBatch, subjectOf } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { Spot, type SpotState } from "../../stats/spot.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
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

/** Numbers of a user: the time of the first sign-in, and how many there were. */
const [FIRST, SIGN_INS, USES, WIDTH] = [0, 1, 2, 2 + LIST];

/** Uses per value of each feature, the most used ones of each, as pairs of a key and its uses; few enough to search in line. */
class Uses {
  readonly lists: Lists;

  constructor(users: IdSlots) {
    this.lists = users.lists(USES);
  }

  of(slot: number, feature: number, value: number): number {
    const at = this.lists.indexOf(slot, keyOf(feature, value), 2);
    return at < 0 ? 0 : (this.lists.numbers[this.lists.start(slot) + at + 1] as number);
  }

  add(slot: number, feature: number, value: number): void {
    const { lists } = this;
    const at = lists.indexOf(slot, keyOf(feature, value), 2);
    if (at >= 0) {
      const place = lists.start(slot) + at + 1;
      lists.numbers[place] = (lists.numbers[place] as number) + 1;
      return;
    }
    if (lists.length(slot) >= 2 * MAX_VALUES) this.#makeRoom(slot, feature);
    lists.push(slot, keyOf(feature, value));
    lists.push(slot, 1);
  }

  /** [value, uses] of one feature. */
  pairs(slot: number, feature: number): (readonly [number, number])[] {
    const [numbers, found] = [this.lists.of(slot), [] as (readonly [number, number])[]];
    for (let at = 0; at < numbers.length; at += 2) {
      const key = numbers[at] as number;
      if (key % FEATURES.length === feature) found.push([valueIn(key), numbers[at + 1] as number]);
    }
    return found;
  }

  /** Of a feature that has all the values it may have, the rarest goes; of several, the oldest. */
  #makeRoom(slot: number, feature: number): void {
    const numbers = this.lists.of(slot);
    let [count, rarest] = [0, -1];
    for (let at = 0; at < numbers.length; at += 2) {
      if ((numbers[at] as number) % FEATURES.length !== feature) continue;
      count += 1;
      if (rarest < 0 || (numbers[at + 1] as number) < (numbers[rarest + 1] as number)) rarest = at;
    }
    if (count >= MAX_VALUES) this.lists.remove(slot, rarest, 2);
  }
}

const keyOf = (feature: number, value: number): number => FEATURES.length * value + feature;
const valueIn = (key: number): number => Math.floor(key / FEATURES.length);

class UnfamiliarSignIn implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  readonly #users: IdSlots;
  readonly #uses: Uses;
  /** Uses of each value in the whole tenant, by feature. */
  readonly #values: readonly IdSlots[];
  /** The features of the row that is read. */
  readonly #row = new Int32Array(FEATURES.length);
  readonly #episodes: Episodes;
  #scores = new Spot();
  #total = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#users = new IdSlots(names, settings.maxUsers, WIDTH);
    this.#uses = new Uses(this.#users);
    names.hold(this);
    this.#values = FEATURES.map(() => new IdSlots(names, settings.maxValues, 1));
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
      users.warm(subjectId, rows);
      for (let i = 0; i < features.length; i++) this.#values[i]?.warm(columns[i] as Int32Array, rows);
      while (rows.next()) {
        const { row } = rows;
        const [time, id] = [times[row] as number, subjectId[row] as number];
        episodes.expire(time);
        // Only what succeeded tells where a user is at home, and only that got in.
        if (id === 0 || ip[row] === 0 || (codes.of(code[row] as number) & SUCCESS_BIT) === 0) continue;
        for (let i = 0; i < features.length; i++) features[i] = (columns[i] as Int32Array)[row] as number;
        const found = users.find(id);
        const slot = found >= 0 ? found : this.#add(id, time);
        const signIns = users.numbers[WIDTH * slot + SIGN_INS] as number;
        const first = users.numbers[WIDTH * slot + FIRST] as number;
        if (signIns >= minSignIns && time - first >= learningDays * DAY) this.#judge(subjectOf(batch, row), slot, time);
        this.#learn(slot);
      }
    };
  }

  /** Values that users are remembered by. */
  mark(live: Uint8Array): void {
    this.#uses.lists.mark(live, 0, 2, FEATURES.length);
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const users = this.#users.snapshot((slot): SavedUser => {
      const seen = FEATURES.map((_, feature) =>
        this.#uses.pairs(slot, feature).map(([value, uses]) => [this.#names.text(value), uses] as const),
      );
      const { numbers } = this.#users;
      return {
        first: numbers[WIDTH * slot + FIRST] as number,
        signIns: numbers[WIDTH * slot + SIGN_INS] as number,
        seen,
      };
    });
    return {
      users,
      values: this.#values.map((uses) => uses.snapshot((slot) => uses.numbers[slot] as number)),
      total: this.#total,
      scores: this.#scores.snapshot(),
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { users, values, total, scores, episodes } = state as State;
    this.#users.restore(users, (slot, { first, signIns, seen }) => {
      this.#users.numbers.set([first, signIns], WIDTH * slot);
      const pairs = seen.flatMap((own, feature) =>
        own.flatMap(([value, uses]) => [keyOf(feature, this.#names.id(value)), uses]),
      );
      this.#uses.lists.set(slot, pairs);
    });
    values.forEach((saved, i) => {
      const uses = this.#values[i] as IdSlots;
      uses.restore(saved, (slot, count) => {
        uses.numbers[slot] = count;
      });
    });
    this.#total = total;
    this.#scores = new Spot(scores);
    this.#episodes.restore(episodes);
  }

  #add(id: number, time: number): number {
    const slot = this.#users.add(id);
    this.#users.numbers.set([time, 0], WIDTH * slot);
    return slot;
  }

  #learn(slot: number): void {
    for (let i = 0; i < FEATURES.length; i++) {
      const value = this.#row[i] as number;
      if (value === 0) continue;
      this.#uses.add(slot, i, value);
      this.#use(this.#values[i] as IdSlots, value);
    }
    const signIns = WIDTH * slot + SIGN_INS;
    this.#users.numbers[signIns] = (this.#users.numbers[signIns] as number) + 1;
    this.#total += 1;
  }

  /** Counts a use in the whole tenant. */
  #use(values: IdSlots, value: number): void {
    let slot = values.find(value);
    if (slot < 0) {
      slot = values.add(value);
      values.numbers[slot] = 0;
    }
    values.numbers[slot] = (values.numbers[slot] as number) + 1;
  }

  #judge(subject: string, slot: number, time: number): void {
    const signIns = this.#users.numbers[WIDTH * slot + SIGN_INS] as number;
    let network = 0;
    for (let part = 0; part < NETWORK.length; part++)
      network += (NETWORK[part] as number) * this.#ratio(slot, signIns, part);
    const score = network + this.#ratio(slot, signIns, 3) + this.#ratio(slot, signIns, 4);
    const decades = this.#scores.push(Math.max(0, score));
    const { minScore, minDecades } = this.#settings;
    if (score < minScore || decades < minDecades) return;
    const fresh = [...this.#row].flatMap((value, i) =>
      value !== 0 && this.#uses.of(slot, i, value) === 0 ? [`${NAMES[i]} ${this.#names.text(value)}`] : [],
    );
    // A new address or client in a known network is everyday life.
    if (!fresh.some((name) => name.startsWith("network") || name.startsWith("country"))) return;
    const first = this.#users.numbers[WIDTH * slot + FIRST] as number;
    this.#episodes.report(subject, {
      subject,
      time,
      score,
      reason:
        `Signed in with ${fresh.length} of ${FEATURES.length} properties never seen in ${signIns} sign-ins over ` +
        `${duration(time - first)}: ${fresh.join(", ")}; likelihood ratio 10^${figure(score)} (limit 10^${minScore}).`,
    });
  }

  /**
   * log10 of p(x) / p(x | user) of one part of a sign-in; 0 where it has no value. The parts of a network are weighed, so that
   * a familiar country does not drown a network that nobody ever came from.
   * Source: Freeman et al., "Who Are You? A Statistical Approach to Measuring User Authenticity", NDSS 2016.
   */
  #ratio(slot: number, signIns: number, part: number): number {
    const value = this.#row[part] as number;
    if (value === 0) return 0;
    const { smoothing } = this.#settings;
    const values = this.#values[part] as IdSlots;
    const known = values.find(value);
    const common = ((known < 0 ? 0 : (values.numbers[known] as number)) + 0.5) / (this.#total + 1);
    const own = (this.#uses.of(slot, part, value) + smoothing * common) / (signIns + smoothing);
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
