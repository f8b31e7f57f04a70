import type { Freshness, TrustSummary } from "../core/assessment.ts";
import { FACETS, type Facet } from "../core/signal.ts";
import { FAILED, NA, type SignalBatch, VERIFIED } from "../signals/batch.ts";
import type { Names } from "../signals/names.ts";
import { QuantileSketch, type QuantileSketchState } from "../stats/quantile-sketch.ts";
import type { BoundedMapState } from "./bounded-map.ts";
import { idsOf } from "./columns.ts";
import { IdSlots } from "./id-map.ts";
import type { RowsReader } from "./types.ts";

const HOUR = 3_600_000;

/** Trust halves in this time after the last strong verification: the 12 h after which NIST SP 800-63B asks again (AAL2). */
export const HALF_LIFE = 12 * HOUR;

/** What is left of trust after an event with this facet failed; several failures multiply. */
export const PENALTIES: Readonly<Record<Facet, number>> = {
  identity: 0.2,
  session: 0.3,
  context: 0.5,
  device: 0.6,
  policy: 0.7,
  encryption: 0.8,
};

/** What is known of one subject or session. `value` is trust at `time`; it decays from there. */
export interface Trust {
  readonly value: number;
  /** Milliseconds, of the last event. */
  readonly time: number;
  /** Of the first event, and of the last strong verification; null where there was none. */
  readonly first: number;
  readonly strong: number | null;
  /** Facets that failed since then. */
  readonly failed: readonly Facet[];
}

/** One step of the arithmetic: trust before, after decay, and after the event. */
export interface TrustStep {
  readonly before: number;
  readonly decayed: number;
  readonly after: number;
  readonly reason: string;
}

type StateOf = (facet: Facet) => number;

/** Strong is a verified identity; where identity does not apply (hosts, devices), a verified device. */
function isStrong(state: StateOf): boolean {
  const identity = state("identity");
  return identity === VERIFIED || (identity === NA && state("device") === VERIFIED);
}

/** Trust at a later moment: v · 2^(−Δt / 12 h). */
export const decayed = ({ value, time }: Trust, now: number): number =>
  value * 2 ** (-Math.max(0, now - time) / HALF_LIFE);

/**
 * Trust after one more event. A strong verification without a failed facet sets it to 1; with failed facets, to the product
 * of their penalties. Any other event leaves the decayed trust, times the penalties of what failed. Starts at 0.
 * Inputs and the demand to weigh missing, stale and contradicting ones apart: NIST SP 800-207 §3.3.
 */
export function nextTrust(trust: Trust | undefined, time: number, state: StateOf): Trust {
  const failed = FACETS.filter((facet) => state(facet) === FAILED);
  const penalty = failed.reduce((product, facet) => product * PENALTIES[facet], 1);
  const strong = isStrong(state);
  const base = strong ? 1 : trust === undefined ? 0 : decayed(trust, time);
  return {
    value: base * penalty,
    time: Math.max(time, trust?.time ?? time),
    first: trust?.first ?? time,
    strong: strong ? time : (trust?.strong ?? null),
    failed: strong ? failed : FACETS.filter((facet) => failed.includes(facet) || trust?.failed.includes(facet)),
  };
}

/** The same arithmetic, spelled out. */
export function explainTrust(trust: Trust | undefined, time: number, state: StateOf): TrustStep {
  const next = nextTrust(trust, time, state);
  const failed = FACETS.filter((facet) => state(facet) === FAILED);
  const before = trust?.value ?? 0;
  const aged = trust === undefined ? 0 : decayed(trust, time);
  const hours = trust === undefined ? 0 : Math.max(0, time - trust.time) / HOUR;
  const start = isStrong(state)
    ? "strong verification: 1"
    : trust === undefined
      ? "nothing verified yet: 0"
      : `${before.toFixed(3)} × 2^(−${hours.toFixed(2)} h / 12 h) = ${aged.toFixed(3)}`;
  const penalties = failed.map((facet) => ` × ${PENALTIES[facet]} (${facet} failed)`).join("");
  return { before, decayed: aged, after: next.value, reason: `${start}${penalties} → ${next.value.toFixed(3)}` };
}

export interface TrustState {
  readonly subjects: BoundedMapState<Trust>;
  readonly sessions: BoundedMapState<Trust>;
  readonly sinceStrong: QuantileSketchState;
  readonly sessionAge: QuantileSketchState;
  readonly reportAge: QuantileSketchState;
  readonly unproved: number;
  readonly events: number;
  readonly newest: number | null;
}

