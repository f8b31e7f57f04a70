import type { AnalyticRule, IncidentGrouping, TriggerOperator } from "../../packs/rules/types.ts";
import { guidOf, idOf, type Json, type Resource } from "../deploy/model.ts";
import { WORKSPACE } from "../deploy/tables.ts";
import { isoSpan } from "./spans.ts";

const OPERATORS: Readonly<Record<TriggerOperator, string>> = {
  gt: "GreaterThan",
  lt: "LessThan",
  eq: "Equal",
  ne: "NotEqual",
};

const DEFAULT_SUPPRESSION = "PT5H";

/** An analytic rule as a resource. The REST API has no sub-techniques in `techniques`. */
export const ruleResource = (rule: AnalyticRule, index: number, after: readonly string[]): Resource => ({
  key: `rule${index + 1}`,
  type: "Microsoft.SecurityInsights/alertRules",
  apiVersion: "2025-09-01",
  scope: WORKSPACE,
  name: guidOf(idOf(WORKSPACE), rule.id),
  kind: rule.kind,
  properties: ruleProperties(rule),
  ...(after.length > 0 && { after }),
});

const ruleProperties = (rule: AnalyticRule): Json => ({
  displayName: rule.name,
  description: rule.description,
  enabled: rule.enabled,
  severity: rule.severity,
  query: rule.query,
  ...(rule.kind === "Scheduled" && {
    queryFrequency: isoSpan(rule.frequency),
    queryPeriod: isoSpan(rule.period),
    triggerOperator: OPERATORS[rule.trigger.operator],
    triggerThreshold: rule.trigger.threshold,
  }),
  suppressionEnabled: rule.suppression !== undefined,
  suppressionDuration: rule.suppression === undefined ? DEFAULT_SUPPRESSION : isoSpan(rule.suppression),
  tactics: rule.tactics,
  techniques: [...new Set(rule.techniques.map((technique) => technique.replace(/\.\d+$/, "")))],
  ...(rule.entityMappings.length > 0 && {
    entityMappings: rule.entityMappings.map(({ type, fields }) => ({
      entityType: type,
      fieldMappings: fields.map(({ identifier, column }) => ({ identifier, columnName: column })),
    })),
  }),
  ...(Object.keys(rule.customDetails).length > 0 && { customDetails: rule.customDetails }),
  ...overrideOf(rule),
  eventGroupingSettings: { aggregationKind: rule.grouping },
  ...(rule.incidents && { incidentConfiguration: incidentsOf(rule.incidents) }),
});

function overrideOf({ override }: AnalyticRule): Readonly<Record<string, Json>> {
  const members: Readonly<Record<string, Json>> = {
    ...(override.displayName !== undefined && { alertDisplayNameFormat: override.displayName }),
    ...(override.description !== undefined && { alertDescriptionFormat: override.description }),
    ...(override.tacticsColumn !== undefined && { alertTacticsColumnName: override.tacticsColumn }),
    ...(override.severityColumn !== undefined && { alertSeverityColumnName: override.severityColumn }),
    ...(Object.keys(override.properties).length > 0 && {
      alertDynamicProperties: Object.entries(override.properties).map(([alertProperty, value]) => ({
        alertProperty,
        value,
      })),
    }),
  };
  return Object.keys(members).length > 0 ? { alertDetailsOverride: members } : {};
}

const incidentsOf = (incidents: IncidentGrouping): Json => ({
  createIncident: incidents.create,
  groupingConfiguration: {
    enabled: incidents.enabled,
    reopenClosedIncident: false,
    lookbackDuration: isoSpan(incidents.lookback),
    matchingMethod: incidents.matching,
    groupByEntities: incidents.entities,
    groupByAlertDetails: incidents.details,
    groupByCustomDetails: incidents.customDetails,
  },
});
