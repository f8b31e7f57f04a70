import { createHash } from "node:crypto";
import type { Analyzer, AnalyzerState } from "../analyzer/analyzer.ts";
import type { LiveBackend } from "../backends/live/backend.ts";
import { codeOf } from "../backends/live/text.ts";
import type { ColumnBatch } from "../backends/types.ts";
import type { Assessment, VerificationRate } from "../core/assessment.ts";
import { UsageError, ZtlensError } from "../core/errors.ts";
import type { Pillar } from "../core/maturity.ts";
import { packageVersion } from "../core/package.ts";
import {
  earlier,
  formatDatetime,
  later,
  millisecondsOfTicks,
  parseIsoDatetime,
  TICKS_PER_HOUR,
  TICKS_PER_MINUTE,
} from "../core/ticks.ts";
import { inTimeOrder } from "../packs/statements.ts";
import type { SignalPack } from "../packs/types.ts";
import { decodeSignals } from "../signals/decode.ts";
import { VerdictHours } from "../signals/hours.ts";
import { Lineage } from "../signals/lineage.ts";
import { alignByTime } from "../signals/merge.ts";
import {
  beginRun,
  conclude,
  judgeAll,
  lineageWarnings,
  type PillarCriterion,
  type Run,
  silenceOf,
  type Tables,
} from "./assess.ts";
import { withExtras } from "./extras.ts";
import { type LiveRunOptions, liveAnalyzer, lookBack, withJournal } from "./live.ts";
import { windowOf } from "./measure.ts";
import { makeFolder, readState, tidyFolder, writeState } from "./state/file.ts";
import { type Increment, withIncrement } from "./state/increment.ts";
import { EventKeys } from "./state/keys.ts";
import { lock } from "./state/lock.ts";
import type { PillarState, Progress, RunState } from "./state/types.ts";

export interface IncrementalOptions extends LiveRunOptions {
  /** Folder that keeps what the next run continues from. */
  readonly state: string;
  /** Ticks after which criteria are asked anew: they look back over days and move by hours. */
  readonly remeasure: bigint;
  /** Milliseconds between two saves within a pillar. */
  readonly saveEvery?: number;
  /** Told when the state was saved. */
  readonly onSaved?: () => void;
}

/** Rows can become visible a little after the moment that they are stored at: so much is asked again. */
const OVERLAP = 5n * TICKS_PER_MINUTE;
/** Events older than this are not asked again: their keys are not all kept. */
const RECENT = 48n * TICKS_PER_HOUR;
const SAVE_EVERY = 20_000;
/** Sign-ins that a state keeps for the calls of the next run. */
const KEPT_SIGN_INS = 20_000;

const digest = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/**
 * Assesses a live backend from where the last run over the folder ended: events by the time that they were stored, so
 * that late ones come once; criteria when their measurement is old. A run that is killed continues where it was saved.
 */
export async function assessIncrementally(backend: LiveBackend, options: IncrementalOptions): Promise<Assessment> {
  const lacking = backend.lacks.get("ingestion-time");
  if (lacking !== undefined) throw new UsageError(`--state needs the time at which rows were stored: ${lacking}.`);
  makeFolder(options.state);
  const release = lock(options.state);
  try {
    tidyFolder(options.state);
    return await new IncrementalRun(backend, options, await liveAnalyzer(options)).run();
  } finally {
    release();
  }
}

interface Reading {
  progress: Progress;
  readonly hours: VerdictHours;
  readonly keys: EventKeys;
}

class IncrementalRun {
  readonly #backend: LiveBackend;
  readonly #options: IncrementalOptions;
  readonly #analyzer: Analyzer;
  readonly #readings = new Map<Pillar, Reading>();
  readonly #warnings: string[] = [];
  readonly #basis: string;
  /** Pack → the texts that were asked. */
  readonly #queries = new Map<string, string[]>();
  /** Pack → events that an earlier run had. */
  readonly #dropped = new Map<string, number>();
  /** Pillars of which some events were read and others could not be: nothing of them is saved. */
  readonly #frozen = new Set<Pillar>();
  #tables: Tables = new Map();
  #tablesAsOf = 0n;
  #lineage = new Lineage();
  #criteria: RunState["criteria"] = null;
  #saved = 0;

