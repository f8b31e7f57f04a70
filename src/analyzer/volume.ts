import { quantileSorted } from "simple-statistics";
import type { SubjectType } from "../core/signal.ts";
import { type SignalBatch, subjectOf } from "../signals/batch.ts";
import type { Names } from "../signals/names.ts";
import { QuantileSketch, type QuantileSketchState } from "../stats/quantile-sketch.ts";
import { robustBaseline } from "../stats/robust-z.ts";
import type { BoundedMapState } from "./bounded-map.ts";
import { Episodes, type EpisodesState } from "./episodes.ts";
import { IdMap } from "./id-map.ts";
import type { DetectorRun, Emit, RowsReader } from "./types.ts";
import { figure, plural } from "./wording.ts";

export const volumeDefaults = {
  /** Amount per hour below which nothing is told. */
  minAmount: 100,
  /** Robust z of the logarithm against the subject's own active hours. */
  minZ: 6,
  /** Multiple of the subject's median hour, whatever the z. */
  minFactor: 3,
  /** Multiple of the subject's largest hour that is told however much its hours vary. */
  surePeakFactor: 30,
  /** Active hours and days of own history; with less, the limit is a multiple of what 99 % of all subject-hours stay below. */
  minHistory: 8,
  minHistoryDays: 2,
  peerFactor: 5,
  minPeerHours: 100,
  /** Days of the stream before peers say anything: their night is not their day. */
  minPeerDays: 1,
  /** Days after which an amount is unheard of where hardly anybody has any, and the factor on the least one told. */
  unheardDays: 7,
  unheardFactor: 2,
  maxSubjects: 50_000,
};
/** Hours that a budget may still choose. */
export const volumeRelaxed = { minZ: 2.5, minFactor: 1.5, peerFactor: 2 } satisfies Partial<typeof volumeDefaults>;
export type VolumeSettings = typeof volumeDefaults;

export interface VolumeSource {
  /** What a row adds; 0 adds nothing. */
  readonly amount: (batch: SignalBatch) => (row: number) => number;
  /** Ids of names, each of which counts only once within the hour: distinct objects, hosts, keys. */
  readonly target?: (batch: SignalBatch) => Int32Array;
}

export interface VolumeWords {
  /** `412 reads`, `3.1 GB`. */
  readonly amount: (value: number) => string;
  readonly verb: string;
}

interface Subject {
  readonly type: SubjectType;
  /** Amounts of the last twelve slots of five minutes, newest at `slot % 12`. */
  readonly slots: number[];
  slot: number;
  sum: number;
  /** Clock hour of the first amount, and the one that is being added up. */
  readonly first: number;
  hour: number;
  total: number;
  /** Natural logarithms of 1 + amount of the last active hours. */
  history: number[];
  /** What the history says, kept until the history changes. */
  baseline: Baseline | undefined;
  /** Where targets are counted: each with the slot that counted it. */
  seen: Map<number, number> | undefined;
}

/** A subject in a snapshot: its targets by name. */
type SavedSubject = Omit<Subject, "seen"> & { readonly seen?: readonly (readonly [string, number])[] };

interface Baseline {
  /** Amount above which an hour is told. */
  readonly limit: number;
  /** Of the logarithms. */
  readonly median: number;
  readonly spread: number;
}

interface State {
  readonly subjects: BoundedMapState<SavedSubject>;
  readonly peers: readonly (readonly [SubjectType, QuantileSketchState])[];
  readonly origin: number | null;
  readonly episodes: EpisodesState;
}

const [SLOT, HOUR] = [300_000, 3_600_000];
const SLOTS = 12;
const MAX_HISTORY = 64;
const MAX_TARGETS = 2048;
/** Least spread of a logarithm: an hour 20 % above the median is never remarkable. */
const MIN_SPREAD = 0.18;

/**
 * Amounts per subject in a sliding hour (twelve slots, so that a burst is not split at a bucket's edge) against the
 * subject's own active hours on a logarithmic scale, and against its peers while it has no history. What was told
 * enters the history only up to its limit, so that an attacker cannot teach a high volume at once.
 */
