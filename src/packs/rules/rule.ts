import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Diagnostic } from "../../core/errors.ts";
import { TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../core/ticks.ts";
import { type RuleFile, ruleFile } from "./schema.ts";
import type { RuleSource } from "./source.ts";
import type { AnalyticRule, IncidentGrouping } from "./types.ts";

/** Near-real-time rules look every minute at what the last minute brought. */
const NRT_SPAN = TICKS_PER_MINUTE;
/** What the portal proposes for a new rule. */
const DEFAULT_LOOKBACK = 5n * TICKS_PER_HOUR;

/** A file without an id still has to be told apart: a UUID of its name and query. */
function idOf(file: RuleFile): string {
  if (file.id !== undefined && file.id !== "") return file.id;
  const hex = createHash("sha256").update(`${file.name}\n${file.query}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

function issueText(issue: z.core.$ZodIssue, present: boolean): string {
  const where = issue.path.map(String).join(".");
  if (!present) return `${where} is missing.`;
  return issue.code === "custom" || issue.code === "too_small"
    ? `${where} ${issue.message}.`
    : `${where}: ${issue.message}.`;
}

const has = (raw: unknown, path: readonly PropertyKey[]): boolean => {
  let at: unknown = raw;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !(key in at)) return false;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return true;
};

/** The rule of a source. Mistakes that keep it from running are appended, and the answer is then undefined. */
export function ruleOf(source: RuleSource, diagnostics: Diagnostic[]): AnalyticRule | undefined {
  const { file, raw } = source;
  const parsed = ruleFile.safeParse(raw);
  const report = (path: readonly PropertyKey[], message: string, hint: string): void => {
    diagnostics.push({ code: "RULE002", message, severity: "error", file, ...source.locate(path), hint });
  };
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const present = has(raw, issue.path);
      report(issue.path, issueText(issue, present), present ? "Correct the value." : "Add it.");
    }
    return undefined;
  }
  const rule = parsed.data;
  const isScheduled = rule.kind !== "NRT";
  if (isScheduled && (rule.queryFrequency === undefined || rule.queryPeriod === undefined)) {
    const missing = rule.queryFrequency === undefined ? "queryFrequency" : "queryPeriod";
    report([], `${missing} is missing: a Scheduled rule needs both spans.`, `Add ${missing}, such as 1h.`);
    return undefined;
  }
  if (rule.queryFrequency === 0n || rule.queryPeriod === 0n) {
    report(["queryFrequency"], "queryFrequency and queryPeriod must be longer than nothing.", "Write at least 5m.");
    return undefined;
  }
  return toRule(rule, source);
}

function toRule(rule: RuleFile, source: RuleSource): AnalyticRule {
  const isNrt = rule.kind === "NRT";
  const threshold = Number(rule.triggerThreshold ?? 0);
  return {
    id: idOf(rule),
    name: rule.name,
    description: rule.description?.trim().replace(/^'([\s\S]*)'$/, "$1") ?? "",
    kind: isNrt ? "NRT" : "Scheduled",
    enabled: rule.enabled ?? true,
    severity: rule.severity ?? "Medium",
    ...(rule.version !== undefined && { version: rule.version }),
    query: rule.query,
    frequency: isNrt ? NRT_SPAN : (rule.queryFrequency ?? NRT_SPAN),
    period: isNrt ? NRT_SPAN : (rule.queryPeriod ?? NRT_SPAN),
    trigger: isNrt ? { operator: "gt", threshold: 0 } : { operator: rule.triggerOperator ?? "gt", threshold },
    ...(rule.suppressionEnabled === true && { suppression: rule.suppressionDuration ?? DEFAULT_LOOKBACK }),
    grouping: rule.eventGroupingSettings?.aggregationKind ?? "SingleAlert",
    tactics: rule.tactics ?? [],
    techniques: [...(rule.relevantTechniques ?? rule.techniques ?? []), ...(rule.subTechniques ?? [])],
    connectors: (rule.requiredDataConnectors ?? []).flatMap(({ connectorId, dataTypes }) =>
      connectorId === undefined ? [] : [{ id: connectorId, dataTypes: dataTypes ?? [] }],
    ),
    entityMappings: (rule.entityMappings ?? []).map(({ entityType, fieldMappings }) => ({
      type: entityType,
      fields: fieldMappings.map(({ identifier, columnName }) => ({ identifier, column: columnName })),
    })),
    customDetails: rule.customDetails ?? {},
    override: overrideOf(rule),
    ...incidentsOf(rule),
    file: source.file,
    position: source.position(),
    queryPosition: source.queryPosition(),
  };
}

function overrideOf({ alertDetailsOverride: override }: RuleFile): AnalyticRule["override"] {
  const dynamic = override?.alertDynamicProperties ?? [];
  return {
    ...(override?.alertDisplayNameFormat !== undefined && { displayName: override.alertDisplayNameFormat }),
    ...(override?.alertDescriptionFormat !== undefined && { description: override.alertDescriptionFormat }),
    ...(override?.alertTacticsColumnName !== undefined && { tacticsColumn: override.alertTacticsColumnName }),
    ...(override?.alertSeverityColumnName !== undefined && { severityColumn: override.alertSeverityColumnName }),
    properties: Object.fromEntries(dynamic.map(({ alertProperty, value }) => [alertProperty, value])),
  };
}

function incidentsOf({ incidentConfiguration }: RuleFile): { incidents?: IncidentGrouping } {
  if (!incidentConfiguration) return {};
  const { createIncident, groupingConfiguration: group } = incidentConfiguration;
  return {
    incidents: {
      create: createIncident ?? true,
      enabled: group?.enabled ?? false,
      lookback: group?.lookbackDuration ?? DEFAULT_LOOKBACK,
      matching: group?.matchingMethod ?? "AllEntities",
      entities: group?.groupByEntities ?? [],
      details: group?.groupByAlertDetails ?? [],
      customDetails: group?.groupByCustomDetails ?? [],
    },
  };
}
