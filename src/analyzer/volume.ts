import { quantileSorted } from "simple-statistics";
import { SUBJECT_TYPES, type SubjectType } from "../core/signal.ts";
import { type SignalBatch, subjectOf } from "../signals/batch.ts";
import type { Names } from "../signals/names.ts";
import { QuantileSketch, type QuantileSketchState } from "../stats/quantile-sketch.ts";
import { robustBaseline } from "../stats/robust-z.ts";
import type { BoundedMapState } from "./bounded-map.ts";
import { Episodes, type EpisodesState } from "./episodes.ts";
import { IdSlots } from "./id-map.ts";
import { LIST, type Lists } from "./lists.ts";
import { RecentTargets } from "./recent-targets.ts";
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
  /** What each row adds, where that is above 0; undefined when no row of the batch adds anything. */
  readonly amounts: (batch: SignalBatch) => Float64Array | undefined;
  /** Ids of names, each of which counts only once within the hour: distinct objects, hosts, keys. */
  readonly target?: (batch: SignalBatch) => Int32Array;
}

export interface VolumeWords {
  /** `412 reads`, `3.1 GB`. */
  readonly amount: (value: number) => string;
  readonly verb: string;
}

/** A subject in a snapshot: its targets by name. */
interface SavedSubject {
  readonly type: SubjectType;
  readonly slots: readonly number[];
  readonly slot: number;
  readonly sum: number;
  readonly first: number;
  readonly hour: number;
  readonly total: number;
  readonly history: readonly number[];
  readonly seen?: readonly (readonly [string, number])[];
}

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

const [FIVE_MINUTES, HOUR] = [300_000, 3_600_000];
const SLOTS = 12;
const MAX_HISTORY = 64;
const MAX_TARGETS = 2048;
/**
 * Numbers of a subject: the slot of five minutes that is added up, the sum of the last twelve, the clock hour that is
 * added up and its total, the slot from which on there are amounts, the history; the type, the clock hour of the first
 * amount, the limit that the history gives (NaN where it is to be worked out), the targets; and the amounts of up to twelve
 * slots, newest at `slot % 12`.
 */
