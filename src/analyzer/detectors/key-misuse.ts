import type { SignalBatch } from "../../signals/batch.ts";
import { missingMass } from "../../stats/good-turing.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { textOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { outcomeOf } from "../outcome.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { duration, figure, plural } from "../wording.ts";

const defaults = {
  learningDays: 5,
  /** Uses before a new network means anything, and the probability of a new one by the key's own history. */
  minUses: 100,
  maxProbability: 0.01,
  maxKeys: 50_000,
};

interface Key {
  readonly first: number;
  uses: number;
  /** Networks that the key was used from, with their uses; few, the latest last. */
  networks: (readonly [string, number])[];
}

interface State {
  readonly keys: BoundedMapState<Key>;
  readonly episodes: EpisodesState;
}

const DAY = 86_400_000;
const MAX_NETWORKS = 64;

/** The /24 or /48 that an address lies in: a client that moves within its network is still the same client. */
const networkOf = (address: string): string =>
  address.includes(":") ? address.split(":").slice(0, 3).join(":") : address.split(".").slice(0, 3).join(".");

class KeyMisuse implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #keys: BoundedMap<Key>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#keys = new BoundedMap(settings.maxKeys);
    this.#episodes = new Episodes(DAY, emit);
  }

  get evictions(): number {
    return this.#keys.evictions;
  }

  open(batch: SignalBatch): RowReader {
    const [ip, asn, code, agent] = [
      textOf(batch, "IP"),
      textOf(batch, "ASN"),
      textOf(batch, "ResultCode"),
      textOf(batch, "UserAgent"),
    ];
    return (row) => {
      const time = batch.time[row] as number;
      this.#episodes.expire(time);
      const type = batch.subjectType[row];
      // People move; keys and workloads live where they were put.
      if ((type !== "application" && type !== "workload") || ip(row) === "") return;
      const name = batch.subject[row] as string;
      if (name === "" || outcomeOf(code(row)) === "failure") return;
      const network = asn(row) === "" ? networkOf(ip(row)) : `AS${asn(row)}`;
      this.#use(name, network, ip(row), agent(row), time);
    };
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return { keys: this.#keys.snapshot(), episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { keys, episodes } = state as State;
    this.#keys.restore(keys);
    this.#episodes.restore(episodes);
  }

  #use(name: string, network: string, address: string, agent: string, time: number): void {
    const key = this.#keys.at(name, () => ({ first: time, uses: 0, networks: [] }));
    const at = key.networks.findIndex(([known]) => known === network);
    key.uses += 1;
    if (at >= 0) {
      key.networks[at] = [network, (key.networks[at]?.[1] ?? 0) + 1];
      return;
    }
    this.#judge(name, key, address, agent, time);
    if (key.networks.length >= MAX_NETWORKS) {
      const rarest = key.networks.reduce((least, [, uses], i, all) => (uses < (all[least]?.[1] ?? 0) ? i : least), 0);
      key.networks.splice(rarest, 1);
    }
    key.networks.push([network, 1]);
  }

  #judge(name: string, { first, uses, networks }: Key, address: string, agent: string, time: number): void {
    const { learningDays, minUses, maxProbability } = this.#settings;
    if (uses < minUses || time - first < learningDays * DAY) return;
    const singles = networks.filter(([, count]) => count === 1).length;
    const probability = missingMass(singles, uses);
    if (probability > maxProbability) return;
    this.#episodes.report(name, {
      subject: name,
      time,
      score: -Math.log10(probability),
      reason:
        `Used from ${address}${agent === "" ? "" : ` (${agent.slice(0, 60)})`}: ${plural(uses - 1, "use")} in ${duration(time - first)} came from ` +
        `${plural(networks.length, "network")}, ${singles} of them once, so a new network has probability ${figure(probability)} ` +
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
  create: (settings, emit) => new KeyMisuse(settings, emit),
});