const MAX_ENTITIES = 100_000;
const LOWEST = 10;
/** Ages in seconds with 2 % accuracy. */
const sketch = (state?: QuantileSketchState): QuantileSketch => new QuantileSketch(0.02, 512, state);

function freshness(ages: QuantileSketch): Freshness {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => ages.quantile(q) ?? null);
  return { events: ages.count, p50: p50 ?? null, p90: p90 ?? null, p99: p99 ?? null };
}

const bitsOf = (facets: readonly Facet[]): number =>
  facets.reduce((bits, facet) => bits | (1 << FACETS.indexOf(facet)), 0);
const facetsOf = (bits: number): Facet[] => FACETS.filter((_, f) => (bits & (1 << f)) !== 0);
/** What every set of failed facets leaves of trust. */
const PENALTY = Float64Array.from({ length: 1 << FACETS.length }, (_, bits) =>
  facetsOf(bits).reduce((product, facet) => product * PENALTIES[facet], 1),
);
const [IDENTITY_BIT, DEVICE_BIT] = [bitsOf(["identity"]), bitsOf(["device"])];

/** Numbers of a slot; `STRONG` is NaN where there was none, `LOST` are the bits of the facets that failed since. */
const [VALUE, TIME, FIRST, STRONG, LOST, WIDTH] = [0, 1, 2, 3, 4, 5];

/** The trust of many subjects or sessions in numbers: `nextTrust` on bits instead of lists. */
class Trusts {
  readonly slots: IdSlots;

  constructor(names: Names) {
    this.slots = new IdSlots(names, MAX_ENTITIES, WIDTH);
  }

  timeOf(slot: number): number {
    return this.slots.numbers[WIDTH * slot + TIME] as number;
  }

  firstOf(slot: number): number {
    return this.slots.numbers[WIDTH * slot + FIRST] as number;
  }

  strongOf(slot: number): number {
    return this.slots.numbers[WIDTH * slot + STRONG] as number;
  }

  at(slot: number): Trust {
    const strong = this.strongOf(slot);
    return {
      value: this.slots.numbers[WIDTH * slot + VALUE] as number,
      time: this.timeOf(slot),
      first: this.firstOf(slot),
      strong: Number.isNaN(strong) ? null : strong,
      failed: facetsOf(this.slots.numbers[WIDTH * slot + LOST] as number),
    };
  }

  /** Gives an id that is not known a slot, in which nothing was verified yet. */
  add(id: number, time: number): number {
    const slot = this.slots.add(id);
    this.#put(slot, 0, time, time, Number.NaN, 0);
    return slot;
  }

  next(slot: number, time: number, strong: boolean, failed: number): void {
    const [numbers, at] = [this.slots.numbers, WIDTH * slot];
    const before = numbers[at + TIME] as number;
    const penalty = PENALTY[failed] as number;
    if (strong) {
      numbers[at + VALUE] = penalty;
      numbers[at + STRONG] = time;
      numbers[at + LOST] = failed;
    } else {
      const aged = (numbers[at + VALUE] as number) * 2 ** (-Math.max(0, time - before) / HALF_LIFE);
      numbers[at + VALUE] = aged * penalty;
      numbers[at + LOST] = (numbers[at + LOST] as number) | failed;
    }
    numbers[at + TIME] = Math.max(time, before);
  }

  *entries(): IterableIterator<[subject: string, trust: Trust]> {
    for (const slot of this.slots.slots()) yield [this.slots.textOf(slot), this.at(slot)];
  }

  snapshot(): BoundedMapState<Trust> {
    return this.slots.snapshot((slot) => this.at(slot));
  }

  restore(state: BoundedMapState<Trust>): void {
    this.slots.restore(state, (slot, { value, time, first, strong, failed }) =>
      this.#put(slot, value, time, first, strong ?? Number.NaN, bitsOf(failed)),
    );
  }

  #put(slot: number, value: number, time: number, first: number, strong: number, lost: number): void {
    const [numbers, at] = [this.slots.numbers, WIDTH * slot];
    numbers[at + VALUE] = value;
    numbers[at + TIME] = time;
    numbers[at + FIRST] = first;
    numbers[at + STRONG] = strong;
    numbers[at + LOST] = lost;
  }
}

/** Trust per subject and per session of one pillar, and how old the proofs were when they were relied on. */
export class TrustLedger {
  readonly #names: Names;
  readonly #subjects: Trusts;
  readonly #sessions: Trusts;
  #sinceStrong = sketch();
  #sessionAge = sketch();
  #reportAge = sketch();
  #unproved = 0;
  #events = 0;
  #newest = -Infinity;

