import type { Position } from "../positions.ts";

export const SEVERITIES = ["Informational", "Low", "Medium", "High"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const TRIGGER_OPERATORS = ["gt", "lt", "eq", "ne"] as const;
export type TriggerOperator = (typeof TRIGGER_OPERATORS)[number];

export interface EntityMapping {
  /** Sentinel's entity type, such as Account or IP. */
  readonly type: string;
  readonly fields: readonly { readonly identifier: string; readonly column: string }[];
}

export interface DataConnector {
  readonly id: string;
  readonly dataTypes: readonly string[];
}

/** Texts with `{{Column}}`, and columns, that replace an alert's own details. */
export interface AlertOverride {
  readonly displayName?: string;
  readonly description?: string;
  readonly tacticsColumn?: string;
  readonly severityColumn?: string;
  /** Sentinel's alert property → column. */
  readonly properties: Readonly<Record<string, string>>;
}

/** How the alerts of one rule become incidents. Entities, details and custom details are names to group by. */
export interface IncidentGrouping {
  readonly create: boolean;
  readonly enabled: boolean;
  /** Ticks. */
  readonly lookback: bigint;
  readonly matching: "AllEntities" | "AnyAlert" | "Selected";
  readonly entities: readonly string[];
  readonly details: readonly string[];
  readonly customDetails: readonly string[];
}

/** A Sentinel analytic rule, whatever file it came from. Spans are in ticks. */
export interface AnalyticRule {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly kind: "Scheduled" | "NRT";
  readonly enabled: boolean;
  readonly severity: Severity;
  readonly version?: string;
  readonly query: string;
  readonly frequency: bigint;
  readonly period: bigint;
  readonly trigger: { readonly operator: TriggerOperator; readonly threshold: number };
  /** No runs for this long after an alert; absent where suppression is off. */
  readonly suppression?: bigint;
  readonly grouping: "SingleAlert" | "AlertPerResult";
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly connectors: readonly DataConnector[];
  readonly entityMappings: readonly EntityMapping[];
  readonly customDetails: Readonly<Record<string, string>>;
  readonly override: AlertOverride;
  readonly incidents?: IncidentGrouping;
  readonly file: string;
  /** Where the rule starts in its file, and where its query's text does. */
  readonly position: Position;
  readonly queryPosition: Position;
}
