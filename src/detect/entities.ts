import type { AlertEntity, AlertRow } from "../core/alert.ts";
import type { AnalyticRule, EntityMapping } from "../packs/rules/types.ts";
import { textOf } from "./overrides.ts";

/** What an alert keeps. Source: https://learn.microsoft.com/azure/sentinel/map-data-fields-to-entities */
export const MAX_ENTITIES = 500;

/** The columns by which rules named their entities before mappings came. */
const LEGACY: readonly EntityMapping[] = [
  { type: "Account", fields: [{ identifier: "FullName", column: "AccountCustomEntity" }] },
  { type: "Host", fields: [{ identifier: "FullName", column: "HostCustomEntity" }] },
  { type: "IP", fields: [{ identifier: "Address", column: "IPCustomEntity" }] },
  { type: "URL", fields: [{ identifier: "Url", column: "URLCustomEntity" }] },
  { type: "FileHash", fields: [{ identifier: "Value", column: "FileHashCustomEntity" }] },
];

export const mappingsOf = (rule: AnalyticRule): readonly EntityMapping[] =>
  rule.entityMappings.length > 0 ? rule.entityMappings : LEGACY;

export const entityKey = ({ type, identifiers }: AlertEntity): string =>
  `${type}\0${Object.entries(identifiers)
    .map(([name, value]) => `${name}\0${value.toLowerCase()}`)
    .sort()
    .join("\0")}`;

/** The entities of one row; a mapping whose columns are all empty gives none. */
export function entitiesOfRow(mappings: readonly EntityMapping[], row: AlertRow): AlertEntity[] {
  const found: AlertEntity[] = [];
  for (const { type, fields } of mappings) {
    const named = fields
      .map(({ identifier, column }) => [identifier, textOf(row[column])] as const)
      .filter(([, value]) => value !== "");
    if (named.length > 0) found.push({ type, identifiers: Object.fromEntries(named) });
  }
  return found;
}

/** The distinct entities of rows in the order of their first appearance, and how many are beyond the limit. */
export function entitiesOf(
  mappings: readonly EntityMapping[],
  rows: readonly AlertRow[],
): { readonly entities: readonly AlertEntity[]; readonly omitted: number } {
  const found = new Map<string, AlertEntity>();
  for (const row of rows)
    for (const entity of entitiesOfRow(mappings, row)) {
      const key = entityKey(entity);
      if (!found.has(key)) found.set(key, entity);
    }
  const all = [...found.values()];
  return { entities: all.slice(0, MAX_ENTITIES), omitted: Math.max(0, all.length - MAX_ENTITIES) };
}
