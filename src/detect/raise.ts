import { createHash } from "node:crypto";
import type { Alert, AlertRow } from "../core/alert.ts";
import type { Timespan, Value } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";
import { formatDatetime } from "../core/ticks.ts";
import type { AnalyticRule, TriggerOperator } from "../packs/rules/types.ts";
import { entitiesOf, entitiesOfRow, entityKey, mappingsOf } from "./entities.ts";
import { detailsOf } from "./overrides.ts";
import { endOf, type Schedule, windowOf } from "./schedule.ts";

/** Alerts per run of a rule that raises one per result: the last of them holds what is left. */
const MAX_PER_RUN = { Scheduled: 150, NRT: 30 } as const;
/** Rows that an alert keeps. */
const MAX_ROWS = 1000;

const TRIGGERS: Readonly<Record<TriggerOperator, (count: number, threshold: number) => boolean>> = {
  gt: (count, threshold) => count > threshold,
  lt: (count, threshold) => count < threshold,
  eq: (count, threshold) => count === threshold,
  ne: (count, threshold) => count !== threshold,
};

export const isTriggered = ({ trigger }: AnalyticRule, count: number): boolean =>
  TRIGGERS[trigger.operator](count, trigger.threshold);

/** An alert before the incidents are known. */
export type RaisedAlert = Omit<Alert, "incident">;

export interface RaiseOptions {
  readonly span: Timespan;
  /** Tell what a run finds again inside the window of an earlier alert, as Sentinel does. */
  readonly keepRepeats?: boolean;
}

interface Open {
  readonly end: bigint;
  readonly alert: { repeats: number };
}

/** Turns the results of a rule's runs into alerts, in the order of the runs. */
export class AlertRaiser {
  readonly alerts: (RaisedAlert & { repeats: number })[] = [];
  repeats = 0;
  readonly #rule: AnalyticRule;
  readonly #schedule: Schedule;
  readonly #options: RaiseOptions;
  readonly #mappings;
  /** What earlier alerts told, by the entities or the content of a row. */
  readonly #told = new Map<string, Open>();
  #suppressedUntil: bigint | undefined;

  constructor(rule: AnalyticRule, schedule: Schedule, options: RaiseOptions) {
    this.#rule = rule;
    this.#schedule = schedule;
    this.#options = options;
    this.#mappings = mappingsOf(rule);
  }

  /** Whether the rule rests at a run because of an earlier alert: its query is not run then. */
  isSuppressed(run: number): boolean {
    return this.#suppressedUntil !== undefined && endOf(this.#schedule, run) < this.#suppressedUntil;
  }

  /** The result of a run. Runs come in order. */
  add(run: number, rows: readonly AlertRow[]): void {
    if (this.isSuppressed(run) || !isTriggered(this.#rule, rows.length)) return;
    const { suppression } = this.#rule;
    if (suppression !== undefined) this.#suppressedUntil = endOf(this.#schedule, run) + suppression;
    for (const group of this.#groups(rows)) this.#raise(run, group);
  }

  #groups(rows: readonly AlertRow[]): (readonly AlertRow[])[] {
    const limit = MAX_PER_RUN[this.#rule.kind];
    if (this.#rule.grouping === "SingleAlert" || rows.length === 0) return [rows];
    if (rows.length <= limit) return rows.map((row) => [row]);
    return [...rows.slice(0, limit - 1).map((row) => [row]), rows.slice(limit - 1)];
  }

  #raise(run: number, rows: readonly AlertRow[]): void {
    const window = windowOf(this.#schedule, run);
    const keys = this.#keysOf(rows);
    const open = keys.map((key) => this.#told.get(key));
    const known = open.every((told): told is Open => told !== undefined && told.end > window.start);
    const [first] = open;
    if (known && first) {
      first.alert.repeats++;
      this.repeats++;
      if (this.#options.keepRepeats !== true) return;
    }
    const alert = this.#alertOf(window, rows);
    this.alerts.push(alert);
    if (known && first) return;
    for (const key of keys) this.#told.set(key, { end: window.end, alert });
  }

  /** What makes rows the same finding: their entities, or their content where the rule maps none. */
  #keysOf(rows: readonly AlertRow[]): string[] {
    if (rows.length === 0) return [""];
    const keys = rows.map((row) => {
      const entities = entitiesOfRow(this.#mappings, row);
      return entities.length > 0 ? entities.map(entityKey).join("\0\0") : jsonLine(row);
    });
    return [...new Set(keys)];
  }

  #alertOf(window: Timespan, rows: readonly AlertRow[]): RaisedAlert & { repeats: number } {
    const rule = this.#rule;
    const { entities, omitted } = entitiesOf(this.#mappings, rows);
    const { severity, ...details } = detailsOf(rule, rows[0]);
    const windowStart = formatDatetime(window.start < 0n ? 0n : window.start);
    return {
      ruleId: rule.id,
      ruleName: rule.name,
      severity,
      windowStart,
      windowEnd: formatDatetime(window.end),
      rowCount: rows.length,
      entities,
      rows: rows.slice(0, MAX_ROWS),
      id: alertId(rule.id, windowStart, rows),
      ...details,
      customDetails: customDetailsOf(rule, rows),
      repeats: 0,
      partialLookback: window.start < this.#options.span.start,
      rowsOmitted: Math.max(0, rows.length - MAX_ROWS),
      entitiesOmitted: omitted,
    };
  }
}

function alertId(ruleId: string, windowStart: string, rows: readonly AlertRow[]): string {
  const hash = createHash("sha256").update(`${ruleId}\n${windowStart}\n`);
  for (const row of rows) hash.update(jsonLine(row));
  return hash.digest("hex").slice(0, 32);
}

/** The distinct values of each custom detail's column. */
function customDetailsOf(rule: AnalyticRule, rows: readonly AlertRow[]): Record<string, readonly Value[]> {
  const details: Record<string, readonly Value[]> = {};
  for (const [key, column] of Object.entries(rule.customDetails)) {
    const values = new Map<string, Value>();
    for (const row of rows) {
      const value = row[column];
      if (value !== undefined && value !== null && value !== "") values.set(jsonLine(value), value);
    }
    details[key] = [...values.values()].slice(0, MAX_ROWS);
  }
  return details;
}
