import type { SubjectType } from "../../core/signal.ts";
import type { SignalBatch } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, valuesOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdMap } from "../id-map.ts";
import { codeBits, FAILURE_BIT, SUCCESS_BIT } from "../outcome.ts";
import { Tuples } from "../tuples.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
import { figure } from "../wording.ts";

const defaults = {
  /** Probability that a first contact succeeds, of a benign source and of a scanner. */
  benignSuccess: 0.8,
  scannerSuccess: 0.2,
  /** Detection and false-alarm probability that the test is built for. */
  detection: 0.99,
  falseAlarm: 0.01,
  /** First contacts that failed, whatever the likelihood: a broken client is no scanner. */
  minFailures: 15,
  /** Multiple of what 98 % of all failing sources of its type stay below: the internet scans everybody, every day. */
  peerFactor: 2,
  minPeers: 50,
  forgetHours: 24,
  maxSources: 20_000,
  /** Targets remembered per source; then they are forgotten and may count again. */
  maxTargets: 256,
};

interface Source {
  /** Natural logarithm of the likelihood ratio. */
  ratio: number;
  failures: number;
  contacts: number;
  since: number;
  /** Targets that were contacted: ids of resource and port. */
  readonly targets: Set<number>;
}

/** A source in a snapshot: its targets as texts. */
type SavedSource = Omit<Source, "targets"> & { readonly targets: readonly string[] };

interface State {
  readonly peers: readonly (readonly [SubjectType, readonly number[]])[];
  readonly sources: BoundedMapState<SavedSource>;
  readonly episodes: EpisodesState;
}

const HOUR = 3_600_000;
/** Failures that are told apart, and sources after which what was counted of them fades. */
const [MAX_LEVEL, MAX_PEERS] = [1024, 20_000];

const portOf = (port: number): number => (Number.isNaN(port) ? -1 : port | 0);

