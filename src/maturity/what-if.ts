import type { CriterionResult } from "../core/assessment.ts";
import { LADDER, type LadderStage, type Pillar, type Stage } from "../core/maturity.ts";
import { evaluateCriterion } from "./criterion.ts";
import { pillarStage } from "./pillar.ts";
import { holds, rank, requiredThreshold } from "./thresholds.ts";
import type { CriterionDefinition, EvaluationContext, Measurement } from "./types.ts";
import { numeratorAt } from "./verdict.ts";

/**
 * How many of the failed events would have to be good, at the same denominator, for the criterion to hold at a stage; 0
 * when it does, undefined when not even all would do (too small a sample). O(log n): the threshold is monotone.
 */
export function missing(
  definition: Pick<CriterionDefinition, "id" | "direction" | "thresholds" | "minimum">,
  measured: Pick<Measurement, "numerator" | "denominator" | "perStage">,
  stage: LadderStage,
): number | undefined {
  const denominator = measured.denominator ?? 0;
  if (denominator < Math.max(1, definition.minimum)) return undefined;
  const numerator = numeratorAt(measured, stage);
  const threshold = requiredThreshold(definition, stage);
  const atLeast = definition.direction === "atLeast";
  const holdsWith = (fixed: number): boolean =>
    holds(definition.direction, threshold, atLeast ? numerator + fixed : numerator - fixed, denominator);
  let [low, high] = [0, atLeast ? denominator - numerator : numerator];
  if (high < 0 || !holdsWith(high)) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holdsWith(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface Assumption {
  readonly criterion: string;
  /** Failed events that are taken to be good. */
  readonly fixed: number;
}

export interface WhatIf {
  readonly stage: Stage;
  readonly criteria: readonly CriterionResult[];
}

type Measured = readonly (readonly [CriterionDefinition, Measurement])[];

function improve(definition: CriterionDefinition, measured: Measurement, fixed: number): Measurement {
  const limit = measured.denominator ?? 0;
  const move = (numerator: number): number =>
    definition.direction === "atLeast" ? Math.min(limit, numerator + fixed) : Math.max(0, numerator - fixed);
  const stages = Object.entries(measured.perStage ?? {}).map(([stage, numerator]) => [stage, move(numerator)]);
  return {
    ...measured,
    numerator: measured.numerator === null ? null : move(measured.numerator),
    ...(measured.perStage && { perStage: Object.fromEntries(stages) }),
  };
}

/** The stage of a pillar if some failures were fixed. What cannot be assessed stays so: fixing events adds no data. */
export function whatIf(criteria: Measured, assumptions: readonly Assumption[], context?: EvaluationContext): WhatIf {
  const results = criteria.map(([definition, measured]) => {
    const assumed = assumptions.filter(({ criterion }) => criterion === definition.id);
    const fixed = assumed.reduce((sum, assumption) => sum + assumption.fixed, 0);
    return evaluateCriterion(definition, fixed > 0 ? improve(definition, measured, fixed) : measured, context);
  });
  return { stage: pillarStage(results).stage, criteria: results };
}

export interface Step {
  readonly pillar: Pillar;
  readonly from: Stage;
  readonly to: LadderStage;
  /** Criteria whose failures have to be fixed, fewest first. */
  readonly fixes: readonly Assumption[];
  /** Criteria that need data before anything can be said. */
  readonly needsData: readonly string[];
}

/** The next stage of a pillar and the least that has to change for it; undefined at the top or without criteria. */
export function nextStep(pillar: Pillar, criteria: Measured, context?: EvaluationContext): Step | undefined {
  const { stage: from, criteria: results } = whatIf(criteria, [], context);
  const to = LADDER.find((stage) => rank(stage) > rank(from) && rank(stage) > 0 && isRequired(criteria, stage));
  if (!to) return undefined;
  const fixes: Assumption[] = [];
  const needsData: string[] = [];
  criteria.forEach(([definition, measured], i) => {
    const result = results[i] as CriterionResult;
    if (rank(definition.stage) > rank(to) || rank(result.stage) >= rank(to)) return;
    // The climb goes stage by stage: each one on the way has to hold.
    const steps = LADDER.slice(rank(definition.stage) - 1, rank(to)).map((stage) =>
      missing(definition, measured, stage),
    );
    const assessed = result.state === "met" || result.state === "not_met";
    if (!assessed || steps.includes(undefined)) needsData.push(definition.id);
    else fixes.push({ criterion: definition.id, fixed: Math.max(...steps.map((step) => step ?? 0)) });
  });
  return { pillar, from, to, fixes: fixes.sort((a, b) => a.fixed - b.fixed), needsData };
}

const isRequired = (criteria: Measured, stage: LadderStage): boolean =>
  criteria.some(([{ stage: first }]) => rank(first) <= rank(stage));
