import { type SignalBatch, subjectOf, textAt } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { missingMass } from "../../stats/good-turing.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
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

interface Key {
  readonly first: number;
  uses: number;
  /** Networks that the key was used from, by the ids of their names, with their uses; few, the latest last. */
  readonly networks: number[];
  readonly counts: number[];
}

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
  readonly #keys: IdMap<Key>;
  readonly #episodes: Episodes;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    this.#settings = settings;
    this.#names = names;
    this.#byAddress = names.property((address) => names.id(networkOf(address)));
    this.#byNumber = names.property((number) => names.id(`AS${number}`));
    this.#keys = new IdMap(names, settings.maxKeys);
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
    return (rows) => {
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
    const keys = this.#keys.snapshot(
      ({ first, uses, networks, counts }): SavedKey => ({
        ...{ first, uses },
        networks: networks.map((network, i) => [this.#names.text(network), counts[i] as number]),
      }),
    );
    return { keys, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { keys, episodes } = state as State;
    this.#keys.restore(keys, ({ first, uses, networks }) => ({
      ...{ first, uses },
      networks: networks.map(([network]) => this.#names.id(network)),
      counts: networks.map(([, count]) => count),
    }));
    this.#episodes.restore(episodes);
  }

  #use(id: number, network: number, batch: SignalBatch, row: number): void {
    let key = this.#keys.get(id);
    if (!key) {
      key = { first: batch.time[row] as number, uses: 0, networks: [], counts: [] };
      this.#keys.set(id, key);
    }
    const { networks, counts } = key;
    const at = networks.indexOf(network);
    key.uses += 1;
    if (at >= 0) {
      counts[at] = (counts[at] as number) + 1;
      return;
    }
    this.#judge(key, batch, row);
    if (networks.length >= MAX_NETWORKS) {
      const rarest = counts.indexOf(Math.min(...counts));
      networks.splice(rarest, 1);
      counts.splice(rarest, 1);
    }
    networks.push(network);
    counts.push(1);
  }

  /** Networks that keys remember. */
  mark(live: Uint8Array): void {
    for (const { networks } of this.#keys.values()) for (const network of networks) live[network] = 1;
  }

  #judge({ first, uses, networks, counts }: Key, batch: SignalBatch, row: number): void {
    const time = batch.time[row] as number;
    const { learningDays, minUses, maxProbability } = this.#settings;
    if (uses < minUses || time - first < learningDays * DAY) return;
    const singles = counts.filter((count) => count === 1).length;
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
  create: (settings, emit, names) => new KeyMisuse(settings, emit, names),
});