export class VolumeRun implements DetectorRun {
  readonly #settings: VolumeSettings;
  readonly #words: VolumeWords;
  readonly #source: VolumeSource;
  readonly #names: Names;
  readonly #subjects: IdMap<Subject>;
  readonly #episodes: Episodes;
  /** Hours of all subjects of one type: people are no peers of a shared key. */
  #peers = new Map<SubjectType, QuantileSketch>();
  #origin: number | undefined;

  constructor(settings: VolumeSettings, emit: Emit, names: Names, words: VolumeWords, source: VolumeSource) {
    this.#names = names;
    this.#settings = settings;
    this.#words = words;
    this.#source = source;
    this.#subjects = new IdMap(names, settings.maxSubjects);
    names.hold(this);
    this.#episodes = new Episodes(HOUR, emit);
  }

  get evictions(): number {
    return this.#subjects.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const amountOf = this.#source.amount(batch);
    const targets = this.#source.target?.(batch);
    const { time: times, subjectId: ids } = batch;
    const { minAmount } = this.#settings;
    const [subjects, episodes] = [this.#subjects, this.#episodes];
    return (rows) => {
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        this.#origin ??= time;
        episodes.expire(time);
        const [id, amount] = [ids[row] as number, amountOf(row)];
        if (id === 0 || !(amount > 0)) continue;
        const slot = Math.floor(time / SLOT);
        let subject = subjects.get(id);
        if (!subject) {
          subject = newSubject(slot, batch.subjectType[row] as SubjectType);
          subjects.set(id, subject);
        }
        if (slot !== subject.slot) this.#advance(subject, slot);
        if (targets && !isFresh(subject, targets[row] as number, slot)) continue;
        subject.slots[slot % SLOTS] = (subject.slots[slot % SLOTS] as number) + amount;
        subject.sum += amount;
        subject.total += amount;
        if (subject.sum >= minAmount) this.#judge(subjectOf(batch, row), subject, time);
      }
    };
  }

