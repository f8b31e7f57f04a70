import { availableParallelism } from "node:os";
import type { EmbeddedBackend } from "../backends/embedded/backend.ts";
import type { Detection, RuleCoverage } from "../core/alert.ts";
import { UsageError } from "../core/errors.ts";
import type { Timespan } from "../core/kusto.ts";
import { formatDatetime } from "../core/ticks.ts";
import type { Schema } from "../kql/types.ts";
import { compileWindows, type WindowedQuery } from "../kql/windows.ts";
import type { AnalyticRule } from "../packs/rules/types.ts";
import { toIncidents } from "./incidents.ts";
import { AlertRaiser, isTriggered, type RaisedAlert } from "./raise.ts";
import { resultsOf } from "./results.ts";
import { partialRuns, type Schedule, type ScheduleOptions, scheduleOf } from "./schedule.ts";
import { type LoadedTables, loadedTables, missingTables } from "./tables.ts";

export interface DetectOptions extends ScheduleOptions {
  readonly rules: readonly AnalyticRule[];
  readonly backend: EmbeddedBackend;
  /** What the rules may name; default: the backend's tables, with undescribed ones open. */
  readonly schema?: Schema;
  /** Bounds of the time that the rules run over; default: that of the rows. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** Tell what a run finds again inside the window of an earlier alert. */
  readonly keepRepeats?: boolean;
  readonly onRule?: (done: number, rule: AnalyticRule) => void;
}

interface RuleRun {
  readonly alerts: readonly RaisedAlert[];
  readonly coverage: RuleCoverage;
}

/** Runs more than these come from a time that no log has, such as the year 1601. */
const MOST_RUNS = 5_000_000;

/**
 * Runs every rule on its own schedule over the time that the data spans. A rule that cannot run stops no other: what
 * became of each is in the coverage. Alerts come in the order of their windows' ends.
 */
export async function detect(options: DetectOptions): Promise<Detection> {
  const loaded = await loadedTables(options.backend);
  const span = { start: options.from ?? loaded.span.start, end: options.to ?? loaded.span.end };
  if (span.start >= span.end) throw new UsageError("The time to run over is empty: --from is not before --to.");
  const schema = options.schema ?? openSchema(options.backend.schema);
  const runs: RuleRun[] = new Array(options.rules.length);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < options.rules.length; i = next++) {
      const rule = options.rules[i] as AnalyticRule;
      runs[i] = await runRule(rule, { options, loaded, span, schema });
      options.onRule?.(++done, rule);
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, Math.min(4, availableParallelism())) }, work));
  const raised = runs
    .flatMap(({ alerts }) => alerts)
    .sort((a, b) => (a.windowEnd < b.windowEnd ? -1 : a.windowEnd > b.windowEnd ? 1 : 0));
  const rules = new Map(options.rules.map((rule) => [rule.id, rule]));
  return {
    ...toIncidents(raised, rules),
    coverage: runs.map(({ coverage }) => coverage),
    start: formatDatetime(span.start),
    end: formatDatetime(span.end),
  };
}

/** Tables and functions that nothing describes are empty ones: a rule over several sources still runs. */
export function openSchema(schema: Schema, functions: ReadonlyMap<string, string> = new Map()): Schema {
  const all = new Map([...(schema.functions ?? []), ...functions]);
  const opened = (source: Schema): Schema => ({
    table: (name) => source.table(name),
    names: () => source.names(),
    declared: (name) => source.declared?.(name),
    functions: all,
    watchlist: (alias) => source.watchlist?.(alias),
    external: (data) => source.external?.(data),
    open: true,
  });
  const whole = opened(schema);
  // What is the same stays the same object: the parser keeps what it knows of a schema.
  const reading = (text: string): Schema => {
    const own = schema.reading?.(text) ?? schema;
    return own === schema ? whole : opened(own);
  };
  return { ...whole, reading };
}

interface Environment {
  readonly options: DetectOptions;
  readonly loaded: LoadedTables;
  readonly span: Timespan;
  readonly schema: Schema;
}

const NOTHING = {
  outcome: "run",
  reason: "",
  tables: [],
  absentTables: [],
  runs: 0,
  partialRuns: 0,
  alerts: 0,
  repeats: 0,
  milliseconds: 0,
  notes: [],
} as const;

const coverageOf = (rule: AnalyticRule, found: Partial<RuleCoverage>): RuleCoverage => ({
  ruleId: rule.id,
  ruleName: rule.name,
  file: rule.file,
  severity: rule.severity,
  connectors: rule.connectors.map(({ id }) => id),
  tactics: rule.tactics,
  techniques: rule.techniques,
  ...NOTHING,
  ...found,
});

