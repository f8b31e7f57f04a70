import type { SubjectType } from "../../core/signal.ts";
import type { SignalBatch } from "../../signals/batch.ts";
import { type NameProperty, type Names, noIds } from "../../signals/names.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, valuesOf } from "../columns.ts";
import { Episodes, type EpisodesState } from "../episodes.ts";
import { IdSlots } from "../id-map.ts";
import { LIST } from "../lists.ts";
import { codeBits, FAILURE_BIT, SUCCESS_BIT } from "../outcome.ts";
import { RecentTargets } from "../recent-targets.ts";
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

/** A source in a snapshot. */
interface SavedSource {
  /** Natural logarithm of the likelihood ratio. */
  readonly ratio: number;
  readonly failures: number;
  readonly contacts: number;
  readonly since: number;
  /** Targets that were contacted: resource and port as texts of tuples. */
  readonly targets: readonly string[];
}

/** Numbers of a source, as in a snapshot. */
const [RATIO, FAILURES, CONTACTS, SINCE, TARGETS, WIDTH] = [0, 1, 2, 3, 4, 4 + LIST];

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
  readonly #sources: IdSlots;
  readonly #targets: RecentTargets;
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
    this.#sources = new IdSlots(names, settings.maxSources, WIDTH, (slot) => this.#targets.clear(slot));
    this.#targets = new RecentTargets(this.#sources, TARGETS);
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
    const portAt = (row: number): number => portOf(port[row] as number);
    const none = noIds(batch.rowCount);
    return (rows) => {
      this.#sources.warm(subjectId, rows);
      tuples.ahead(resourceId, none, rows, portAt);
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        episodes.expire(time);
        const bits = codes.of(code[row] as number);
        const source = subjectId[row] !== 0 ? (subjectId[row] as number) : (ip[row] as number);
        const resource = resourceId[row] as number;
        if (source === 0 || resource === 0 || (bits & (SUCCESS_BIT | FAILURE_BIT)) === 0) continue;
        const target = tuples.of(resource, 0, portOf(port[row] as number));
        const slot = this.#contact(source, target, (bits & FAILURE_BIT) !== 0, time);
        if (slot >= 0) this.#judge(names.text(source), slot, batch.subjectType[row] as SubjectType, time);
      }
    };
  }

  /** Targets that sources remember. */
  mark(live: Uint8Array): void {
    this.#targets.mark(live);
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    const sources = this.#sources.snapshot((slot): SavedSource => {
      const part = (index: number): number => this.#sources.numbers[WIDTH * slot + index] as number;
      const counts = { ratio: part(RATIO), failures: part(FAILURES), contacts: part(CONTACTS), since: part(SINCE) };
      return { ...counts, targets: this.#targets.of(slot).map(([target]) => this.#tuples.text(target)) };
    });
    const peers = [...this.#peers].map(([type, reached]) => [type, [...reached]] as const);
    return { peers, sources, episodes: this.#episodes.snapshot() };
  }

  restore(state: unknown): void {
    const { peers, sources, episodes } = state as State;
    this.#peers = new Map(peers.map(([type, reached]) => [type, [...reached]]));
    this.#sources.restore(sources, (slot, { ratio, failures, contacts, since, targets }) => {
      this.#sources.numbers.set([ratio, failures, contacts, since], WIDTH * slot);
      this.#targets.set(
        slot,
        targets.map((target) => [this.#tuples.id(target), 0]),
      );
    });
    this.#episodes.restore(episodes);
  }

  /** Learns a contact; answers the slot of the source when it is a first contact that failed, −1 otherwise. */
  #contact(id: number, target: number, failed: boolean, time: number): number {
    const { forgetHours, maxTargets } = this.#settings;
    const found = this.#sources.find(id);
    const slot = found >= 0 ? found : this.#sources.add(id);
    const [numbers, at] = [this.#sources.numbers, WIDTH * slot];
    if (found < 0 || time - (numbers[at + SINCE] as number) > forgetHours * HOUR) {
      [numbers[at + RATIO], numbers[at + FAILURES], numbers[at + CONTACTS], numbers[at + SINCE]] = [0, 0, 0, time];
      this.#targets.clear(slot);
    }
    const isFull = this.#targets.size(slot) >= maxTargets;
    // Only the first contact with a target tells a scanner from a client.
    if (!this.#targets.count(slot, target, 0, Infinity, !isFull)) return -1;
    if (isFull) this.#targets.set(slot, [[target, 0]]);
    const step = failed ? this.#stepFailure : this.#stepSuccess;
    numbers[at + CONTACTS] = (numbers[at + CONTACTS] as number) + 1;
    numbers[at + RATIO] = Math.max(this.#lower, (numbers[at + RATIO] as number) + step);
    if (!failed) return -1;
    numbers[at + FAILURES] = (numbers[at + FAILURES] as number) + 1;
    return slot;
  }

  #judge(name: string, slot: number, type: SubjectType, time: number): void {
    const [numbers, at] = [this.#sources.numbers, WIDTH * slot];
    const [failures, contacts] = [numbers[at + FAILURES] as number, numbers[at + CONTACTS] as number];
    const ratio = numbers[at + RATIO] as number;
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