  constructor(backend: LiveBackend, options: IncrementalOptions, analyzer: Analyzer) {
    this.#backend = backend;
    this.#options = options;
    this.#analyzer = analyzer;
    const { packs, lastDays = null, budget = null } = options;
    const queries = packs.signals.map(({ id, query, window }) => [id, query, window]);
    this.#basis = digest([packageVersion(), lastDays, budget, queries]);
  }

  async run(): Promise<Assessment> {
    const { asOf, packs, state } = this.#options;
    this.#restore(readState(state) as RunState | undefined);
    await this.#lookAtTables();
    const run = beginRun(this.#backend, this.#tables, this.#options);
    const criteria = await this.#judge(run);
    for (const [pillar, own] of Map.groupBy(run.packs.signals, (pack) => pack.pillar)) {
      for (const { id } of own) run.steps(id);
      await this.#readPillar(pillar, own, run);
      this.#save();
    }
    // What the detectors decide at the end of the logs is for this result alone: the next run knows more.
    this.#analyzer.finish();
    this.#warnings.push(...lineageWarnings(this.#lineage));
    const assessment = conclude(run, {
      criteria,
      warnings: this.#warnings,
      analyzer: this.#analyzer,
      verification: this.#verification(),
      inputs: [],
    });
    const recent = await withExtras(sinceWindow(assessment), this.#backend, this.#options);
    return withJournal(recent, this.#backend, packs, {
      queriesOf: ({ id }) => this.#queries.get(id) ?? [],
      skippedOf: ({ id }) => this.#dropped.get(id) ?? 0,
      now: asOf,
    });
  }

  #restore(saved: RunState | undefined): void {
    if (!saved) return;
    const { source, basis } = saved;
    if (source !== this.#backend.name) {
      throw new UsageError(`${this.#options.state} is the state of ${source}, not of ${this.#backend.name}.`);
    }
    if (basis !== this.#basis) {
      this.#warnings.push(
        "The signal queries or ztlens have changed since the last run: events are read from the start.",
      );
      return;
    }
    if (BigInt(saved.tables.asOf) > this.#options.asOf) {
      throw new UsageError(
        `The state is as of ${formatDatetime(BigInt(saved.tables.asOf))}: it cannot go back in time.`,
      );
    }
    this.#lineage = new Lineage(saved.lineage);
    this.#analyzer.restore(withoutOldAnomalies(saved.analyzer, this.#horizon()));
    for (const [pillar, { progress, hours, keys }] of Object.entries(saved.pillars) as [Pillar, PillarState][]) {
      this.#readings.set(pillar, { progress, hours: new VerdictHours(hours), keys: new EventKeys(keys) });
    }
    this.#tables = new Map(
      saved.tables.known.map(({ name, newest, ...rest }) => [
        name,
        { ...rest, newest: newest === null ? null : BigInt(newest) },
      ]),
    );
    this.#tablesAsOf = BigInt(saved.tables.asOf);
    this.#criteria = saved.criteria;
  }

  /** The event time (ms) before which nothing is in the result any more. */
  #horizon(): number {
    const { packs, asOf, lastDays } = this.#options;
    return millisecondsOfTicks(lookBack({ ...packs, criteria: [] }, asOf, lastDays).start);
  }

  #isOld(asOf: bigint): boolean {
    return this.#options.asOf - asOf >= this.#options.remeasure;
  }

  /** All of the tables where the criteria are asked, else what came since the last run. */
  async #lookAtTables(): Promise<void> {
    const { asOf } = this.#options;
    if (this.#tables.size > 0 && asOf === this.#tablesAsOf) return;
    if (this.#tables.size === 0 || this.#criteria === null || this.#isOld(BigInt(this.#criteria.asOf))) {
      this.#tables = await this.#backend.tables();
    } else {
      const news = await this.#backend.tables({ start: this.#tablesAsOf, end: asOf + 1n });
      this.#tables = merged(this.#tables, news);
    }
    this.#tablesAsOf = asOf;
  }

  async #judge(run: Run): Promise<readonly PillarCriterion[]> {
    const { asOf, configuration = null, lastDays = null } = this.#options;
    const basis = digest([packageVersion(), configuration, lastDays, run.packs.criteria]);
    const saved = this.#criteria;
    if (saved && saved.basis === basis && !this.#isOld(BigInt(saved.asOf))) {
      if (BigInt(saved.asOf) < asOf) {
        this.#warnings.push(`The criteria were measured as of ${formatDatetime(BigInt(saved.asOf))}.`);
      }
      return saved.results;
    }
    const results = await judgeAll(run);
    this.#criteria = { asOf: asOf.toString(), basis, results };
    this.#save();
    return results;
  }

  async #readPillar(pillar: Pillar, packs: readonly SignalPack[], run: Run): Promise<void> {
    const reading = this.#reading(pillar);
    const target = this.#options.asOf + 1n;
    const silent = this.#silent(packs, run);
    for (;;) {
      const { until, pending } = reading.progress;
      if (pending === undefined && until !== undefined && BigInt(until) >= target) return;
      const end = pending?.until ?? target.toString();
      reading.progress = { ...reading.progress, pending: pending ?? { until: end } };
      const streams = packs
        .filter(({ id }) => !silent.includes(id))
        .map((pack) => this.#fresh(pack, reading, this.#events(pack, reading.progress, run)));
      if (!(await this.#readIncrement(pillar, streams))) return;
      reading.keys.prune(BigInt(end) - OVERLAP);
      reading.hours.forget(this.#horizon());
      reading.progress = { until: end, ...(silent.length > 0 && { silent }) };
    }
  }

  #silent(packs: readonly SignalPack[], run: Run): string[] {
    return packs.flatMap((pack) => {
      const silence = silenceOf(pack, run);
      if (silence === undefined) return [];
      this.#warnings.push(silence);
      return [pack.id];
    });
  }

  /** Reads the pending increment to its end; false where that could not be: the next run goes on from the last save. */
  async #readIncrement(pillar: Pillar, streams: readonly AsyncIterable<ColumnBatch>[]): Promise<boolean> {
    const reading = this.#reading(pillar);
    let reached = reading.progress.pending?.reached;
    try {
      for await (const read of alignByTime(streams)) {
        const group = this.#lineage.trace(pillar, read);
        const [first, last] = timesOf(group);
        // Rows of one moment can come in several groups: it is reached when a later one comes.
        if (reached !== undefined && first > BigInt(reached)) this.#saveSometimes(reading, reached);
        for (const batch of group) reading.hours.add(decodeSignals(batch).batch);
        this.#analyzer.pushAligned(pillar, group);
        reached = last.toString();
      }
      return true;
    } catch (error) {
      if (!(error instanceof ZtlensError)) throw error;
      this.#warnings.push(`${pillar}: the events could not be read to the end: ${error.message}`);
      this.#frozen.add(pillar);
      return false;
    }
  }

  #events(pack: SignalPack, { until, silent, pending }: Progress, run: Run): AsyncIterable<ColumnBatch> {
    const words = new Set(codeOf(pack.query).match(/[A-Za-z_]\w*/g) ?? []);
    const present = run.states.presentTables.filter((table) => words.has(table));
    const from = until === undefined || silent?.includes(pack.id) ? undefined : BigInt(until);
    const increment: Increment = {
      until: BigInt(pending?.until ?? 0),
      ...(from !== undefined && { from, overlapFrom: from - OVERLAP, overlapEvents: from - RECENT }),
      ...(pending?.reached !== undefined && { after: BigInt(pending.reached) }),
    };
    const kql = inTimeOrder(withIncrement(pack.query, present, increment));
    this.#queries.set(pack.id, [...(this.#queries.get(pack.id) ?? []), kql]);
    return this.#backend.stream(kql, { now: run.asOf, timespan: windowOf(run.asOf, pack.window) });
  }

  async *#fresh(
    { id }: SignalPack,
    { keys, progress }: Reading,
    batches: AsyncIterable<ColumnBatch>,
  ): AsyncGenerator<ColumnBatch> {
    const until = BigInt(progress.pending?.until ?? 0);
    const recent = formatDatetime(until - RECENT);
    for await (const batch of batches) {
      const fresh = keys.fresh(batch, until, recent);
      this.#dropped.set(id, (this.#dropped.get(id) ?? 0) + batch.rowCount - fresh.rowCount);
      if (fresh.rowCount > 0) yield fresh;
    }
  }

  #reading(pillar: Pillar): Reading {
    const known = this.#readings.get(pillar);
    if (known) return known;
    const reading: Reading = { progress: {}, hours: new VerdictHours(), keys: new EventKeys() };
    this.#readings.set(pillar, reading);
    return reading;
  }

  #verification(): ReadonlyMap<Pillar, VerificationRate> {
    return new Map([...this.#readings].map(([pillar, { hours }]) => [pillar, hours.rate()]));
  }

  #saveSometimes(reading: Reading, reached: string): void {
    if (performance.now() - this.#saved < (this.#options.saveEvery ?? SAVE_EVERY)) return;
    const until = reading.progress.pending?.until ?? "0";
    reading.progress = { ...reading.progress, pending: { until, reached } };
    this.#save();
  }

  #save(): void {
    const { state } = this.#options;
    const before = this.#frozen.size > 0 ? (readState(state) as RunState | undefined) : undefined;
    writeState(state, withFrozen(this.#state(), this.#frozen, before));
    this.#saved = performance.now();
    this.#options.onSaved?.();
  }

  #state(): RunState {
    const pillars = [...this.#readings].map(([pillar, { progress, hours, keys }]): [Pillar, PillarState] => [
      pillar,
      { progress, hours: hours.snapshot(), keys: keys.snapshot() },
    ]);
    return {
      version: 1,
      source: this.#backend.name,
      basis: this.#basis,
      tables: {
        asOf: this.#tablesAsOf.toString(),
        known: [...this.#tables].map(([name, { rows, newest, unreadable }]) => ({
          name,
          rows,
          newest: newest === null ? null : newest.toString(),
          ...(unreadable !== undefined && { unreadable }),
        })),
      },
      criteria: this.#criteria,
      lineage: this.#lineage.snapshot(KEPT_SIGN_INS),
      analyzer: this.#analyzer.snapshot(),
      pillars: Object.fromEntries(pillars),
    };
  }
}