const [SLOT, SUM, CLOCK, TOTAL, SINCE, HISTORY] = [0, 1, 2, 3, 4, 5];
const [TYPE, FIRST, LIMIT, TARGETS] = [HISTORY + LIST, HISTORY + LIST + 1, HISTORY + LIST + 2, HISTORY + LIST + 3];
const AMOUNTS = TARGETS + LIST;
const WIDTH = AMOUNTS + SLOTS;
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
  readonly #subjects: IdSlots;
  /** Natural logarithms of 1 + amount of the last active hours. */
  readonly #history: Lists;
  readonly #targets: RecentTargets;
  readonly #episodes: Episodes;
  /** Hours of all subjects of one type, by its place in SUBJECT_TYPES: people are no peers of a shared key. */
  #peers: (QuantileSketch | undefined)[] = SUBJECT_TYPES.map(() => undefined);
  #origin: number | undefined;

  constructor(settings: VolumeSettings, emit: Emit, names: Names, words: VolumeWords, source: VolumeSource) {
    this.#names = names;
    this.#settings = settings;
    this.#words = words;
    this.#source = source;
    this.#subjects = new IdSlots(names, settings.maxSubjects, WIDTH, (slot) => this.#targets.clear(slot));
    this.#history = this.#subjects.lists(HISTORY);
    this.#targets = new RecentTargets(this.#subjects, TARGETS);
    names.hold(this);
    this.#episodes = new Episodes(HOUR, emit);
  }

  get evictions(): number {
    return this.#subjects.evictions;
  }

  open(batch: SignalBatch): RowsReader {
    const amounts = this.#source.amounts(batch);
    const targets = this.#source.target?.(batch);
    const { time: times, subjectId: ids, subjectType } = batch;
    const { minAmount } = this.#settings;
    const [subjects, episodes] = [this.#subjects, this.#episodes];
    return (rows) => {
      this.#origin ??= times[rows.first] as number;
      if (amounts === undefined) {
        episodes.expireBy(times, rows);
        return;
      }
      subjects.warm(ids, rows);
      while (rows.next()) {
        const { row } = rows;
        const time = times[row] as number;
        episodes.expire(time);
        const [id, amount] = [ids[row] as number, amounts[row] as number];
        if (id === 0 || !(amount > 0)) continue;
        const moment = Math.floor(time / FIVE_MINUTES);
        const found = subjects.find(id);
        const slot = found >= 0 ? found : this.#add(id, moment, subjectType[row] as SubjectType);
        const at = WIDTH * slot;
        if (moment !== subjects.numbers[at + SLOT]) this.#advance(slot, moment);
        const numbers = subjects.numbers;
        if (targets) {
          const room = (numbers[at + TOTAL] as number) < MAX_TARGETS;
          if (!this.#targets.count(slot, targets[row] as number, moment, SLOTS, room)) continue;
        }
        const newest = at + AMOUNTS + (moment % SLOTS);
        numbers[newest] = (numbers[newest] as number) + amount;
        numbers[at + TOTAL] = (numbers[at + TOTAL] as number) + amount;
        const sum = (numbers[at + SUM] as number) + amount;
        numbers[at + SUM] = sum;
        if (sum >= minAmount) this.#judge(subjectOf(batch, row), slot, time);
      }
    };
  }

  /** Names that subjects remember as targets. */
  mark(live: Uint8Array): void {
    this.#targets.mark(live);
  }

  finish(): void {
    this.#episodes.finish();
  }

  snapshot(): State {
    return {
      subjects: this.#subjects.snapshot((slot) => this.#saved(slot)),
      peers: SUBJECT_TYPES.flatMap((type, i) => {
        const sketch = this.#peers[i];
        return sketch ? [[type, sketch.snapshot()] as const] : [];
      }),
      origin: this.#origin ?? null,
      episodes: this.#episodes.snapshot(),
    };
  }

  restore(state: unknown): void {
    const { subjects, peers, origin, episodes } = state as State;
    this.#origin = origin ?? undefined;
    this.#subjects.restore(subjects, (slot, saved) => this.#load(slot, saved));
    for (const [type, sketch] of peers)
      this.#peers[SUBJECT_TYPES.indexOf(type)] = new QuantileSketch(0.02, 512, sketch);
    this.#episodes.restore(episodes);
  }

  #saved(slot: number): SavedSubject {
    const [numbers, at] = [this.#subjects.numbers, WIDTH * slot];
    const part = (index: number): number => numbers[at + index] as number;
    const slots = new Array<number>(SLOTS).fill(0);
    for (let moment = part(SINCE); moment <= part(SLOT); moment++)
      slots[moment % SLOTS] = part(AMOUNTS + (moment % SLOTS));
    const seen = this.#targets.of(slot).map(([id, counted]) => [this.#names.text(id), counted] as const);
    return {
      ...{ type: SUBJECT_TYPES[part(TYPE)] as SubjectType, slots, slot: part(SLOT), sum: part(SUM) },
      ...{ first: part(FIRST), hour: part(CLOCK), total: part(TOTAL) },
      history: this.#history.of(slot),
      ...(this.#source.target && { seen }),
    };
  }

  #load(slot: number, { type, slots, slot: moment, sum, first, hour, total, history, seen = [] }: SavedSubject): void {
    const [numbers, at] = [this.#subjects.numbers, WIDTH * slot];
    numbers.set([moment, sum, hour, total, moment - SLOTS + 1], at);
    numbers.set([SUBJECT_TYPES.indexOf(type), first, Number.NaN], at + TYPE);
    numbers.set(slots, at + AMOUNTS);
    this.#history.set(slot, history);
    this.#targets.set(
      slot,
      seen.map(([name, counted]) => [this.#names.id(name), counted]),
    );
  }

  #add(id: number, moment: number, type: SubjectType): number {
    const slot = this.#subjects.add(id);
    const [numbers, at] = [this.#subjects.numbers, WIDTH * slot];
    numbers[at + SLOT] = moment;
    numbers[at + SUM] = 0;
    numbers[at + CLOCK] = Math.floor(moment / SLOTS);
    numbers[at + TOTAL] = 0;
    numbers[at + SINCE] = moment;
    numbers[at + TYPE] = SUBJECT_TYPES.indexOf(type);
    numbers[at + FIRST] = Math.floor(moment / SLOTS);
    numbers[at + LIMIT] = Number.NaN;
    numbers[at + AMOUNTS + (moment % SLOTS)] = 0;
    return slot;
  }

  #advance(slot: number, moment: number): void {
    const [numbers, at] = [this.#subjects.numbers, WIDTH * slot];
    const before = numbers[at + SLOT] as number;
    const since = moment - before < SLOTS ? Math.max(numbers[at + SINCE] as number, moment - SLOTS + 1) : moment;
    const fresh = Math.max(before + 1, since);
    for (let slot = fresh; slot <= moment; slot++) numbers[at + AMOUNTS + (slot % SLOTS)] = 0;
    // Summed anew, so that fractions do not pile up.
    let sum = 0;
    for (let slot = since; slot < fresh; slot++) sum += numbers[at + AMOUNTS + (slot % SLOTS)] as number;
    numbers[at + SUM] = sum;
    numbers[at + SINCE] = since;
    numbers[at + SLOT] = moment;
    const hour = Math.floor(moment / SLOTS);
    if (hour !== numbers[at + CLOCK]) this.#learn(slot, hour);
  }

  #learn(slot: number, hour: number): void {
    const [numbers, at] = [this.#subjects.numbers, WIDTH * slot];
    const total = numbers[at + TOTAL] as number;
    if (total > 0) {
      // Ordinary hours need no limit, and most hours are ordinary.
      const limit = total < this.#settings.minAmount ? undefined : this.#baseline(slot)?.limit;
      const learned = Math.min(total, limit ?? Infinity);
      this.#peersOf(numbers[at + TYPE] as number).add(learned);
      this.#history.append(slot, Math.log1p(learned), MAX_HISTORY);
      numbers[at + LIMIT] = Number.NaN;
    }
    numbers[at + CLOCK] = hour;
    numbers[at + TOTAL] = 0;
    if (this.#source.target) this.#targets.forget(slot, (numbers[at + SLOT] as number) - SLOTS + 1);
  }

  #baseline(slot: number): Baseline | undefined {
    const { minAmount, minZ, minFactor, surePeakFactor, minHistory, minHistoryDays } = this.#settings;
    const [numbers, at] = [this.#subjects.numbers, WIDTH * slot];
    const hours = (numbers[at + CLOCK] as number) - (numbers[at + FIRST] as number);
    // A night alone is no habit.
    if (this.#history.length(slot) < minHistory || hours < 24 * minHistoryDays) return undefined;
    const history = this.#history.of(slot);
    const { median, mad } = robustBaseline(history);
    const spread = Math.max(MIN_SPREAD, 1.4826 * mad);
    const peak = quantileSorted(
      history.toSorted((a, b) => a - b),
      0.99,
    );
    const improbable = Math.min(median + minZ * spread, Math.log(surePeakFactor) + peak);
    const limits = [improbable, Math.log(minFactor) + median, Math.log(1.5) + peak];
    return { limit: Math.max(minAmount, Math.expm1(Math.max(...limits))), median, spread };
  }

  #judge(name: string, slot: number, time: number): void {
    const [numbers, at] = [this.#subjects.numbers, WIDTH * slot];
    const sum = numbers[at + SUM] as number;
    if (sum <= (numbers[at + LIMIT] as number)) return;
    const baseline = this.#baseline(slot);
    if (baseline) {
      const { limit, median, spread } = baseline;
      numbers[at + LIMIT] = limit;
      if (sum <= limit) return;
      const z = (Math.log1p(sum) - median) / spread;
      const usual = `its median active hour has ${this.#words.amount(Math.expm1(median))}, robust z ${figure(z)}`;
      this.#report(name, time, sum, z, limit, usual);
      return;
    }
    this.#judgeByPeers(name, sum, numbers[at + TYPE] as number, time);
  }

  /** For a subject without a history of its own. */
  #judgeByPeers(name: string, sum: number, type: number, time: number): void {
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

  #peersOf(type: number): QuantileSketch {
    const known = this.#peers[type];
    if (known) return known;
    const sketch = new QuantileSketch(0.02, 512);
    this.#peers[type] = sketch;
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
