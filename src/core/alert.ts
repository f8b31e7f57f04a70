import type { Value } from "./kusto.ts";

export type AlertSeverity = "Informational" | "Low" | "Medium" | "High";

/** A Sentinel entity: its type and identifiers, such as Account with Name and UPNSuffix. */
export interface AlertEntity {
  readonly type: string;
  readonly identifiers: Readonly<Record<string, string>>;
}

export type AlertRow = Readonly<Record<string, Value>>;

/** What one run of an analytic rule raised. Times are ISO with 7 digits. */
export interface Alert {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly severity: AlertSeverity;
  /** The rows that the run could see: from `windowStart` up to, without, `windowEnd`. */
  readonly windowStart: string;
  readonly windowEnd: string;
  /** Rows of the run; of one result where the rule raises an alert per result. */
  readonly rowCount: number;
  readonly entities: readonly AlertEntity[];
  readonly rows: readonly AlertRow[];
  /** Stable over repeated runs of the same rule over the same rows. */
  readonly id: string;
  /** The rule's name unless its result overrides it. */
  readonly title: string;
  readonly description: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly customDetails: Readonly<Record<string, readonly Value[]>>;
  readonly properties: Readonly<Record<string, Value>>;
  /** The incident that the alert belongs to. */
  readonly incident: string;
  /** Later runs that found the same again inside this alert's window, and were not told. */
  readonly repeats: number;
  /** The window starts before the logs do: the rule knew less than its look-back asks for. */
  readonly partialLookback: boolean;
  /** Rows and entities beyond what an alert keeps. */
  readonly rowsOmitted: number;
  readonly entitiesOmitted: number;
}

/** Alerts that belong together: of one rule by its own grouping, or of any rules over a common entity. */
export interface Incident {
  readonly id: string;
  readonly title: string;
  readonly severity: AlertSeverity;
  readonly first: string;
  readonly last: string;
  readonly alerts: number;
  readonly rules: readonly string[];
  readonly tactics: readonly string[];
  readonly entities: readonly AlertEntity[];
}

export const RULE_OUTCOMES = ["run", "no data", "unsupported", "error", "disabled"] as const;
/** `run`: every run of the schedule was evaluated. `no data`: a table it reads holds no rows. */
export type RuleOutcome = (typeof RULE_OUTCOMES)[number];

/** What became of one rule. */
export interface RuleCoverage {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly file: string;
  readonly outcome: RuleOutcome;
  /** Why it is not `run`; empty otherwise. */
  readonly reason: string;
  readonly severity: AlertSeverity;
  readonly connectors: readonly string[];
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** Tables that the query reads, and those of them without rows. */
  readonly tables: readonly string[];
  readonly absentTables: readonly string[];
  readonly runs: number;
  /** Runs whose window starts before the logs do. */
  readonly partialRuns: number;
  readonly alerts: number;
  readonly repeats: number;
  readonly milliseconds: number;
  /** Names that nothing describes and that stand for empty tables, functions or columns. */
  readonly notes: readonly string[];
}

export interface Detection {
  readonly alerts: readonly Alert[];
  readonly incidents: readonly Incident[];
  readonly coverage: readonly RuleCoverage[];
  /** The time that the rules ran over. */
  readonly start: string;
  readonly end: string;
}
