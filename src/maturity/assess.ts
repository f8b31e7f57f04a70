import type { Analyzer } from "../analyzer/analyzer.ts";
import type { ColumnBatch, QueryBackend, QueryOptions } from "../backends/types.ts";
import type { Assessment, CriterionResult, InputReport, VerificationRate } from "../core/assessment.ts";
import { IncompleteDataError, ZtlensError } from "../core/errors.ts";
import type { Timespan } from "../core/kusto.ts";
import { PILLARS, type Pillar } from "../core/maturity.ts";
import { packageVersion } from "../core/package.ts";
import { formatDatetime, TICKS_PER_DAY } from "../core/ticks.ts";
import { inTimeOrder } from "../packs/statements.ts";
import type { Packs, SignalPack } from "../packs/types.ts";
import { alignByTime } from "../signals/merge.ts";
import { availability, requirementText, tableStates } from "./availability.ts";
import { type Configuration, configure, DEFAULTS } from "./config.ts";
import { evaluateCriterion } from "./criterion.ts";
import { readCounts, readOffenders } from "./measurement.ts";
import { evaluatePillar } from "./pillar.ts";
import type { CriterionDefinition, Measurement } from "./types.ts";

export interface AssessOptions {
  readonly packs: Packs;
  readonly analyzer: Analyzer;
  /** The moment that is assessed, in ticks. Default: the newest TimeGenerated of the tables that the packs use. */
  readonly asOf?: bigint;
  readonly configuration?: Configuration;
  readonly inputs?: readonly InputReport[];
  /** Told before each step, with what is done and how many steps there are. */
  readonly onStep?: (label: string, done: number, total: number) => void;
}

type TableStates = Pick<Measurement, "presentTables" | "staleTables">;

interface Run {
  readonly backend: QueryBackend;
  readonly asOf: bigint;
  readonly states: TableStates;
  readonly configuration: Configuration;
}

const DEFAULT_WINDOW = 30;

/** The main job: criteria and signals of every pillar over one backend, as of one moment. */
export async function assess(backend: QueryBackend, options: AssessOptions): Promise<Assessment> {
  const { packs, analyzer, configuration = DEFAULTS } = options;
  const tables = await backend.tables();
  const asOf = options.asOf ?? newestOf(tables, packs);
  const run: Run = { backend, asOf, states: tableStates(tables, asOf, configuration.quietDays), configuration };
  const definitions = configure(packs.criteria, configuration);
  const steps = stepCounter(definitions.length + packs.signals.length, options.onStep);

  const criteria: (CriterionResult & { readonly pillar: Pillar })[] = [];
  for (const definition of definitions) {
    steps(definition.id);
    criteria.push({ ...(await judge(definition, run)), pillar: definition.pillar });
  }
  const warnings: string[] = [];
  for (const [pillar, own] of Map.groupBy(packs.signals, (pack) => pack.pillar)) {
    for (const { id } of own) steps(id);
    warnings.push(...(await analyze(pillar, own, run, analyzer)));
  }
  analyzer.finish();
  return summarize(run, options, criteria, [...warnings, ...analyzerWarnings(analyzer)]);
}

function stepCounter(total: number, onStep: AssessOptions["onStep"]): (label: string) => void {
  let done = 0;
  return (label) => onStep?.(label, done++, total);
}

function newestOf(tables: Awaited<ReturnType<QueryBackend["tables"]>>, packs: Packs): bigint {
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

/** The last `days` days, the assessed moment included. */
const windowOf = (asOf: bigint, days: number): Timespan => ({
  start: asOf - BigInt(days) * TICKS_PER_DAY,
  end: asOf + 1n,
});

async function judge(definition: CriterionDefinition, run: Run): Promise<CriterionResult> {
  const context = { asOf: formatDatetime(run.asOf), exceptions: run.configuration.exceptions };
  return evaluateCriterion(definition, await measure(definition, run), context);
}

async function measure(definition: CriterionDefinition, { backend, asOf, states }: Run): Promise<Measurement> {
  const nothing = { numerator: null, denominator: null, offenders: [], ...states };
  if (availability(definition.tables, states).absent.length > 0) return nothing;
  const options: QueryOptions = { now: asOf, timespan: windowOf(asOf, definition.window) };
  try {
    const counts = readCounts(await backend.query(definition.query, options));
    const offenders =
      definition.offendersQuery && hasFailures(definition, counts)
        ? readOffenders(await backend.query(definition.offendersQuery, options))
        : [];
    return { ...counts, ...states, offenders };
  } catch (error) {
    if (!(error instanceof ZtlensError)) throw error;
    const reasons = new Set([error.message, ...error.diagnostics.map(({ message }) => message)]);
    return { ...nothing, partial: [...reasons].join(" ") };
  }
}

function hasFailures({ direction }: CriterionDefinition, counts: ReturnType<typeof readCounts>): boolean {
  const { numerator, denominator, perStage } = counts;
  if (denominator === null || denominator === 0) return false;
  const numerators = [numerator, ...Object.values(perStage ?? {})].filter((value) => value !== null);
  return numerators.some((value) => (direction === "atLeast" ? value < denominator : value > 0));
}

/** Feeds one pillar's events to the analyzer, all its queries in one order of time. Answers what could not be read. */
async function analyze(pillar: Pillar, packs: readonly SignalPack[], run: Run, analyzer: Analyzer): Promise<string[]> {
  const warnings: string[] = [];
  const streams = packs.flatMap((pack) => {
    const { absent } = availability(pack.tables, run.states);
    if (absent.length === 0) return [events(pack, run, warnings)];
    warnings.push(`${pack.id}: no events, because ${absent.map(requirementText).join(", ")} is absent.`);
    return [];
  });
  for await (const batches of alignByTime(streams)) analyzer.pushAligned(pillar, batches);
  return warnings;
}

/** The batches of one signal query; it ends early, with a warning, where they cannot be read. */
async function* events(pack: SignalPack, { backend, asOf }: Run, warnings: string[]): AsyncGenerator<ColumnBatch> {
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

const NO_EVENTS: VerificationRate = { verified: 0, failed: 0, unknown: 0, rate: null, low: null, high: null };

function summarize(
  run: Run,
  { analyzer, inputs = [] }: AssessOptions,
  criteria: readonly (CriterionResult & { readonly pillar: Pillar })[],
  warnings: readonly string[],
): Assessment {
  const verification = analyzer.verification();
  const window = windowOf(run.asOf, DEFAULT_WINDOW);
  return {
    asOf: formatDatetime(run.asOf),
    window: { start: formatDatetime(window.start), end: formatDatetime(run.asOf) },
    tool: { name: "ztlens", version: packageVersion() },
    pillars: PILLARS.map((pillar) => {
      const own = criteria.filter((criterion) => criterion.pillar === pillar).map(({ pillar: _, ...rest }) => rest);
      return evaluatePillar(pillar, own, verification.get(pillar) ?? NO_EVENTS);
    }),
    anomalies: analyzer.anomalies,
    findings: analyzer.findings,
    inputs,
    warnings,
  };
}
