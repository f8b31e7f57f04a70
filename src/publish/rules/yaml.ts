import { stringify } from "yaml";
import { packageVersion } from "../../core/package.ts";
import { uuidOf } from "../../evidence/digest.ts";
import type { AnalyticRule } from "../../packs/rules/types.ts";
import type { Pack } from "../../packs/types.ts";
import { shortSpan } from "./spans.ts";

/** One document, queries as blocks, nothing folded. */
const document = (value: object): string =>
  stringify(value, { lineWidth: 0, blockQuote: "literal", aliasDuplicateObjects: false });

const connectorsOf = (connectors: Pack["connectors"], tables: readonly string[]): object[] =>
  connectors.map((one) => ({ connectorId: one.id, dataTypes: one.tables.length > 0 ? one.tables : tables }));

/** A query pack file as a hunting query of Azure-Sentinel's repository. */
export const huntingYaml = (pack: Pack): string =>
  document({
    id: uuidOf(`hunting query ${pack.id}`),
    name: `${pack.id} ${pack.name}`,
    description: `${pack.description.trim()}\n`,
    requiredDataConnectors: connectorsOf(pack.connectors, pack.tables.flat()),
    tactics: pack.tactics,
    relevantTechniques: pack.techniques,
    query: pack.query,
    tags: ["Zero Trust", pack.pillar],
    version: packageVersion(),
  });

/** An analytic rule as Azure-Sentinel's repository has it. */
export const ruleYaml = (rule: AnalyticRule): string =>
  document({
    id: rule.id,
    name: rule.name,
    version: rule.version ?? "1.0.0",
    kind: rule.kind,
    description: `${rule.description.trim()}\n`,
    severity: rule.severity,
    requiredDataConnectors: rule.connectors.map(({ id, dataTypes }) => ({ connectorId: id, dataTypes })),
    ...(rule.kind === "Scheduled" && {
      queryFrequency: shortSpan(rule.frequency),
      queryPeriod: shortSpan(rule.period),
      triggerOperator: rule.trigger.operator,
      triggerThreshold: rule.trigger.threshold,
    }),
    tactics: rule.tactics,
    relevantTechniques: rule.techniques,
    query: rule.query,
    ...(rule.entityMappings.length > 0 && {
      entityMappings: rule.entityMappings.map(({ type, fields }) => ({
        entityType: type,
        fieldMappings: fields.map(({ identifier, column }) => ({ identifier, columnName: column })),
      })),
    }),
    ...(Object.keys(rule.customDetails).length > 0 && { customDetails: rule.customDetails }),
    ...(rule.override.displayName !== undefined && {
      alertDetailsOverride: {
        alertDisplayNameFormat: rule.override.displayName,
        ...(rule.override.description !== undefined && { alertDescriptionFormat: rule.override.description }),
      },
    }),
    eventGroupingSettings: { aggregationKind: rule.grouping },
  });
