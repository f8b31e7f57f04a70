import type { SignalBatch } from "../../signals/batch.ts";
import type { NameProperty, Names } from "../../signals/names.ts";
import { type BeaconScore, beaconScore } from "../beacon-score.ts";
import type { BoundedMapState } from "../bounded-map.ts";
import { idsOf, valuesOf } from "../columns.ts";
import { IdSlots } from "../id-map.ts";
import { LIST, type Lists } from "../lists.ts";
import { Tuples } from "../tuples.ts";
import { type DetectorRun, detector, type Emit, type RowsReader } from "../types.ts";
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

/** Connections of one source to one destination and port in a snapshot. */
interface SavedPair {
  readonly times: readonly number[];
  readonly sizes: readonly number[];
}

interface State {
  readonly pairs: BoundedMapState<SavedPair>;
  readonly firstSeen: BoundedMapState<number>;
  readonly origin: number | null;
  readonly start: number;
  readonly stored: number;
  readonly dropped: number;
}

/** Multicast, broadcast, loopback and link-local addresses: whoever answers there is on the same wire, or nobody. */
const LOCAL_SCOPE =
  /^(?:0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|255\.255\.255\.255$|::1?$|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:)/i;

const [LOCAL, ROUTED] = [1, 2];
const portOf = (port: number): number => (Number.isNaN(port) ? -1 : port | 0);
const [SECOND, HOUR, DAY] = [1000, 3_600_000, 86_400_000];

class Beaconing implements DetectorRun {
  readonly #settings: typeof defaults;
  readonly #emit: Emit;
  readonly #names: Names;
  /** Whether a destination is on the same wire. */
  readonly #scopes: NameProperty;
  readonly #tuples: Tuples;
  readonly #pairs: IdSlots;
  /** Time in seconds and bytes of each connection of a pair. */
  readonly #connections: Lists;
  readonly #firstSeen: IdSlots;
  /** Time of the first row of all, and the start of the running window. */
  #origin: number | undefined;
  #start = 0;
  #stored = 0;
  #dropped = 0;

  constructor(settings: typeof defaults, emit: Emit, names: Names) {
    this.#settings = settings;
    this.#emit = emit;
    this.#names = names;
    this.#scopes = names.property((destination) => (LOCAL_SCOPE.test(destination) ? LOCAL : ROUTED));
    this.#tuples = new Tuples(names);
    this.#pairs = new IdSlots(this.#tuples, settings.maxPairs, LIST);
    this.#connections = this.#pairs.lists(0);
    this.#firstSeen = new IdSlots(this.#tuples, settings.maxPairs, 1);
  }

  /** Pairs forgotten, and connections beyond the bounds. */
  get evictions(): number {
    return this.#pairs.evictions + this.#firstSeen.evictions + this.#dropped;
  }