async function runRule(rule: AnalyticRule, environment: Environment): Promise<RuleRun> {
  const started = performance.now();
  const finish = (found: Partial<RuleCoverage>, alerts: readonly RaisedAlert[] = []): RuleRun => ({
    alerts,
    coverage: coverageOf(rule, { ...found, milliseconds: Math.round(performance.now() - started) }),
  });
  if (!rule.enabled) return finish({ outcome: "disabled", reason: "The rule is switched off." });
  const missing = isTriggered(rule, 0) ? undefined : missingTables(rule.query, environment.schema, environment.loaded);
  if (missing) return finish(noData(missing, missing, environment.schema));
  try {
    return await runCompiled(rule, environment, finish);
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return finish({ outcome: "error", reason });
  }
}

/** A name that nothing describes may be a table of the workspace, or a function or watchlist that was not given. */
function noData(tables: readonly string[], absent: readonly string[], schema: Schema): Partial<RuleCoverage> {
  const isKnown = (name: string): boolean => Boolean(schema.table(name) ?? schema.declared?.(name));
  const [known, unknown] = [absent.filter(isKnown), absent.filter((name) => !isKnown(name))];
  const reasons = [
    ...(known.length > 0 ? [`No rows in ${known.join(", ")}.`] : []),
    ...(unknown.length > 0 ? [`Neither rows nor a function for ${unknown.join(", ")}.`] : []),
  ];
  return { outcome: "no data", reason: reasons.join(" "), tables, absentTables: absent };
}

type Finish = (found: Partial<RuleCoverage>, alerts?: readonly RaisedAlert[]) => RuleRun;

async function runCompiled(rule: AnalyticRule, environment: Environment, finish: Finish): Promise<RuleRun> {
  const { options, span, schema, loaded } = environment;
  const schedule = checked(scheduleOf(rule, span, options));
  const compiled = compileWindows(rule.query, { schema, windows: schedule });
  if (compiled.kind === "refused") {
    const [first] = compiled.diagnostics;
    const { line, column } = rule.queryPosition;
    const at = `${rule.file}:${line + (first?.line ?? 1) - 1}:${column + (first?.column ?? 1) - 1}`;
    const outcome = compiled.unsupported.length > 0 ? "unsupported" : "error";
    return finish({ outcome, reason: `${at}: ${first?.message ?? ""}` });
  }
  const query = compiled.kind === "windowed" ? compiled.query : undefined;
  const found = query ? readsOf(query) : {};
  if (query?.isEmpty && !isTriggered(rule, 0))
    return finish({ ...found, ...noData(found.tables ?? [], found.absentTables ?? [], schema) });
  const raiser = new AlertRaiser(rule, schedule, {
    span: loaded.span,
    ...(options.keepRepeats !== undefined && { keepRepeats: options.keepRepeats }),
  });
  await raise(rule, schedule, query, raiser, environment);
  const counts = { runs: schedule.count, partialRuns: partialRuns(schedule, loaded.span) };
  return finish({ ...found, ...counts, alerts: raiser.alerts.length, repeats: raiser.repeats }, raiser.alerts);
}

function checked(schedule: Schedule): Schedule {
  if (schedule.count <= MOST_RUNS) return schedule;
  throw new UsageError(`The data spans ${schedule.count} runs: bound it with --from and --to.`);
}

/** Feeds every run to the raiser: where a run without rows raises an alert, those too. */
async function raise(
  rule: AnalyticRule,
  schedule: Schedule,
  query: WindowedQuery | undefined,
  raiser: AlertRaiser,
  { options, schema, loaded }: Environment,
): Promise<void> {
  const tables = query ? [...query.reads.keys()] : [...loaded.rows.keys()];
  const results = resultsOf(query, {
    backend: options.backend,
    schema,
    schedule,
    text: rule.query,
    largest: Math.max(0, ...tables.map((table) => loaded.rows.get(table) ?? 0)),
    isSuppressed: (run) => raiser.isSuppressed(run),
  });
  const fromNothing = isTriggered(rule, 0);
  let next = 0;
  const passOver = (end: number): void => {
    for (; fromNothing && next < end; next++) raiser.add(next, []);
  };
  for await (const { run, rows } of results) {
    passOver(run);
    raiser.add(run, rows);
    next = run + 1;
  }
  passOver(schedule.count);
}

function readsOf({ reads, absent, warnings }: WindowedQuery): Partial<RuleCoverage> {
  return {
    tables: [...new Set([...reads.keys(), ...absent])].sort(),
    absentTables: [...absent].sort(),
    notes: [...new Set(warnings.filter(({ code }) => code !== "KQL110").map(({ message }) => message))],
  };
}
