import type { QueryBackend, TableInfo } from "../backends/types.ts";
import type { CriterionStep, History, HistoryStep, Outlook, PillarStep } from "../core/assessment.ts";
import { mapConcurrent } from "../core/concurrent.ts";
import { PILLARS, type Stage } from "../core/maturity.ts";
import { formatDatetime, millisecondsOfTicks, parseIsoDatetime, TICKS_PER_DAY } from "../core/ticks.ts";
import { tableStates } from "./availability.ts";
import { type Configuration, configure } from "./config.ts";
import { evaluateCriterion } from "./criterion.ts";
import { forecast } from "./forecast.ts";
import { gatesOf } from "./gates.ts";
import { confirmStages } from "./hysteresis.ts";
import { columnsIn, measure, type TableStates, truncatedIn } from "./measure.ts";
import { organisationStage } from "./organisation.ts";
import { pillarStage } from "./pillar.ts";
import { nextThreshold } from "./thresholds.ts";
import { MAX_STEPS, type Timeline } from "./timeline.ts";
import type { CriterionDefinition } from "./types.ts";

export interface HistoryOptions {
  readonly backend: QueryBackend;
  readonly tables: ReadonlyMap<string, TableInfo>;
  readonly packs: { readonly criteria: readonly CriterionDefinition[] };
  readonly configuration: Configuration;
  readonly asOf: bigint;
  /** Ticks between two moments. */
  readonly step: bigint;
  readonly timeline: Timeline;
  readonly steps: (label: string) => void;
}

/** Criteria that are asked beside each other: most of a small statement is its planning, which uses one core. */
const BESIDE = 2;
const WEEK = 7n * TICKS_PER_DAY;

/** Table → newest TimeGenerated and rows per step, oldest first. */
type Occupancy = ReadonlyMap<
  string,
  readonly { readonly end: bigint; readonly rows: number; readonly newest: bigint }[]
>;

const tablesOf = (definitions: readonly CriterionDefinition[]): string[] =>
  [...new Set(definitions.flatMap(({ tables }) => tables.flat()))].sort();

/** When which table had rows, in one query: what a moment can know depends on what had been written by then. */
async function occupancy({ backend, tables: known, packs, asOf, step }: HistoryOptions): Promise<Occupancy> {
  const tables = tablesOf(packs.criteria).filter((table) => known.has(table));
  const origin = `bin_at(TimeGenerated, ${step}tick, datetime(${formatDatetime(asOf + 1n)}))`;
  const legs = tables.map(
    (table) =>
      `(${table} | summarize Rows = count(), Newest = max(TimeGenerated) by Begin = ${origin} | extend Table = "${table}")`,
  );
  const found = new Map<string, { end: bigint; rows: number; newest: bigint }[]>();
  if (legs.length === 0) return found;
  const timespan = { start: asOf - BigInt(MAX_STEPS) * step, end: asOf + 1n };
  const text = `union ${legs.join(", ")}\n| project Table, Begin, Rows, Newest\n| sort by Begin asc, Table asc`;
  const { rows } = await backend.query(text, { now: asOf, timespan });
  for (const [table, begin, count, newest] of rows) {
    const [start, last] = [parseIsoDatetime(String(begin)), parseIsoDatetime(String(newest))];
    if (start === undefined || last === undefined) continue;
    const own = found.get(String(table)) ?? [];
    found.set(String(table), [...own, { end: start + step - 1n, rows: Number(count), newest: last }]);
  }
  return found;
}

/** The tables as they stood at a moment. */
function statesAt(occupied: Occupancy, moment: bigint, { tables, configuration }: HistoryOptions): TableStates {
  const infos = [...occupied].flatMap(([table, steps]) => {
    const until = steps.filter(({ end }) => end <= moment);
    const last = until.at(-1);
    return last ? [[table, { rows: last.rows, newest: last.newest }] as const] : [];
  });
  return {
    ...tableStates(new Map(infos), moment, configuration.quietDays),
    columns: columnsIn(tables),
    truncated: truncatedIn(tables),
  };
}

function momentsOf(occupied: Occupancy, { asOf, step }: HistoryOptions): bigint[] {
  const [first = asOf] = [...occupied.values()]
    .flatMap(([oldest]) => oldest?.end ?? [])
    .sort((a, b) => (a < b ? -1 : 1));
  const count = Math.min(MAX_STEPS, Number((asOf - first) / step) + 1);
  return Array.from({ length: count }, (_, i) => asOf - BigInt(count - 1 - i) * step);
}

type Judged = CriterionStep & { readonly requiredFrom: CriterionDefinition["stage"] };

