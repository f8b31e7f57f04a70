import type { Freshness, TrustSummary } from "../core/assessment.ts";
import { FACETS, type Facet } from "../core/signal.ts";
import { FAILED, NA, type SignalBatch, VERIFIED } from "../signals/batch.ts";
import { QuantileSketch, type QuantileSketchState } from "../stats/quantile-sketch.ts";
import { BoundedMap, type BoundedMapState } from "./bounded-map.ts";
import { textOf } from "./columns.ts";
import type { RowReader } from "./types.ts";

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
    failed: strong ? failed : [...new Set([...(trust?.failed ?? []), ...failed])],
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

/** Trust per subject and per session of one pillar, and how old the proofs were when they were relied on. */
export class TrustLedger {
  readonly #subjects = new BoundedMap<Trust>(MAX_ENTITIES);
  readonly #sessions = new BoundedMap<Trust>(MAX_ENTITIES);
  #sinceStrong = sketch();
  #sessionAge = sketch();
  #reportAge = sketch();
  #unproved = 0;
  #events = 0;
  #newest = -Infinity;

  open(batch: SignalBatch): RowReader {
    const session = textOf(batch, "SessionId");
    return (row) => {
      const time = batch.time[row] as number;
      const state: StateOf = (facet) => batch.facets[facet][row] as number;
      if (FACETS.every((facet) => state(facet) === NA)) return;
      this.#newest = Math.max(this.#newest, time);
      const subject = batch.subject[row] as string;
      const type = batch.subjectType[row];
      if (subject !== "") this.#see(subject, time, state, type === "device" || type === "host");
      if (session(row) !== "") this.#seeSession(session(row), time, state);
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
      subjects: this.#subjects.size,
      proved,
      forgotten: this.#subjects.evictions + this.#sessions.evictions,
      sessions: this.#sessions.size,
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
    const trust = this.#subjects.get(subject);
    return trust && decayed(trust, this.#newest);
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

  #see(subject: string, time: number, state: StateOf, reports: boolean): void {
    const known = this.#subjects.get(subject);
    // A device's report is new proof; everybody else relies on proof of before.
    if (reports && known) this.#reportAge.add(Math.max(0, time - known.time) / 1000);
    const next = nextTrust(known, time, state);
    this.#subjects.set(subject, next);
    this.#events += 1;
    if (next.strong === null) this.#unproved += 1;
    else if (!reports) this.#sinceStrong.add(Math.max(0, time - next.strong) / 1000);
  }

  #seeSession(session: string, time: number, state: StateOf): void {
    const known = this.#sessions.get(session);
    this.#sessions.set(session, nextTrust(known, time, state));
    this.#sessionAge.add(known === undefined ? 0 : Math.max(0, time - known.first) / 1000);
  }
}
