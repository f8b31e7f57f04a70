import type { ColumnBatch } from "../backends/types.ts";
import type { Anomaly, Finding, TrustSummary } from "../core/assessment.ts";
import { UsageError } from "../core/errors.ts";
import { PILLARS, type Pillar } from "../core/maturity.ts";
import type { Signal } from "../core/signal.ts";
import { columnsOf } from "../signals/batch.ts";
import { decodeSignals, type RowProblem } from "../signals/decode.ts";
import type { Verification } from "../signals/tally.ts";
import { DEFAULT_MINIMUM_KNOWN } from "../signals/verdict.ts";
import { withinBudget } from "./budget.ts";
import { groupFindings } from "./findings.ts";
import { type DetectorCoverage, PillarStream, type StreamOptions, type StreamState } from "./stream.ts";
import type { Detector, Settings } from "./types.ts";

export interface AnalyzerOptions {
  readonly detectors?: readonly Detector[];
  /** Detector name → settings that replace its defaults. */
  readonly settings?: Readonly<Record<string, Settings>>;
  /** Known facets that an event needs to count as verified. */
  readonly minimumKnown?: number;
  /** How far, in ms, a row may come behind the newest one of its pillar. */
  readonly lateness?: number;
  /** Anomalies kept per detector and pillar; more are counted. */
  readonly maxAnomalies?: number;
  /** Findings a day that an analyst can take: weaker candidates compete for what strong ones leave of it. */
  readonly budget?: number;
}

/** `rows = accepted + rejected`; `late` rows are accepted and have a verdict, but no detector saw them. */
export interface SignalAccount {
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly late: number;
  readonly problems: readonly RowProblem[];
}

export interface AnalyzerState {
  readonly version: typeof STATE_VERSION;
  readonly pillars: Readonly<Partial<Record<Pillar, StreamState & { readonly account: SignalAccount }>>>;
}

/** Rises with every change of what a snapshot holds. */
const STATE_VERSION = 2;
const MINUTE = 60_000;
const MAX_PROBLEMS = 20;
const NO_ROWS: SignalAccount = { rows: 0, accepted: 0, rejected: 0, late: 0, problems: [] };

function checkSettings(detectors: readonly Detector[], settings: Readonly<Record<string, Settings>>): void {
  for (const [name, values] of Object.entries(settings)) {
    const detector = detectors.find((candidate) => candidate.name === name);
    if (!detector)
      throw new UsageError(`There is no detector "${name}". Known: ${detectors.map((d) => d.name).join(", ")}.`);
    const unknown = Object.keys(values).find((key) => !Object.hasOwn(detector.defaults, key));
    if (unknown !== undefined) {
      const known = Object.keys(detector.defaults).join(", ");
      throw new UsageError(`Detector "${name}" has no setting "${unknown}". Known: ${known}.`);
    }
  }
}

/**
 * Scores signals as they come: counts verdicts per pillar and runs the pillar's detectors in order of event time.
 * No clock, no I/O, bounded memory. Results depend on the rows alone, not on how they were batched (within `lateness`).
 */
export class Analyzer {
  readonly #options: StreamOptions;
  readonly #budget: number | undefined;
  readonly #streams = new Map<Pillar, PillarStream>();
  readonly #accounts = new Map<Pillar, SignalAccount>();

  constructor(options: AnalyzerOptions = {}) {
    this.#options = {
      detectors: options.detectors ?? [],
      settings: options.settings ?? {},
      minimumKnown: options.minimumKnown ?? DEFAULT_MINIMUM_KNOWN,
      lateness: options.lateness ?? 15 * MINUTE,
      maxAnomalies: options.maxAnomalies ?? 10_000,
      relaxed: options.budget !== undefined,
    };
    this.#budget = options.budget;
    if (options.budget !== undefined && !(options.budget > 0))
      throw new UsageError("The budget is a number of findings a day above 0.");
    checkSettings(this.#options.detectors, this.#options.settings);
  }

  /** Takes rows of a signal query, or signals. Bad rows are rejected, counted and explained in `accounts`. */
  push(pillar: Pillar, input: ColumnBatch | Signal | readonly Signal[]): void {
    this.pushAligned(pillar, ["columns" in input ? input : columnsOf("time" in input ? [input] : input)]);
  }