  /** Names that subjects remember as targets. */
  mark(live: Uint8Array): void {
    if (!this.#source.target) return;
    for (const { seen } of this.#subjects.values()) for (const id of seen?.keys() ?? []) live[id] = 1;
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return {
      subjects: this.#subjects.snapshot(({ seen, ...rest }): SavedSubject => {
        if (!seen) return rest;
        return { ...rest, seen: [...seen].map(([id, slot]) => [this.#names.text(id), slot] as const) };
      }),
      peers: [...this.#peers].map(([type, sketch]) => [type, sketch.snapshot()] as const),
      origin: this.#origin ?? null,
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { subjects, peers, origin, episodes } = state as State;
    this.#origin = origin ?? undefined;
    this.#subjects.restore(subjects, ({ seen, ...rest }) => {
      if (!seen) return { ...rest, seen: undefined };
      return { ...rest, seen: new Map(seen.map(([name, slot]) => [this.#names.id(name), slot])) };
    });
    this.#peers = new Map(peers.map(([type, sketch]) => [type, new QuantileSketch(0.02, 512, sketch)]));
    this.#episodes.restore(episodes);
  }

  #advance(subject: Subject, slot: number): void {
    const { slots } = subject;
    const steps = Math.min(SLOTS, slot - subject.slot);
    for (let i = 1; i <= steps; i++) slots[(subject.slot + i) % SLOTS] = 0;
    // Summed anew, so that fractions do not pile up.
    let sum = 0;
    for (let i = 0; i < SLOTS; i++) sum += slots[i] as number;
    subject.sum = sum;
    subject.slot = slot;
    const hour = Math.floor(slot / SLOTS);
    if (hour !== subject.hour) this.#learn(subject, hour);
  }

  #learn(subject: Subject, hour: number): void {
    if (subject.total > 0) {
      // Ordinary hours need no limit, and most hours are ordinary.
      const limit = subject.total < this.#settings.minAmount ? undefined : this.#baseline(subject)?.limit;
      const learned = Math.min(subject.total, limit ?? Infinity);
      this.#peersOf(subject.type).add(learned);
      subject.history.push(Math.log1p(learned));
      if (subject.history.length > MAX_HISTORY) subject.history.shift();
      subject.baseline = undefined;
    }
    [subject.hour, subject.total] = [hour, 0];
    const { seen, slot } = subject;
    if (seen) for (const [id, counted] of seen) if (slot - counted >= SLOTS) seen.delete(id);
  }

  #baseline(subject: Subject): Baseline | undefined {
    const { minAmount, minZ, minFactor, surePeakFactor, minHistory, minHistoryDays } = this.#settings;
    const { history } = subject;
    if (subject.baseline) return subject.baseline;
    // A night alone is no habit.
    if (history.length < minHistory || subject.hour - subject.first < 24 * minHistoryDays) return undefined;
    const { median, mad } = robustBaseline(history);
    const spread = Math.max(MIN_SPREAD, 1.4826 * mad);
    const peak = quantileSorted(
      history.toSorted((a, b) => a - b),
      0.99,
    );
    const improbable = Math.min(median + minZ * spread, Math.log(surePeakFactor) + peak);
    const limits = [improbable, Math.log(minFactor) + median, Math.log(1.5) + peak];
    subject.baseline = { limit: Math.max(minAmount, Math.expm1(Math.max(...limits))), median, spread };
    return subject.baseline;
  }

  #judge(name: string, subject: Subject, time: number): void {
    const { sum } = subject;
    const baseline = this.#baseline(subject);
    if (baseline) {
      const { limit, median, spread } = baseline;
      if (sum <= limit) return;
      const z = (Math.log1p(sum) - median) / spread;
      const usual = `its median active hour has ${this.#words.amount(Math.expm1(median))}, robust z ${figure(z)}`;
      this.#report(name, time, sum, z, limit, usual);
      return;
    }
    this.#judgeByPeers(name, subject, time);
  }

  /** For a subject without a history of its own. */
  #judgeByPeers(name: string, { sum, type }: Subject, time: number): void {
    const { minAmount, minZ, peerFactor, minPeerHours, minPeerDays, unheardDays, unheardFactor } = this.#settings;
    const days = (time - (this.#origin ?? time)) / (24 * HOUR);
    const peers = this.#peersOf(type);
    const known = peers.count;
    if (days < (known >= minPeerHours ? minPeerDays : unheardDays)) return;
    const peer = peers.quantile(known >= minPeerHours ? 0.99 : 1) ?? 0;
    const allowed = Math.max(minAmount * (known >= minPeerHours ? 1 : unheardFactor), peer * peerFactor);
    if (sum <= allowed) return;
    const usual =
      known >= minPeerHours
        ? `it has too little history of its own; 99 % of all hours of others stay below ${this.#words.amount(peer)}`
        : `in ${Math.floor(days)} d there were only ${plural(known, "such hour")}, none above ${this.#words.amount(peer)}`;
    this.#report(name, time, sum, minZ * Math.log(sum / Math.max(1, peer)), allowed, usual);
  }

  #peersOf(type: SubjectType): QuantileSketch {
    const known = this.#peers.get(type);
    if (known) return known;
    const sketch = new QuantileSketch(0.02, 512);
    this.#peers.set(type, sketch);
    return sketch;
  }

  #report(name: string, time: number, sum: number, score: number, limit: number, usual: string): void {
    const { verb, amount } = this.#words;
    const reason = `${verb} ${amount(sum)} within an hour (limit ${amount(limit)}): ${usual}.`;
    this.#episodes.report(name, {
      subject: name,
      time,
      score,
      reason,
    });
  }
}

/** Whether a target was not counted within the last hour; from now on it is. Beyond the bound every one counts. */
function isFresh(subject: Subject, target: number, slot: number): boolean {
  subject.seen ??= new Map();
  const counted = subject.seen.get(target);
  if (counted !== undefined && slot - counted < SLOTS) return false;
  if (counted !== undefined || subject.total < MAX_TARGETS) subject.seen.set(target, slot);
  return true;
}

const newSubject = (slot: number, type: SubjectType): Subject => ({
  type,
  slots: new Array<number>(SLOTS).fill(0),
  slot,
  sum: 0,
  first: Math.floor(slot / SLOTS),
  hour: Math.floor(slot / SLOTS),
  total: 0,
  history: [],
  baseline: undefined,
  seen: undefined,
});