class NetworkScan implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #bits: NameProperty;
  readonly #tuples: Tuples;
  readonly #sources: IdMap<Source>;
  readonly #episodes: Episodes;
  /** How many sources of a type ever reached n failures, at n: people's laptops are no peers of the internet. */
  #peers = new Map<SubjectType, number[]>();
  readonly #upper: number;
  readonly #lower: number;
  readonly #stepFailure: number;
  readonly #stepSuccess: number;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#bits = codeBits(names);
    const { benignSuccess, scannerSuccess, detection, falseAlarm } = settings;
    this.#settings = settings;
    this.#tuples = new Tuples(names);
    this.#sources = new IdMap(names, settings.maxSources);
    this.#tuples.hold(this);
    this.#episodes = new Episodes(HOUR, emit);
    this.#upper = Math.log(detection / falseAlarm);
    this.#lower = Math.log((1 - detection) / (1 - falseAlarm));
    this.#stepFailure = Math.log((1 - scannerSuccess) / (1 - benignSuccess));
    this.#stepSuccess = Math.log(scannerSuccess / benignSuccess);
  }

  get evictions(): number {
    return this.#sources.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const [code, ip, port] = [idsOf(batch, "ResultCode"), idsOf(batch, "IP"), valuesOf(batch, "Port")];
    const { time: times, subjectId, resourceId, names } = batch;
    const [episodes, codes, tuples] = [this.#episodes, this.#bits, this.#tuples];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        episodes.expire(time);
        const bits = codes.of(code[row] as number);
        const source = subjectId[row] !== 0 ? (subjectId[row] as number) : (ip[row] as number);
        const resource = resourceId[row] as number;
        if (source === 0 || resource === 0 || (bits & (SUCCESS_BIT | FAILURE_BIT)) === 0) continue;
        const target = tuples.of(resource, 0, portOf(port[row] as number));
        const known = this.#contact(source, target, (bits & FAILURE_BIT) !== 0, time);
        if (known) this.#judge(names.text(source), known, batch.subjectType[row] as SubjectType, time);
      }
    };
  }

  /** Targets that sources remember. */
  mark(live: Uint8Array): void {
    for (const { targets } of this.#sources.values()) for (const target of targets) live[target] = 1;
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const sources = this.#sources.snapshot(
      ({ targets, ...rest }): SavedSource => ({ ...rest, targets: [...targets].map((id) => this.#tuples.text(id)) }),
    );
    const peers = [...this.#peers].map(([type, reached]) => [type, [...reached]] as const);
    return { peers, sources, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { peers, sources, episodes } = state as State;
    this.#peers = new Map(peers.map(([type, reached]) => [type, [...reached]]));
    this.#sources.restore(sources, ({ targets, ...rest }) => {
      return { ...rest, targets: new Set(targets.map((target) => this.#tuples.id(target))) };
    });
    this.#episodes.restore(episodes);
  }

  /** Learns a contact; answers the source when it is a first contact that failed. */
  #contact(id: number, target: number, failed: boolean, time: number): Source | undefined {
    const { forgetHours, maxTargets } = this.#settings;
    let source = this.#sources.get(id);
    if (!source || time - source.since > forgetHours * HOUR) {
      source = { ratio: 0, failures: 0, contacts: 0, since: time, targets: new Set() };
      this.#sources.set(id, source);
    }
    const { targets } = source;
    // Only the first contact with a target tells a scanner from a client.
    if (targets.has(target)) return undefined;
    if (targets.size >= maxTargets) targets.clear();
    targets.add(target);
    source.contacts += 1;
    source.ratio = Math.max(this.#lower, source.ratio + (failed ? this.#stepFailure : this.#stepSuccess));
    if (!failed) return undefined;
    source.failures += 1;
    return source;
  }

  #judge(name: string, { failures, contacts, ratio }: Source, type: SubjectType, time: number): void {
    const { minFailures, minPeers, peerFactor, forgetHours } = this.#settings;
    const reached = this.#peers.get(type) ?? [0];
    this.#peers.set(type, reached);
    if (failures < MAX_LEVEL) reached[failures] = (reached[failures] ?? 0) + 1;
    if (failures === 1 && (reached[1] as number) > MAX_PEERS)
      for (let level = 1; level < reached.length; level++) reached[level] = (reached[level] as number) / 2;
    if (ratio < this.#upper || failures < minFailures) return;
    const peers = reached[1] as number;
    const usual = peers < minPeers ? 0 : levelOf(reached, 0.02 * peers);
    const limit = Math.max(minFailures, peerFactor * usual);
    if (failures < limit) return;
    const others = usual === 0 ? "" : `; 98 % of ${Math.round(peers)} failing sources stay below ${usual}`;
    this.#episodes.report(name, {
      subject: name,
      time,
      score: failures / limit,
      reason:
        `${failures} of ${contacts} first contacts with a target failed within ${forgetHours} h (limit ${limit}${others}): ` +
        `a scanner is e^${figure(ratio)} times as likely as a client (limit e^${figure(this.#upper)}).`,
    });
  }
}

/** The first level that at most `count` sources reached; the counts only fall. */
function levelOf(reached: readonly number[], count: number): number {
  let [low, high] = [1, reached.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((reached[middle] as number) > count) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A source whose first contacts mostly fail: a port or host scan. Threshold random walk, a sequential likelihood-ratio
 * test; the walk is held at its benign bound, so that a client turned scanner is found as fast as a new one. Scans that most
 * failing sources of the type make, as the internet does, are no finding.
 * Source: Jung, Paxson, Berger and Balakrishnan, "Fast Portscan Detection Using Sequential Hypothesis Testing", 2004.
 */
export default detector({
  name: "network-scan",
  pillars: ["network"],
  needs: ["ResultCode"],
  defaults,
  relaxed: { minFailures: 4, peerFactor: 1 },
  create: (settings, emit, names) => new NetworkScan(settings, emit, names),
});
