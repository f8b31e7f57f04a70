import { type SignalBatch, subjectOf, textAt } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { missingMass } from "../../stats/good-turing.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
import { codeBits, FAILURE_BIT } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { duration, figure, plural } from "../wording.ts";

const defaults = {
  learningDays: 5,
  /** Uses before a new network means anything, and the probability of a new one by the key's own history. */
  minUses: 100,
  maxProbability: 0.01,
  maxKeys: 50_000,
};

/** Numbers of a key: the time of its first use, and its uses. */
const [FIRST, USES, NETWORKS, WIDTH] = [0, 1, 2, 2 + LIST];

/** A key in a snapshot. */
interface SavedKey {
  readonly first: number;
  readonly uses: number;
  readonly networks: readonly (readonly [string, number])[];
}

interface State {
  readonly keys: BoundedMapState<SavedKey>;
  readonly episodes: EpisodesState;
}

const DAY = 86_400_000;
const MAX_NETWORKS = 64;

/** The /24 or /48 that an address lies in: a client that moves within its network is still the same client. */
const networkOf = (address: string): string =>
  address.includes(":") ? address.split(":").slice(0, 3).join(":") : address.split(".").slice(0, 3).join(".");

class KeyMisuse implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #names: Names;
  /** The name of the network of an address, and of a network number. */
  readonly #byAddress: NameProperty;
  readonly #byNumber: NameProperty;
  readonly #keys: IdSlots;
  /** Networks that a key was used from, by the ids of their names, each with its uses; few, the latest last. */
  readonly #networks: Lists;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#byAddress = names.property((address) => names.id(networkOf(address)));
    this.#byNumber = names.property((number) => names.id(`AS${number}`));
    this.#keys = new IdSlots(names, settings.maxKeys, WIDTH);
    this.#networks = this.#keys.lists(NETWORKS);
    names.hold(this);
    this.#episodes = new Episodes(DAY, emit);
  }

  get evictions(): number {
    return this.#keys.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [ip, asn, code] = [idsOf(batch, "IP"), idsOf(batch, "ASN"), idsOf(batch, "ResultCode")];
    const { time: times, subjectId, subjectType } = batch;
    const [codes, episodes, byAddress, byNumber] = [this.#bits, this.#episodes, this.#byAddress, this.#byNumber];
    const isUsed = subjectType.some((type) => type === "application" || type === "workload");
    return (rows) => {
      if (!isUsed) {
        episodes.expireBy(times, rows);
        return;
      }
      this.#keys.warm(subjectId, rows);
      while (rows.next()) {
        const { row } = rows;
        episodes.expire(times[row] as number);
        const [type, id] = [subjectType[row], subjectId[row] as number];
        // People move; keys and workloads live where they were put.
        if ((type !== "application" && type !== "workload") || ip[row] === 0 || id === 0) continue;
        if ((codes.of(code[row] as number) & FAILURE_BIT) !== 0) continue;
        const network = asn[row] === 0 ? byAddress.of(ip[row] as number) : byNumber.of(asn[row] as number);
        this.#use(id, network, batch, row);
      }
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const keys = this.#keys.snapshot((slot): SavedKey => {
      const [numbers, at] = [this.#keys.numbers, WIDTH * slot];
      const networks = this.#pairs(slot).map(([network, count]) => [this.#names.text(network), count] as const);
      return { first: numbers[at + FIRST] as number, uses: numbers[at + USES] as number, networks };
    });
    return { keys, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { keys, episodes } = state as State;
    this.#keys.restore(keys, (slot, { first, uses, networks }) => {
      this.#keys.numbers.set([first, uses], WIDTH * slot);
      const pairs = networks.flatMap(([network, count]) => [this.#names.id(network), count]);
      this.#networks.set(slot, pairs);
    });
    this.#episodes.restore(episodes);
  }

  #use(id: number, network: number, batch: SignalBatch, row: number): void {
    const found = this.#keys.find(id);
    const slot = found >= 0 ? found : this.#add(id, batch.time[row] as number);
    const uses = WIDTH * slot + USES;
    this.#keys.numbers[uses] = (this.#keys.numbers[uses] as number) + 1;
    const at = this.#networks.indexOf(slot, network, 2);
    if (at >= 0) {
      const place = this.#networks.start(slot) + at + 1;
      this.#networks.numbers[place] = (this.#networks.numbers[place] as number) + 1;
      return;
    }
    this.#judge(slot, batch, row);
    if (this.#networks.length(slot) >= 2 * MAX_NETWORKS) {
      const counts = this.#pairs(slot).map(([, count]) => count);
      this.#networks.remove(slot, 2 * counts.indexOf(Math.min(...counts)), 2);
    }
    this.#networks.push(slot, network);
    this.#networks.push(slot, 1);
  }

  #add(id: number, time: number): number {
    const slot = this.#keys.add(id);
    this.#keys.numbers.set([time, 0], WIDTH * slot);
    return slot;
  }

  /** [network, uses] of a key. */
  #pairs(slot: number): (readonly [number, number])[] {
    const numbers = this.#networks.of(slot);
    return Array.from({ length: numbers.length / 2 }, (_, i) => [
      numbers[2 * i] as number,
      numbers[2 * i + 1] as number,
    ]);
  }

  /** Networks that keys remember. */
  mark(live: Uint8Array): void {
    this.#networks.mark(live, 0, 2);
  }

  #judge(slot: number, batch: SignalBatch, row: number): void {
    const first = this.#keys.numbers[WIDTH * slot + FIRST] as number;
    const uses = this.#keys.numbers[WIDTH * slot + USES] as number;
    const time = batch.time[row] as number;
    const { learningDays, minUses, maxProbability } = this.#settings;
    if (uses < minUses || time - first < learningDays * DAY) return;
    const pairs = this.#pairs(slot);
    const singles = pairs.filter(([, count]) => count === 1).length;
    const probability = missingMass(singles, uses);
    if (probability > maxProbability) return;
    const name = subjectOf(batch, row);
    const [address, agent] = [textAt(batch, "IP", row), textAt(batch, "UserAgent", row)];
    this.#episodes.report(name, {
      subject: name,
      time,
      score: -Math.log10(probability),
      reason:
        `Used from ${address}${agent === "" ? "" : ` (${agent.slice(0, 60)})`}: ${plural(uses - 1, "use")} in ${duration(time - first)} came from ` +
        `${plural(pairs.length, "network")}, ${singles} of them once, so a new network has probability ${figure(probability)} ` +
        `(limit ${maxProbability}).`,
    });
  }
}

/**
 * A key or a workload's credential is used from a network that it never came from: shared keys and service principals live
 * where they were put. Told by the Good–Turing probability of a new network in the key's own history of 5 days.
 */
export default detector({
  name: "key-misuse",
  pillars: ["applications", "data", "infrastructure"],
  needs: ["IP"],
  defaults,
  relaxed: { minUses: 20, maxProbability: 0.1 },
  create: (settings, emit, names) => new KeyMisuse(settings, emit, names),
});