  /** Takes batches of several queries that cover one time span (see `alignByTime`): no row is late because of another. */
  pushAligned(pillar: Pillar, inputs: readonly ColumnBatch[]): void {
    const account = this.#accounts.get(pillar) ?? NO_ROWS;
    const stream = this.#stream(pillar);
    const decoded = inputs.map((input) => decodeSignals(input, stream.names));
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    this.#accounts.set(pillar, {
      rows: account.rows + sum(inputs.map(({ rowCount }) => rowCount)),
      accepted: account.accepted + sum(decoded.map(({ batch }) => batch.rowCount)),
      rejected: account.rejected + sum(decoded.map(({ rejected }) => rejected)),
      late: 0,
      problems: [...account.problems, ...decoded.flatMap(({ problems }) => problems)].slice(0, MAX_PROBLEMS),
    });
    stream.push(decoded.map(({ batch }) => batch));
  }

  /** Ends the streams: rows that wait are scored and detectors decide what they had left open. */
  finish(): void {
    for (const stream of this.#streams.values()) stream.finish();
  }

  /** By time, then id. Under a budget, those of the findings that it chose. */
  get anomalies(): readonly Anomaly[] {
    if (this.#budget === undefined) return this.#candidates();
    const chosen = new Set(this.findings.flatMap(({ anomalies }) => anomalies));
    return this.#candidates().filter(({ id }) => chosen.has(id));
  }

  /** Anomalies by subject and time, at most about as many a day as the budget has; by start. */
  get findings(): readonly Finding[] {
    const findings = groupFindings(this.#candidates());
    if (this.#budget === undefined) return findings;
    const start = Math.min(...[...this.#streams.values()].map((stream) => stream.oldest));
    return Number.isFinite(start) ? withinBudget(findings, { perDay: this.#budget, start }) : [];
  }

  #candidates(): readonly Anomaly[] {
    const all = [...this.#streams.values()].flatMap((stream) => stream.anomalies());
    return all.sort((a, b) => (a.time === b.time ? (a.id < b.id ? -1 : 1) : a.time < b.time ? -1 : 1));
  }

  /** Verification rate and facet coverage per pillar that had a signal query, in the order of the pillars. */
  verification(): ReadonlyMap<Pillar, Verification> {
    return new Map(this.#ordered().map(([pillar, stream]) => [pillar, stream.verification()]));
  }

  /** Trust per pillar that had a signal query, in the order of the pillars. */
  trust(): ReadonlyMap<Pillar, TrustSummary> {
    return new Map(this.#ordered().map(([pillar, stream]) => [pillar, stream.trust()]));
  }

  coverage(): readonly DetectorCoverage[] {
    return this.#ordered().flatMap(([, stream]) => stream.coverage());
  }

  accounts(): ReadonlyMap<Pillar, SignalAccount> {
    return new Map(
      this.#ordered().map(([pillar, stream]) => [
        pillar,
        { ...(this.#accounts.get(pillar) ?? NO_ROWS), late: stream.late },
      ]),
    );
  }

  snapshot(): AnalyzerState {
    const pillars = this.#ordered().map(([pillar, stream]) => {
      return [pillar, { ...stream.snapshot(), account: this.#accounts.get(pillar) ?? NO_ROWS }] as const;
    });
    return { version: STATE_VERSION, pillars: Object.fromEntries(pillars) };
  }

  /** Continues where the snapshot was taken. The analyzer must be new and have the same options. */
  restore(state: AnalyzerState): void {
    if (state.version !== STATE_VERSION)
      throw new UsageError(
        `The state was written by another version of ztlens (analyzer state ${String(state.version)}, this one reads ` +
          `${STATE_VERSION}). Start with an empty state.`,
      );
    for (const pillar of PILLARS) {
      const saved = state.pillars[pillar];
      if (!saved) continue;
      this.#accounts.set(pillar, saved.account);
      this.#stream(pillar).restore(saved);
    }
  }

  #stream(pillar: Pillar): PillarStream {
    const known = this.#streams.get(pillar);
    if (known) return known;
    const stream = new PillarStream(pillar, this.#options);
    this.#streams.set(pillar, stream);
    return stream;
  }

  #ordered(): (readonly [Pillar, PillarStream])[] {
    return PILLARS.flatMap((pillar) => {
      const stream = this.#streams.get(pillar);
      return stream ? [[pillar, stream] as const] : [];
    });
  }
}

export const createAnalyzer = (options?: AnalyzerOptions): Analyzer => new Analyzer(options);