/** One criterion at every moment. The text stays the same, so that a backend can keep what it has worked out of it. */
async function along(
  definition: CriterionDefinition,
  moments: readonly { readonly asOf: bigint; readonly states: TableStates }[],
  { backend, configuration }: HistoryOptions,
): Promise<Judged[]> {
  const steps: Judged[] = [];
  for (const { asOf, states } of moments) {
    const context = { asOf: formatDatetime(asOf), exceptions: configuration.exceptions };
    const measured = await measure(definition, { backend, asOf, states, repeats: moments.length > 1 }, false);
    const { id, stage, state, numerator, denominator, value, low, high, requiredFrom } = evaluateCriterion(
      definition,
      measured,
      context,
    );
    steps.push({ id, stage, state, numerator, denominator, value, low, high, requiredFrom });
  }
  return steps;
}

/**
 * The stage of every pillar and the state of every criterion at earlier moments, each as it would have been assessed
 * then: with the window that ended there, and with the tables that had rows by then. Offenders are not asked for, so
 * exceptions on single entities do not count here.
 */
export async function assessHistory(options: HistoryOptions): Promise<History> {
  const { packs, configuration, timeline, step } = options;
  const occupied = await occupancy(options);
  const moments = momentsOf(occupied, options).map((asOf) => ({
    asOf,
    states: statesAt(occupied, asOf, options),
  }));
  const columns = await mapConcurrent(configure(packs.criteria, configuration), BESIDE, async (definition) => {
    options.steps(`history of ${definition.id}`);
    return { definition, steps: await along(definition, moments, options) };
  });
  const steps = moments.map(({ asOf }, i): HistoryStep => {
    const end = formatDatetime(asOf);
    const pillars = PILLARS.map((pillar): PillarStep => {
      const own = columns
        .filter(({ definition }) => definition.pillar === pillar)
        .flatMap((column) => column.steps[i] ?? []);
      const { stage, blockedBy } = pillarStage(own);
      const criteria = own.map(({ requiredFrom: _, ...rest }) => rest);
      return {
        pillar,
        stage,
        confirmed: stage,
        blockedBy,
        continuousVerification: timeline.rate(pillar, end),
        criteria,
      };
    });
    const gates = gatesOf(
      columns.flatMap(({ definition: { pillar, gate }, steps: own }) =>
        own.slice(i, i + 1).map((step) => ({ ...step, pillar, ...(gate && { gate }) })),
      ),
    );
    return { asOf: end, stage: organisationStage(pillars, gates).stage, pillars };
  });
  return { step: Number(step / 10_000n), steps: confirmed(steps, step), outlooks: outlooksOf(columns, moments) };
}

/** Hysteresis over weekly buckets, counted back from the last moment: a stage does not flap with a single day. */
function confirmed(steps: readonly HistoryStep[], step: bigint): HistoryStep[] {
  const perWeek = Math.max(1, Number(WEEK / step));
  const isBucket = (i: number): boolean => (steps.length - 1 - i) % perWeek === 0;
  const buckets = steps.filter((_, i) => isBucket(i));
  const stages = new Map(
    PILLARS.map((pillar, p) => [
      pillar,
      confirmStages(buckets.map(({ pillars }) => pillars[p]?.stage ?? "not_assessable")),
    ]),
  );
  return steps.map((own, i) => {
    const bucket = Math.floor((buckets.length * perWeek - (steps.length - i)) / perWeek);
    const stageOf = (pillar: PillarStep["pillar"]): Stage => stages.get(pillar)?.[bucket] ?? "not_assessable";
    return { ...own, pillars: own.pillars.map((entry) => ({ ...entry, confirmed: stageOf(entry.pillar) })) };
  });
}

/** Moments that a forecast learns from at most: it is cubic in their number. */
const MOST_OBSERVED = 40;

/** When each criterion reaches its next threshold if its trend holds, or why nothing is forecast. */
function outlooksOf(
  columns: readonly { readonly definition: CriterionDefinition; readonly steps: readonly CriterionStep[] }[],
  moments: readonly { readonly asOf: bigint }[],
): Outlook[] {
  const every = Math.ceil(moments.length / MOST_OBSERVED);
  const isObserved = (_: unknown, i: number): boolean => (moments.length - 1 - i) % every === 0;
  return columns.flatMap(({ definition, steps }): Outlook[] => {
    const last = steps.at(-1);
    const next = last && last.value !== null ? nextThreshold(definition, last.stage) : undefined;
    if (!next) return [];
    const observed = steps
      .map(({ value }, i) => ({ time: millisecondsOfTicks(moments[i]?.asOf ?? 0n), value }))
      .filter(isObserved);
    const outlook = forecast(observed, definition.direction, next.threshold);
    const base = { criterion: definition.id, ...next };
    if ("none" in outlook) return [{ ...base, reaches: null, reason: outlook.none }];
    const { reaches, earliest, latest, perWeek, skill, trials } = outlook.forecast;
    const date = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
    return [
      { ...base, reaches: date(reaches), earliest: date(earliest), latest: date(latest), perWeek, skill, trials },
    ];
  });
}
