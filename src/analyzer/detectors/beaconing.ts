import type { SignalBatch } from "../../signals/batch.ts";
import { type BeaconScore, beaconScore } from "../beacon-score.ts";
import { BoundedMap, type BoundedMapState } from "../bounded-map.ts";
import { numberOf, textOf } from "../columns.ts";
import { type DetectorRun, detector, type Emit, type RowReader } from "../types.ts";
import { duration, figure, plural } from "../wording.ts";

const defaults = {
  windowHours: 24,
  /** Hours of the last, unfinished window that are still judged. */
  minHours: 6,
  minConnections: 4,
  /** Adjusted score that is told. */
  minScore: 0.8,
  /** Shorter intervals are a busy service, not a beacon. */
  minIntervalSeconds: 5,
  /** Rare destinations (at most this share of the sources) and new pairs weigh more, common and old ones less. */
  rareShare: 0.02,
  commonShare: 0.5,
  newDays: 7,
  oldDays: 30,
  adjustment: 0.15,
  maxPairs: 100_000,
  maxConnectionsPerPair: 17_280,
  maxConnections: 3_000_000,
};

interface Pair {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly times: number[];
  readonly sizes: number[];
}

interface State {
  readonly pairs: BoundedMapState<Pair>;
  readonly firstSeen: BoundedMapState<number>;
  readonly origin: number | null;
  readonly start: number;
  readonly stored: number;
  readonly dropped: number;
}

/** Multicast, broadcast, loopback and link-local addresses: whoever answers there is on the same wire, or nobody. */
const LOCAL_SCOPE =
  /^(?:0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|::1?$|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)/i;

const [SECOND, HOUR, DAY] = [1000, 3_600_000, 86_400_000];

