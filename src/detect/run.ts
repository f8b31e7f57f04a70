import type { EmbeddedBackend } from "../backends/embedded/backend.ts";
import type { RuleCoverage } from "../core/alert.ts";
import { UsageError } from "../core/errors.ts";
import type { Timespan } from "../core/kusto.ts";
import type { CompiledQuery, Schema } from "../kql/types.ts";
import { compileWindows, type WindowedQuery } from "../kql/windows.ts";
import type { AnalyticRule } from "../packs/rules/types.ts";
import { CommonRows } from "./common.ts";
import { AlertRaiser, isTriggered, type RaisedAlert } from "./raise.ts";
import { resultsOf, windowsAtOnce } from "./results.ts";
import { partialRuns, type Schedule, type ScheduleOptions, scheduleOf } from "./schedule.ts";
import { type LoadedTables, missingTables } from "./tables.ts";

export interface RunOptions extends ScheduleOptions {
  readonly backend: EmbeddedBackend;
  /** Tell what a run finds again inside the window of an earlier alert. */
  readonly keepRepeats?: boolean;
}

export interface RuleRun {
  readonly alerts: readonly RaisedAlert[];
  readonly coverage: RuleCoverage;
}

/** Runs more than these come from a time that no log has, such as the year 1601. */
const MOST_RUNS = 5_000_000;

export interface Environment {
  readonly options: RunOptions;
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

/** What became of a rule. */
type Outcome = Partial<RuleCoverage>;

/** A rule that is understood and whose tables have rows. */
interface Ready {
  readonly rule: AnalyticRule;
  readonly schedule: Schedule;
  /** Absent where every window is compiled on its own. */
  readonly query?: WindowedQuery;
  /** The widest table of those read, in rows. */
  readonly largest: number;
  readonly found: Outcome;
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/**
 * Runs rules that may have some of their work in common. A rule that cannot run stops no other. Tells of each rule as
 * soon as it has run, by its place.
 */
export async function runRules(
  rules: readonly AnalyticRule[],
  environment: Environment,
  tell: (place: number, run: RuleRun) => void,
): Promise<void> {
  const compiled = rules.map((rule) => timed(() => prepare(rule, environment)));
  const statements = compiled.flatMap(({ value }) => ("ready" in value ? statementsOf(value.ready) : []));
  const common = new CommonRows(environment.options.backend, statements);
  try {
    for (const [place, { value, milliseconds }] of compiled.entries()) {
      const started = performance.now();
      const { outcome, alerts } = "ready" in value ? await run(value.ready, environment, common) : value;
      const spent = Math.round(milliseconds + performance.now() - started);
      const coverage = coverageOf(rules[place] as AnalyticRule, { ...outcome, milliseconds: spent });
      tell(place, { alerts, coverage });
    }
  } finally {
    await common.clear();
  }
}

function timed<T>(make: () => T): { readonly value: T; readonly milliseconds: number } {
  const started = performance.now();
  const value = make();
  return { value, milliseconds: performance.now() - started };
}

interface Finished {
  readonly outcome: Outcome;
  readonly alerts: readonly RaisedAlert[];
}

const finished = (outcome: Outcome, alerts: readonly RaisedAlert[] = []): Finished => ({ outcome, alerts });

function prepare(rule: AnalyticRule, environment: Environment): Finished | { readonly ready: Ready } {
  const { schema, loaded } = environment;
  if (!rule.enabled) return finished({ outcome: "disabled", reason: "The rule is switched off." });
  const missing = isTriggered(rule, 0) ? undefined : missingTables(rule.query, schema, loaded);
  if (missing) return finished(noData(missing, missing, schema));
  try {
    return compile(rule, environment);
  } catch (error) {
    return finished({ outcome: "error", reason: reasonOf(error) });
  }
}

/** The statement of all windows, where there is one. */
function statementsOf({ query, schedule, largest }: Ready): CompiledQuery[] {
  const { count } = schedule;
  return query?.over && windowsAtOnce(schedule, largest) === count ? [query.over(0, count)] : [];
}

async function run(ready: Ready, environment: Environment, common: CommonRows): Promise<Finished> {
  const { rule, schedule, found } = ready;
  const { options, loaded } = environment;
  const raiser = new AlertRaiser(rule, schedule, {
    span: loaded.span,
    ...(options.keepRepeats !== undefined && { keepRepeats: options.keepRepeats }),
  });
  try {
    await raise(ready, raiser, environment, common);
  } catch (error) {
    return finished({ outcome: "error", reason: reasonOf(error) });
  }
  const counts = { runs: schedule.count, partialRuns: partialRuns(schedule, loaded.span) };
  return finished({ ...found, ...counts, alerts: raiser.alerts.length, repeats: raiser.repeats }, raiser.alerts);
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

function compile(rule: AnalyticRule, environment: Environment): Finished | { readonly ready: Ready } {
  const { options, span, schema, loaded } = environment;
  const schedule = checked(scheduleOf(rule, span, options));
  const compiled = compileWindows(rule.query, { schema, windows: schedule });
  if (compiled.kind === "refused") {
    const [first] = compiled.diagnostics;
    const { line, column } = rule.queryPosition;
    const at = `${rule.file}:${line + (first?.line ?? 1) - 1}:${column + (first?.column ?? 1) - 1}`;
    const outcome = compiled.unsupported.length > 0 ? "unsupported" : "error";
    return finished({ outcome, reason: `${at}: ${first?.message ?? ""}` });
  }
  const query = compiled.kind === "windowed" ? compiled.query : undefined;
  const found = query ? readsOf(query) : {};
  if (query?.isEmpty && !isTriggered(rule, 0))
    return finished({ ...found, ...noData(found.tables ?? [], found.absentTables ?? [], schema) });
  const tables = query ? [...query.reads.keys()] : [...loaded.rows.keys()];
  const largest = Math.max(0, ...tables.map((table) => loaded.rows.get(table) ?? 0));
  return { ready: { rule, schedule, largest, found, ...(query && { query }) } };
}

function checked(schedule: Schedule): Schedule {
  if (schedule.count <= MOST_RUNS) return schedule;
  throw new UsageError(`The data spans ${schedule.count} runs: bound it with --from and --to.`);
}

/** Feeds every run to the raiser: where a run without rows raises an alert, those too. */
async function raise(
  { rule, schedule, query, largest }: Ready,
  raiser: AlertRaiser,
  { options, schema }: Environment,
  common: CommonRows,
): Promise<void> {
  const results = resultsOf(query, {
    backend: options.backend,
    schema,
    schedule,
    text: rule.query,
    largest,
    common,
    isSuppressed: (at) => raiser.isSuppressed(at),
  });
  const fromNothing = isTriggered(rule, 0);
  let next = 0;
  const passOver = (end: number): void => {
    for (; fromNothing && next < end; next++) raiser.add(next, []);
  };
  for await (const { run: at, rows } of results) {
    passOver(at);
    raiser.add(at, rows);
    next = at + 1;
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
