import type { Analyzer } from "../analyzer/analyzer.ts";
import { type Canary, CanaryFeed, canaries, canaryReport } from "../analyzer/canary.ts";
import type { ColumnBatch, QueryBackend, QueryOptions } from "../backends/types.ts";
import type {
  Assessment,
  CanaryReport,
  CriterionResult,
  History,
  InputReport,
  VerificationRate,
} from "../core/assessment.ts";
import { mapConcurrent } from "../core/concurrent.ts";
import { IncompleteDataError, ZtlensError } from "../core/errors.ts";
import { PILLARS, type Pillar } from "../core/maturity.ts";
import { packageVersion } from "../core/package.ts";
import { formatDatetime, millisecondsOfTicks } from "../core/ticks.ts";
import { inTimeOrder } from "../packs/statements.ts";
import type { Packs, SignalPack } from "../packs/types.ts";
import { Lineage } from "../signals/lineage.ts";
import { alignByTime } from "../signals/merge.ts";
import { askedQueries } from "./asked.ts";
import { availability, requirementText, tableStates } from "./availability.ts";
import { type Configuration, configure, DEFAULTS } from "./config.ts";
import { evaluateCriterion } from "./criterion.ts";
import { assessHistory } from "./history.ts";
import { columnsIn, lackOf, measure, type TableStates, truncatedIn, windowOf } from "./measure.ts";
import { evaluatePillar } from "./pillar.ts";
import { assessScopes, type ScopeRequest } from "./scopes.ts";
import { Timeline } from "./timeline.ts";
import type { CriterionDefinition } from "./types.ts";

export interface AssessOptions {
  readonly packs: Packs;
  readonly analyzer: Analyzer;
  /** A second, equal analyzer that also sees synthetic attacks; what it says goes into the self-test alone. */
  readonly shadow?: Analyzer;
  /** The moment that is assessed, in ticks. Default: the newest TimeGenerated of the tables that the packs use. */
  readonly asOf?: bigint;
  readonly configuration?: Configuration;
  readonly inputs?: readonly InputReport[];
  /** At most so many days are looked at, whatever a pack asks for. */
  readonly lastDays?: number;
  /** Also assesses every earlier moment that lies a whole number of these steps (ticks) before, as far as data reach. */
  readonly historyStep?: bigint;
  /** Parts of the organisation that are assessed on their own too. */
  readonly scopes?: readonly ScopeRequest[];
  /** Told before each step, with what is done and how many steps there are. */
  readonly onStep?: (label: string, done: number, total: number) => void;
}

/** Who hears the events of a run. */
interface Listeners {
  readonly analyzer: Analyzer;
  readonly lineage: Lineage;
  readonly timeline: Timeline;
  readonly test: SelfTest | undefined;
}

interface SelfTest {
  readonly shadow: Analyzer;
  readonly canaries: readonly Canary[];
}

export type Tables = Awaited<ReturnType<QueryBackend["tables"]>>;

export type PillarCriterion = CriterionResult & { readonly pillar: Pillar };

/** One assessment while it is made. */
export interface Run {
  readonly backend: QueryBackend;
  readonly packs: Packs;
  readonly asOf: bigint;
  readonly states: TableStates;
  readonly configuration: Configuration;
  readonly steps: (label: string) => void;
  /** Days that the result says it looks at. */
  readonly days: number;
}

const DEFAULT_WINDOW = 30;

/** The main job: criteria and signals of every pillar over one backend, as of one moment. */
export async function assess(backend: QueryBackend, options: AssessOptions): Promise<Assessment> {
  const { analyzer } = options;
  const tables = await backend.tables();
  const run = beginRun(backend, tables, options);
  const timeline = new Timeline(run.asOf, options.historyStep);
  const criteria = await judgeAll(run);
  const parts = options.scopes && (await assessScopes(options.scopes, run));
  const warnings: string[] = [...(parts?.problems ?? [])];
  const lineage = new Lineage();
  const test = options.shadow && { shadow: options.shadow, canaries: canaries(Number(millisecondsOfTicks(run.asOf))) };
  for (const [pillar, own] of Map.groupBy(run.packs.signals, (pack) => pack.pillar)) {
    for (const { id } of own) run.steps(id);
    await analyze(
      pillar,
      own.map((pack) => events(pack, run, warnings)),
      { analyzer, lineage, timeline, test },
    );
  }
  warnings.push(...lineageWarnings(lineage));
  analyzer.finish();
  test?.shadow.finish();
  const result = conclude(run, {
    criteria,
    warnings,
    analyzer,
    verification: analyzer.verification(),
    inputs: options.inputs ?? [],
  });
  const step = options.historyStep;
  return {
    ...result,
    ...(parts && { scopes: parts.scopes }),
    ...(test && { canary: selfTest(analyzer, test) }),
    ...(step !== undefined && earlier(await assessHistory({ ...run, tables, timeline, step }))),
  };
}

