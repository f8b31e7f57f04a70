import type { CriterionResult } from "../../src/core/assessment.ts";
import { evaluateCriterion } from "../../src/maturity/criterion.ts";
import type { CriterionDefinition, EvaluationContext, Measurement } from "../../src/maturity/types.ts";

export const definition = (changes: Partial<CriterionDefinition> = {}): CriterionDefinition => ({
  id: "ID-01",
  name: "MFA on interactive sign-ins",
  pillar: "identities",
  stage: "initial",
  direction: "atLeast",
  thresholds: { initial: 0.8, intermediate: 0.95, optimal: 0.99 },
  minimum: 30,
  window: 30,
  tables: ["SigninLogs"],
  next: "Require MFA.",
  query: "SigninLogs | summarize Numerator = countif(Mfa), Denominator = count()",
  ...changes,
});

export const measured = (
  numerator: number | null,
  denominator: number | null,
  changes: Partial<Measurement> = {},
): Measurement => ({
  numerator,
  denominator,
  presentTables: ["SigninLogs"],
  staleTables: [],
  offenders: [],
  ...changes,
});

export const evaluate = (
  definitionChanges: Partial<CriterionDefinition>,
  measurement: Measurement,
  context?: EvaluationContext,
): CriterionResult => evaluateCriterion(definition(definitionChanges), measurement, context);
