import { availableParallelism } from "node:os";
import type { Detection } from "../core/alert.ts";
import { UsageError } from "../core/errors.ts";
import { formatDatetime } from "../core/ticks.ts";
import type { Schema } from "../kql/types.ts";
import type { AnalyticRule } from "../packs/rules/types.ts";
import { familiesOf } from "./common.ts";
import { toIncidents } from "./incidents.ts";
import { type RuleRun, type RunOptions, runRules } from "./run.ts";
import { loadedTables } from "./tables.ts";

export interface DetectOptions extends RunOptions {
  readonly rules: readonly AnalyticRule[];
  /** What the rules may name; default: the backend's tables, with undescribed ones open. */
  readonly schema?: Schema;
  /** Bounds of the time that the rules run over; default: that of the rows. */
  readonly from?: bigint;
  readonly to?: bigint;
  readonly onRule?: (done: number, rule: AnalyticRule) => void;
}

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
  const families = familiesOf(options.rules);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let family = families[next++]; family; family = families[next++]) {
      const places = family;
      const rules = places.map((place) => options.rules[place] as AnalyticRule);
      await runRules(rules, { options, loaded, span, schema }, (i, run) => {
        runs[places[i] ?? 0] = run;
        options.onRule?.(++done, rules[i] as AnalyticRule);
      });
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