/** What a history adds to a result: all of it, and what charts need of the moments before this one. */
function earlier(timeTravel: History): Pick<Assessment, "timeTravel" | "history"> {
  const history = timeTravel.steps.slice(0, -1).map(({ asOf, pillars }) => ({
    asOf,
    pillars: pillars.map(({ pillar, stage, continuousVerification: { rate } }) => ({ pillar, stage, rate })),
    criteria: pillars.flatMap((own) =>
      own.criteria.map(({ id, state, stage, value }) => ({ id, state, stage, value })),
    ),
  }));
  return { timeTravel, history };
}

/** Fixes the moment, the packs and what is known about their tables. Throws `IncompleteDataError` where nothing is. */
export function beginRun(backend: QueryBackend, tables: Tables, options: Omit<AssessOptions, "analyzer">): Run {
  const { configuration = DEFAULTS, lastDays = Number.POSITIVE_INFINITY } = options;
  const within = <T extends { readonly window: number }>(pack: T): T => ({
    ...pack,
    window: Math.min(pack.window, lastDays),
  });
  const packs: Packs = {
    criteria: options.packs.criteria.map(within),
    signals: options.packs.signals.map(within),
  };
  const asOf = options.asOf ?? newestOf(tables, packs);
  const states = {
    ...tableStates(tables, asOf, configuration.quietDays),
    columns: columnsIn(tables),
    truncated: truncatedIn(tables),
  };
  const passes = options.historyStep === undefined ? 1 : 2;
  const steps = stepCounter(passes * packs.criteria.length + packs.signals.length, options.onStep);
  return { backend, packs, asOf, states, configuration, steps, days: Math.min(DEFAULT_WINDOW, lastDays) };
}

/** Asks every criterion, as many at a time as the backend likes. */
export function judgeAll(run: Run): Promise<PillarCriterion[]> {
  const definitions = configure(run.packs.criteria, run.configuration);
  return mapConcurrent(definitions, run.backend.concurrency ?? 1, async (definition) => {
    run.steps(definition.id);
    return { ...(await judge(definition, run)), pillar: definition.pillar };
  });
}

function stepCounter(total: number, onStep: AssessOptions["onStep"]): (label: string) => void {
  let done = 0;
  return (label) => onStep?.(label, done++, total);
}

function newestOf(tables: Tables, packs: Packs): bigint {
  const used = new Set([...packs.criteria, ...packs.signals].flatMap((pack) => pack.tables.flat()));
  const newest = (names: Iterable<string>): bigint | undefined =>
    [...names]
      .flatMap((name) => tables.get(name)?.newest ?? [])
      .reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
  const found = newest(used) ?? newest(tables.keys());
  if (found === undefined)
    throw new IncompleteDataError("No row with a TimeGenerated was found: there is nothing to assess.");
  return found;
}

async function judge(definition: CriterionDefinition, run: Run): Promise<CriterionResult> {
  const context = { asOf: formatDatetime(run.asOf), exceptions: run.configuration.exceptions };
  return evaluateCriterion(definition, await measure(definition, run, true), context);
}

/** Why a signal pack has no events, or undefined where it can be asked. */
export function silenceOf(pack: SignalPack, { backend, states }: Run): string | undefined {
  const lacking = lackOf(pack, backend);
  if (lacking !== undefined) return `${pack.id}: no events: ${lacking}.`;
  const { absent } = availability(pack.tables, states);
  return absent.length > 0
    ? `${pack.id}: no events, because ${absent.map(requirementText).join(", ")} is absent.`
    : undefined;
}