  open(batch: SignalBatch): RowsReader {
    const [port, size] = [valuesOf(batch, "Port"), valuesOf(batch, "Bytes")];
    const [ip, protocol] = [idsOf(batch, "IP"), idsOf(batch, "Protocol")];
    const { time: times, subjectId, resourceId, names } = batch;
    const [dns, span] = [names.id("DNS"), this.#settings.windowHours * HOUR];
    const portAt = (row: number): number => portOf(port[row] as number);
    return (rows) => {
      this.#pairs.warm(this.#tuples.ahead(subjectId, resourceId, rows, portAt), rows);
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        this.#origin ??= this.#start = time;
        while (time >= this.#start + span) this.#close(this.#start + span);
        const source = subjectId[row] !== 0 ? (subjectId[row] as number) : (ip[row] as number);
        const destination = resourceId[row] as number;
        // A query for a name is no connection: its beat is the resolver's cache.
        if (source !== 0 && destination !== 0 && protocol[row] !== dns)
          this.#connect(source, destination, portAt(row), time, size[row] as number);
      }
    };
  }

  finish(time: number): void {
    if (this.#origin !== undefined && time - this.#start >= this.#settings.minHours * HOUR) this.#close(time);
  }

  snapshot(): State {
    return {
      pairs: this.#pairs.snapshot((slot): SavedPair => this.#pair(slot)),
      firstSeen: this.#firstSeen.snapshot((slot) => this.#firstSeen.numbers[slot] as number),
      origin: this.#origin ?? null,
      start: this.#start,
      stored: this.#stored,
      dropped: this.#dropped,
    };
  }

  restore(state: unknown): void {
    const { pairs, firstSeen, origin, start, stored, dropped } = state as State;
    this.#pairs.restore(pairs, (slot, { times, sizes }) => {
      const numbers = times.flatMap((time, i) => [time, sizes[i] as number]);
      this.#connections.set(slot, numbers);
    });
    this.#firstSeen.restore(firstSeen, (slot, time) => {
      this.#firstSeen.numbers[slot] = time;
    });
    this.#origin = origin ?? undefined;
    [this.#start, this.#stored, this.#dropped] = [start, stored, dropped];
  }

  #connect(source: number, destination: number, port: number, time: number, size: number): void {
    if (this.#scopes.of(destination) === LOCAL) return;
    const id = this.#tuples.of(source, destination, port);
    const found = this.#pairs.find(id);
    const slot = found >= 0 ? found : this.#add(id, time);
    const { maxConnectionsPerPair, maxConnections } = this.#settings;
    if (this.#connections.length(slot) >= 2 * maxConnectionsPerPair || this.#stored >= maxConnections) {
      this.#dropped += 1;
      return;
    }
    this.#stored += 1;
    this.#connections.push(slot, Math.floor(time / SECOND));
    this.#connections.push(slot, Number.isNaN(size) ? 0 : size);
  }

  #add(id: number, time: number): number {
    if (this.#firstSeen.find(id) < 0) {
      const slot = this.#firstSeen.add(id);
      this.#firstSeen.numbers[slot] = time;
    }
    return this.#pairs.add(id);
  }

  #pair(slot: number): { times: number[]; sizes: number[] } {
    const numbers = this.#connections.of(slot);
    return { times: numbers.filter((_, i) => i % 2 === 0), sizes: numbers.filter((_, i) => i % 2 === 1) };
  }

  /** Judges all pairs of the window that ends at `end` and starts the next one. */
  #close(end: number): void {
    const span = {
      start: Math.floor(this.#start / SECOND),
      end: Math.floor(end / SECOND),
    };
    let prevalence: ((destination: number) => number | undefined) | undefined;
    for (const slot of this.#pairs.slots()) {
      if (this.#connections.length(slot) < 2 * this.#settings.minConnections) continue;
      const { times, sizes } = this.#pair(slot);
      const scored = beaconScore({ times, sizes, ...span });
      if (!scored || scored.interval < this.#settings.minIntervalSeconds) continue;
      prevalence ??= this.#prevalence();
      const id = this.#pairs.idOf(slot);
      const share = prevalence(this.#tuples.second(id));
      const score = Math.max(0, scored.score + this.#adjustment(id, share, end));
      if (score >= this.#settings.minScore) this.#tell(id, times, score, scored, share);
    }
    this.#pairs.clear();
    this.#stored = 0;
    this.#start = end;
  }

  /** Share of all sources that talk to a destination. Of few sources every share is large: it then says nothing. */
  #prevalence(): (destination: number) => number | undefined {
    const sources = new Set<number>();
    const talkers = new Map<number, Set<number>>();
    for (const slot of this.#pairs.slots()) {
      const id = this.#pairs.idOf(slot);
      const [source, destination] = [this.#tuples.first(id), this.#tuples.second(id)];
      sources.add(source);
      const known = talkers.get(destination);
      if (known) known.add(source);
      else talkers.set(destination, new Set([source]));
    }
    return (destination) => (sources.size < 10 ? undefined : (talkers.get(destination)?.size ?? 0) / sources.size);
  }

  #adjustment(id: number, share: number | undefined, end: number): number {
    const { rareShare, commonShare, newDays, oldDays, adjustment } = this.#settings;
    let steps = 0;
    if (share !== undefined && share <= rareShare) steps += 1;
    if (share !== undefined && share >= commonShare) steps -= 1;
    // "New" means something only once the stream itself is older than that.
    const known = this.#firstSeen.find(id);
    const age = known < 0 ? 0 : end - (this.#firstSeen.numbers[known] as number);
    const history = end - (this.#origin ?? end);
    if (history > newDays * DAY + this.#settings.windowHours * HOUR && age <= newDays * DAY) steps += 1;
    if (age >= oldDays * DAY) steps -= 1;
    return steps * adjustment;
  }

  #tell(id: number, times: readonly number[], score: number, scored: BeaconScore, share: number | undefined): void {
    const [source, destination] = [this.#tuples.first(id), this.#tuples.second(id)].map((name) =>
      this.#names.text(name),
    );
    const port = this.#tuples.third(id);
    const to = port >= 0 ? `${destination}:${port}` : destination;
    const rarity = share === undefined ? "" : `, reached by ${figure(share * 100)} % of the sources`;
    this.#emit({
      subject: source ?? "",
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
  create: (settings, emit, names) => new Beaconing(settings, emit, names),
});
