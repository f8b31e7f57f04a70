import type { AlertRow, AlertSeverity } from "../core/alert.ts";
import type { Value } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";
import { tacticNamed } from "../packs/rules/attack.ts";
import { type AnalyticRule, SEVERITIES } from "../packs/rules/types.ts";

/** What an alert says of itself, where its first row may override the rule. */
export interface AlertDetails {
  readonly title: string;
  readonly description: string;
  readonly severity: AlertSeverity;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly properties: Readonly<Record<string, Value>>;
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const TITLE_LIMIT = 256;
const DESCRIPTION_LIMIT = 5000;

export const textOf = (value: Value | undefined): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? jsonLine(value) : String(value);

const filled = (format: string, row: AlertRow, limit: number): string =>
  format.replace(PLACEHOLDER, (_, column: string) => textOf(row[column])).slice(0, limit);

function severityOf(rule: AnalyticRule, row: AlertRow): AlertSeverity {
  const { severityColumn } = rule.override;
  const named = severityColumn === undefined ? "" : textOf(row[severityColumn]).toLowerCase();
  return SEVERITIES.find((severity) => severity.toLowerCase() === named) ?? rule.severity;
}

/** The tactics that a column holds: a name, names after commas, or a dynamic list. */
function tacticsOf(rule: AnalyticRule, row: AlertRow): readonly string[] {
  const { tacticsColumn } = rule.override;
  const value = tacticsColumn === undefined ? undefined : row[tacticsColumn];
  const names = Array.isArray(value) ? value.map(textOf) : textOf(value).split(",");
  const known = names.flatMap((name) => tacticNamed(name.trim().replaceAll(" ", "")) ?? []);
  return known.length > 0 ? known : rule.tactics;
}

/** The details of an alert whose first row is given. Source: https://learn.microsoft.com/azure/sentinel/customize-alert-details */
export function detailsOf(rule: AnalyticRule, row: AlertRow = {}): AlertDetails {
  const { displayName, description, properties } = rule.override;
  const techniques = properties.Techniques === undefined ? "" : textOf(row[properties.Techniques]);
  const title = displayName === undefined ? "" : filled(displayName, row, TITLE_LIMIT).trim();
  return {
    title: title === "" ? rule.name : title,
    description: description === undefined ? rule.description : filled(description, row, DESCRIPTION_LIMIT),
    severity: severityOf(rule, row),
    tactics: tacticsOf(rule, row),
    techniques: /^\W*T\d/.test(techniques) ? (techniques.match(/T\d{4}(?:\.\d{3})?/g) ?? []) : rule.techniques,
    properties: Object.fromEntries(Object.entries(properties).map(([name, column]) => [name, row[column] ?? null])),
  };
}