/** Feeds one pillar's events to the analyzer, all its queries in one order of time; to a self-test also its canaries. */
async function analyze(
  pillar: Pillar,
  streams: readonly AsyncIterable<ColumnBatch>[],
  { analyzer, lineage, timeline, test }: Listeners,
): Promise<void> {
  const feed = test && new CanaryFeed(test.canaries, pillar);
  for await (const group of alignByTime(streams, timeline.ends)) {
    const batches = lineage.trace(pillar, group);
    timeline.before(pillar, batches, analyzer);
    analyzer.pushAligned(pillar, batches);
    const extra = feed?.upTo(newestIn(batches), batches);
    test?.shadow.pushAligned(pillar, extra ? [...batches, extra] : batches);
  }
  timeline.close(pillar, analyzer);
}

function newestIn(batches: readonly ColumnBatch[]): number {
  const last = batches.map(({ columns, rowCount }) => Date.parse(String(columns.get("TimeGenerated")?.[rowCount - 1])));
  return Math.max(...last.filter((time) => !Number.isNaN(time)));
}

/** The batches of one signal query; it ends early, with a warning, where they cannot be read. */
async function* events(pack: SignalPack, run: Run, warnings: string[]): AsyncGenerator<ColumnBatch> {
  const { backend, asOf } = run;
  const silence = silenceOf(pack, run);
  if (silence !== undefined) {
    warnings.push(silence);
    return;
  }
  const options: QueryOptions = { now: asOf, timespan: windowOf(asOf, pack.window) };
  try {
    yield* backend.stream(inTimeOrder(pack.query), options);
  } catch (error) {
    if (!(error instanceof ZtlensError)) throw error;
    warnings.push(`${pack.id}: the events could not be read: ${error.message}`);
  }
}

function analyzerWarnings(analyzer: Analyzer): string[] {
  return [...analyzer.accounts()].flatMap(([pillar, { rows, rejected, late, problems }]) => [
    ...(rejected > 0
      ? [`${pillar}: ${rejected} of ${rows} events were not usable; first: ${problems[0]?.message ?? "no reason"}`]
      : []),
    ...(late > 0 ? [`${pillar}: ${late} of ${rows} events came too late for the detectors.`] : []),
  ]);
}

/** Too many sign-ins to remember them all leave the calls of the oldest ones unknown. */
export const lineageWarnings = (lineage: Lineage): string[] => {
  const { forgotten } = lineage.counts();
  return forgotten === 0
    ? []
    : [`The sign-ins of ${forgotten} tokens or sessions were forgotten: calls that carry them inherit nothing.`];
};

function selfTest(analyzer: Analyzer, { shadow, canaries: all }: SelfTest): CanaryReport {
  const pillars = new Set(analyzer.verification().keys());
  return canaryReport(all, pillars, shadow.anomalies, analyzer.anomalies);
}

const NO_EVENTS: VerificationRate = { verified: 0, failed: 0, unknown: 0, rate: null, low: null, high: null };

interface Findings {
  readonly criteria: readonly PillarCriterion[];
  readonly warnings: readonly string[];
  readonly analyzer: Analyzer;
  readonly verification: ReadonlyMap<Pillar, VerificationRate>;
  readonly inputs: readonly InputReport[];
}

/** The result of a run from what was found. */
export function conclude(run: Run, { criteria, warnings, analyzer, verification, inputs }: Findings): Assessment {
  const trust = analyzer.trust();
  const window = windowOf(run.asOf, run.days);
  return {
    asOf: formatDatetime(run.asOf),
    window: { start: formatDatetime(window.start), end: formatDatetime(run.asOf) },
    tool: { name: "ztlens", version: packageVersion() },
    pillars: PILLARS.map((pillar) => {
      const own = criteria.filter((criterion) => criterion.pillar === pillar).map(({ pillar: _, ...rest }) => rest);
      const known = trust.get(pillar);
      const result = evaluatePillar(pillar, own, verification.get(pillar) ?? NO_EVENTS);
      return known ? { ...result, trust: known } : result;
    }),
    anomalies: analyzer.anomalies,
    findings: analyzer.findings,
    queries: askedQueries(
      run.packs.criteria,
      criteria,
      run.packs.signals.filter((pack) => silenceOf(pack, run) === undefined),
    ),
    inputs,
    warnings: [...(run.states.unreadable?.values() ?? []), ...warnings, ...analyzerWarnings(analyzer)],
  };
}
