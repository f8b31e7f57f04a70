import { z } from "zod";
import { parseSpan } from "../../core/durations.ts";

/*
 * What a rule needs to run. Fields that nothing here knows are left alone, and limits on lengths and names are `lint`'s
 * business: a rule that breaks them still runs.
 */

const text = z.string();
const span = z
  .string()
  .refine((value) => parseSpan(value) !== undefined, "is no span such as 5m, 1h, 14d or PT1H")
  .transform((value) => parseSpan(value) ?? 0n);

/** Null stands for an absent value in exported rules. */
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);

const OPERATORS = {
  gt: "gt",
  lt: "lt",
  eq: "eq",
  ne: "ne",
  greaterthan: "gt",
  lessthan: "lt",
  equal: "eq",
  notequal: "ne",
} as const;
const isOperator = (value: string): value is keyof typeof OPERATORS => value in OPERATORS;

const operator = z.string().transform((value, context) => {
  const key = value.toLowerCase();
  if (isOperator(key)) return OPERATORS[key];
  context.addIssue({ code: "custom", message: "is none of gt, lt, eq, ne, GreaterThan, LessThan, Equal, NotEqual" });
  return z.NEVER;
});

const oneOf = <const T extends readonly string[]>(values: T) =>
  z.string().transform((value, context): T[number] => {
    const found = values.find((known) => known.toLowerCase() === value.toLowerCase());
    if (found !== undefined) return found;
    context.addIssue({ code: "custom", message: `is none of ${values.join(", ")}` });
    return z.NEVER;
  });

const threshold = z.union([z.number(), z.string().regex(/^\d+$/, "is no whole number").transform(Number)]);
const texts = optional(z.array(z.union([text, z.number()]).transform(String)));

/** Some exports write a list of one as its only element. */
const listOf = <T extends z.ZodType>(type: T) =>
  z.preprocess(
    (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? [value] : value),
    z.array(type),
  );

const entityMapping = z.object({
  entityType: text,
  fieldMappings: listOf(z.object({ identifier: text, columnName: text })),
});

const override = z.object({
  alertDisplayNameFormat: optional(text),
  alertDescriptionFormat: optional(text),
  alertTacticsColumnName: optional(text),
  alertSeverityColumnName: optional(text),
  alertDynamicProperties: optional(z.array(z.object({ alertProperty: text, value: text }))),
});

const grouping = z.object({
  enabled: optional(z.boolean()),
  lookbackDuration: optional(span),
  matchingMethod: optional(oneOf(["AllEntities", "AnyAlert", "Selected"])),
  groupByEntities: texts,
  groupByAlertDetails: texts,
  groupByCustomDetails: texts,
});

export const ruleFile = z.object({
  id: optional(text),
  name: text.trim().min(1, "is empty"),
  description: optional(text),
  kind: optional(oneOf(["Scheduled", "NRT"])),
  enabled: optional(z.boolean()),
  severity: optional(oneOf(["Informational", "Low", "Medium", "High"])),
  version: optional(z.union([text, z.number()]).transform(String)),
  query: text.refine((value) => value.trim() !== "", "is empty"),
  queryFrequency: optional(span),
  queryPeriod: optional(span),
  triggerOperator: optional(operator),
  triggerThreshold: optional(threshold),
  suppressionEnabled: optional(z.boolean()),
  suppressionDuration: optional(span),
  eventGroupingSettings: optional(z.object({ aggregationKind: optional(oneOf(["SingleAlert", "AlertPerResult"])) })),
  tactics: texts,
  relevantTechniques: texts,
  techniques: texts,
  subTechniques: texts,
  requiredDataConnectors: optional(z.array(z.object({ connectorId: optional(text), dataTypes: texts }))),
  entityMappings: optional(listOf(entityMapping)),
  customDetails: optional(z.record(text, text)),
  alertDetailsOverride: optional(override),
  incidentConfiguration: optional(
    z.object({ createIncident: optional(z.boolean()), groupingConfiguration: optional(grouping) }),
  ),
});

export type RuleFile = z.output<typeof ruleFile>;