/** The assessment without what lies before its window: the analyzer remembers longer. */
function sinceWindow(assessment: Assessment): Assessment {
  const start = assessment.window.start;
  const anomalies = assessment.anomalies.filter(({ time }) => time >= start);
  const ids = new Set(anomalies.map(({ id }) => id));
  const findings = assessment.findings?.filter((finding) => finding.anomalies.some((id) => ids.has(id)));
  return { ...assessment, anomalies, ...(findings && { findings }) };
}

function merged(known: Tables, news: Tables): Tables {
  const all = new Map(known);
  for (const [name, { rows, newest }] of news) {
    const before = all.get(name);
    if (!before || rows === 0) continue;
    const later = before.newest === null || (newest !== null && newest > before.newest) ? newest : before.newest;
    all.set(name, { rows: before.rows + rows, newest: later });
  }
  for (const [name, info] of news) if (!known.has(name) && info.rows > 0) all.set(name, info);
  return all;
}

/** The state, in which the frozen pillars are as they were saved before. */
function withFrozen(state: RunState, frozen: ReadonlySet<Pillar>, before: RunState | undefined): RunState {
  if (frozen.size === 0) return state;
  const keep = <T>(now: Readonly<Partial<Record<Pillar, T>>>, then: typeof now = {}): typeof now => {
    const moving = Object.entries(now).filter(([pillar]) => !frozen.has(pillar as Pillar));
    const resting = Object.entries(then).filter(([pillar]) => frozen.has(pillar as Pillar));
    return Object.fromEntries([...moving, ...resting]) as typeof now;
  };
  return {
    ...state,
    pillars: keep(state.pillars, before?.pillars),
    analyzer: { ...state.analyzer, pillars: keep(state.analyzer.pillars, before?.analyzer.pillars) },
  };
}

/** The first and last event time of a group, ticks. */
function timesOf(group: readonly ColumnBatch[]): [first: bigint, last: bigint] {
  const times = group.flatMap(({ columns, rowCount }) => {
    const cells = columns.get("TimeGenerated") ?? [];
    return [cells[0], cells[rowCount - 1]].map((cell) => parseIsoDatetime(String(cell)) ?? 0n);
  });
  return times.reduce<[bigint, bigint]>(
    ([first, last], time) => [earlier(time, first), later(time, last)],
    [times[0] ?? 0n, times[0] ?? 0n],
  );
}

function withoutOldAnomalies(state: AnalyzerState, before: number): AnalyzerState {
  const limit = new Date(before).toISOString();
  const pillars = Object.entries(state.pillars).map(([pillar, stream]) => {
    const detectors = Object.entries(stream.detectors).map(([name, slot]) => {
      return [name, { ...slot, anomalies: slot.anomalies.filter(({ time }) => time >= limit) }];
    });
    return [pillar, { ...stream, detectors: Object.fromEntries(detectors) }];
  });
  return { ...state, pillars: Object.fromEntries(pillars) };
}