  constructor(names: Names) {
    this.#names = names;
    this.#subjects = new Trusts(names);
    this.#sessions = new Trusts(names);
  }

  open(batch: SignalBatch): RowsReader {
    const session = idsOf(batch, "SessionId");
    const { time: times, subjectId, subjectType, applicable, verified, failed } = batch;
    return (rows) => {
      this.#subjects.slots.warm(subjectId, rows);
      if (batch.ids.has("SessionId")) this.#sessions.slots.warm(session, rows);
      while (rows.next()) {
        const { row } = rows;
        const applies = applicable[row] as number;
        if (applies === 0) continue;
        const time = times[row] as number;
        this.#newest = Math.max(this.#newest, time);
        const proof = (applies & IDENTITY_BIT) !== 0 ? IDENTITY_BIT : DEVICE_BIT;
        const strong = ((verified[row] as number) & proof) !== 0;
        if (subjectId[row] !== 0) {
          const reports = subjectType[row] === "device" || subjectType[row] === "host";
          this.#see(subjectId[row] as number, time, strong, failed[row] as number, reports);
        }
        if (session[row] !== 0) this.#seeSession(session[row] as number, time, strong, failed[row] as number);
      }
    };
  }

  summary(): TrustSummary {
    const now = this.#newest;
    const values = sketch();
    const lowest: { readonly subject: string; readonly trust: number; readonly failed: readonly Facet[] }[] = [];
    let proved = 0;
    for (const [subject, trust] of this.#subjects.entries()) {
      if (trust.strong === null) continue;
      proved += 1;
      const value = decayed(trust, now);
      values.add(value);
      if (trust.failed.length > 0) lowest.push({ subject, trust: value, failed: trust.failed });
    }
    lowest.sort((a, b) => a.trust - b.trust || (a.subject < b.subject ? -1 : 1));
    return {
      subjects: this.#subjects.slots.size,
      proved,
      forgotten: this.#subjects.slots.evictions + this.#sessions.slots.evictions,
      sessions: this.#sessions.slots.size,
      median: values.quantile(0.5) ?? null,
      lowest: lowest.slice(0, LOWEST),
      unprovedEvents: this.#unproved,
      sinceStrong: freshness(this.#sinceStrong),
      sessionAge: freshness(this.#sessionAge),
      reportAge: freshness(this.#reportAge),
    };
  }

  /** Trust of a subject at the newest event; undefined for one that is not known. */
  of(subject: string): number | undefined {
    const slot = this.#subjects.slots.find(this.#names.id(subject));
    return slot < 0 ? undefined : decayed(this.#subjects.at(slot), this.#newest);
  }

  snapshot(): TrustState {
    return {
      subjects: this.#subjects.snapshot(),
      sessions: this.#sessions.snapshot(),
      sinceStrong: this.#sinceStrong.snapshot(),
      sessionAge: this.#sessionAge.snapshot(),
      reportAge: this.#reportAge.snapshot(),
      unproved: this.#unproved,
      events: this.#events,
      newest: this.#newest === -Infinity ? null : this.#newest,
    };
  }

  restore(state: TrustState): void {
    this.#subjects.restore(state.subjects);
    this.#sessions.restore(state.sessions);
    this.#sinceStrong = sketch(state.sinceStrong);
    this.#sessionAge = sketch(state.sessionAge);
    this.#reportAge = sketch(state.reportAge);
    [this.#unproved, this.#events, this.#newest] = [state.unproved, state.events, state.newest ?? -Infinity];
  }

  #see(id: number, time: number, strong: boolean, failed: number, reports: boolean): void {
    const subjects = this.#subjects;
    const known = subjects.slots.find(id);
    // A device's report is new proof; everybody else relies on proof of before.
    if (reports && known >= 0) this.#reportAge.add(Math.max(0, time - subjects.timeOf(known)) / 1000);
    const slot = known >= 0 ? known : subjects.add(id, time);
    subjects.next(slot, time, strong, failed);
    this.#events += 1;
    const proved = subjects.strongOf(slot);
    if (Number.isNaN(proved)) this.#unproved += 1;
    else if (!reports) this.#sinceStrong.add(Math.max(0, time - proved) / 1000);
  }

  #seeSession(id: number, time: number, strong: boolean, failed: number): void {
    const sessions = this.#sessions;
    const known = sessions.slots.find(id);
    const slot = known >= 0 ? known : sessions.add(id, time);
    sessions.next(slot, time, strong, failed);
    this.#sessionAge.add(Math.max(0, time - sessions.firstOf(slot)) / 1000);
  }
}