class Beaconing implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #pairs: BoundedMap<Pair>;
  readonly #firstSeen: BoundedMap<number>;
  /** Time of the first row of all, and the start of the running window. */
  #origin: number | undefined;
  #start = 0;
  #stored = 0;
  #dropped = 0;

  constructor(settings: typeof defaults, emit: Emit) {
    this.#settings = settings;
    this.#emit = emit;
    this.#pairs = new BoundedMap(settings.maxPairs);
    this.#firstSeen = new BoundedMap(settings.maxPairs);
  }

  /** Pairs forgotten, and connections beyond the bounds. */
  get evictions(): number {
    return this.#pairs.evictions + this.#firstSeen.evictions + this.#dropped;
  }

  open(batch: SignalBatch): RowReader {
    const [port, size] = [numberOf(batch, "Port"), numberOf(batch, "Bytes")];
    const [ip, protocol] = [textOf(batch, "IP"), textOf(batch, "Protocol")];
    return (row) => {
      const time = batch.time[row] as number;
      this.#origin ??= this.#start = time;
      while (time >= this.#start + this.#settings.windowHours * HOUR)
        this.#close(this.#start + this.#settings.windowHours * HOUR);
      const [source, destination] = [(batch.subject[row] as string) || ip(row), batch.resource[row] as string];
      // A query for a name is no connection: its beat is the resolver's cache.
      if (source !== "" && destination !== "" && protocol(row) !== "DNS")
        this.#connect(source, destination, port(row), time, size(row));
    };
  }

  finish(time: number): void {
    if (this.#origin !== undefined && time - this.#start >= this.#settings.minHours * HOUR) this.#close(time);
  }

  snapshot(): State {
    return {
      pairs: this.#pairs.snapshot(),
      firstSeen: this.#firstSeen.snapshot(),
      origin: this.#origin ?? null,
      start: this.#start,
      stored: this.#stored,
      dropped: this.#dropped,
    };
  }

  restore(state: unknown): void {
    const { pairs, firstSeen, origin, start, stored, dropped } = state as State;
    this.#pairs.restore(pairs);
    this.#firstSeen.restore(firstSeen);
    this.#origin = origin ?? undefined;
    [this.#start, this.#stored, this.#dropped] = [start, stored, dropped];
  }

  #connect(source: string, destination: string, rawPort: number, time: number, size: number): void {
    const port = Number.isNaN(rawPort) ? -1 : rawPort;
    const key = `${source}\u0000${destination}\u0000${port}`;
    let pair = this.#pairs.get(key);
    if (!pair) {
      if (LOCAL_SCOPE.test(destination)) return;
      pair = { source, destination, port, times: [], sizes: [] };
      this.#pairs.set(key, pair);
      this.#firstSeen.at(key, () => time);
    }
    if (pair.times.length >= this.#settings.maxConnectionsPerPair || this.#stored >= this.#settings.maxConnections) {
      this.#dropped += 1;
      return;
    }
    this.#stored += 1;
    pair.times.push(Math.floor(time / SECOND));
    pair.sizes.push(Number.isNaN(size) ? 0 : size);
  }

  /** Judges all pairs of the window that ends at `end` and starts the next one. */
  #close(end: number): void {
    const span = {
      start: Math.floor(this.#start / SECOND),
      end: Math.floor(end / SECOND),
    };
    const prevalence = this.#prevalence();
    for (const [key, pair] of this.#pairs.entries()) {
      if (pair.times.length < this.#settings.minConnections) continue;
      const scored = beaconScore({ ...pair, ...span });
      if (!scored || scored.interval < this.#settings.minIntervalSeconds) continue;
      const share = prevalence(pair.destination);
      const score = Math.max(0, scored.score + this.#adjustment(key, share, end));
      if (score >= this.#settings.minScore) this.#tell(pair, score, scored, share);
    }
    this.#pairs.clear();
    this.#stored = 0;
    this.#start = end;
  }

  /** Share of all sources that talk to a destination. Of few sources every share is large: it then says nothing. */
  #prevalence(): (destination: string) => number | undefined {
    const sources = new Set<string>();
    const talkers = new Map<string, Set<string>>();
    for (const [, { source, destination }] of this.#pairs.entries()) {
      sources.add(source);
      const known = talkers.get(destination);
      if (known) known.add(source);
      else talkers.set(destination, new Set([source]));
    }
    return (destination) => (sources.size < 10 ? undefined : (talkers.get(destination)?.size ?? 0) / sources.size);
  }

  #adjustment(key: string, share: number | undefined, end: number): number {
    const { rareShare, commonShare, newDays, oldDays, adjustment } = this.#settings;
    let steps = 0;
    if (share !== undefined && share <= rareShare) steps += 1;
    if (share !== undefined && share >= commonShare) steps -= 1;
    // "New" means something only once the stream itself is older than that.
    const age = end - (this.#firstSeen.get(key) ?? end);
    const history = end - (this.#origin ?? end);
    if (history > newDays * DAY + this.#settings.windowHours * HOUR && age <= newDays * DAY) steps += 1;
    if (age >= oldDays * DAY) steps -= 1;
    return steps * adjustment;
  }

  #tell(
    { source, destination, port, times }: Pair,
    score: number,
    scored: BeaconScore,
    share: number | undefined,
  ): void {
    const to = port >= 0 ? `${destination}:${port}` : destination;
    const rarity = share === undefined ? "" : `, reached by ${figure(share * 100)} % of the sources`;
    this.#emit({
      subject: source,
      time: (times[0] ?? 0) * SECOND,
      score,
      reason:
        `${plural(times.length, "connection")} to ${to} about every ${duration(scored.interval * SECOND)}${rarity}: ` +
        `regularity ${figure(scored.score)} (timing ${scored.timing}, size ${scored.size}, ` +
        `hours ${scored.histogram}, duration ${scored.duration}; limit ${this.#settings.minScore}).`,
    });
  }
}

/**
 * Connections of one source to one destination and port that keep a beat. Scores per pair and 24 hours as RITA v5 does,
 * with its prevalence and first-seen adjustments; pairs are never mixed. Flow logs that aggregate by the minute or by
 * ten hide beacons that are faster than that.
 */
export default detector({
  name: "beaconing",
  pillars: ["network"],
  needs: [],
  defaults,
  relaxed: { minScore: 0.6 },
  create: (settings, emit) => new Beaconing(settings, emit),
});
