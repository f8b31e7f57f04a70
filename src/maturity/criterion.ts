import { createHash } from "node:crypto";
import type { CriterionResult, Exception } from "../core/assessment.ts";
import type { Stage } from "../core/maturity.ts";
import { wilson } from "../stats/wilson.ts";
import { isActive, withoutEntities } from "./exceptions.ts";
import { rank } from "./thresholds.ts";
import type { CriterionDefinition, EvaluationContext, Measurement } from "./types.ts";
import { numeratorAt, type Verdict, verdictOf } from "./verdict.ts";

type Numbers = Pick<CriterionResult, "numerator" | "denominator" | "value" | "low" | "high">;

const NOTHING: Numbers = { numerator: null, denominator: null, value: null, low: null, high: null };

function numbersOf(definition: CriterionDefinition, measured: Measurement): Numbers {
  const { denominator } = measured;
  if (denominator === null || (measured.numerator === null && !measured.perStage)) return NOTHING;
  const numerator = measured.numerator ?? numeratorAt(measured, definition.stage);
  if (denominator === 0 || numerator > denominator) return { ...NOTHING, numerator, denominator };
  return { numerator, denominator, value: numerator / denominator, ...wilson(numerator, denominator) };
}

function resultOf(definition: CriterionDefinition, measured: Measurement, verdict: Verdict): CriterionResult {
  const query = measured.query ?? definition.query;
  return {
    id: definition.id,
    name: definition.name,
    ...verdict,
    requiredFrom: definition.stage,
    ...(definition.gate && { gate: definition.gate }),
    // Whatever a query answered over tables that are not there is no measurement.
    ...(verdict.state === "absent" ? NOTHING : numbersOf(definition, measured)),
    direction: definition.direction,
    thresholds: definition.thresholds,
    minimum: definition.minimum,
    next: definition.next,
    tables: [...new Set(definition.tables.flat())],
    offenders: measured.offenders,
    query,
    queryDigest: createHash("sha256").update(query).digest("hex"),
  };
}

const signature = ({ owner, expires, reason }: Exception): string => `${owner} until ${expires}: ${reason}`;

function excepted(
  plain: CriterionResult,
  better: Partial<CriterionResult>,
  applied: readonly Exception[],
): CriterionResult {
  const { state, stage, numerator, denominator, value } = plain;
  const who = applied.map(signature).join("; ");
  return {
    ...plain,
    ...better,
    state: "excepted",
    reason: `Excepted by ${who}. Without the exception: ${plain.reason}`,
    exceptions: { applied, without: { state, stage, numerator, denominator, value } },
  };
}

/** Applies the exceptions on single offenders; `note` says why they could not be. */
function exceptEntities(
  definition: CriterionDefinition,
  measured: Measurement,
  plain: CriterionResult,
  applied: readonly Exception[],
): CriterionResult {
  if (applied.length === 0 || (plain.state !== "met" && plain.state !== "not_met")) return plain;
  const reduced = withoutEntities(definition, measured, applied);
  if (!reduced) {
    const note = "Exceptions on entities were not applied: the offenders do not add up to the failures.";
    return { ...plain, reason: `${plain.reason} ${note}` };
  }
  const after = resultOf(definition, reduced, verdictOf(definition, reduced));
  if (rank(after.stage) > rank(plain.stage)) return excepted(plain, after, applied);
  return plain;
}

/**
 * State, stage and arithmetic of one criterion. An exception shows only where it changes the stage: one on the criterion
 * makes it `excepted` at every stage, even unassessed; one on entities takes their failures out of the counts.
 * Throws UsageError on a definition without a threshold for its stage and on an unreadable date.
 */
export function evaluateCriterion(
  definition: CriterionDefinition,
  measured: Measurement,
  context?: EvaluationContext,
): CriterionResult {
  const plain = resultOf(definition, measured, verdictOf(definition, measured));
  const own = context?.exceptions.filter(({ criterion }) => criterion === definition.id) ?? [];
  if (!context || own.length === 0) return plain;
  const active = own.filter((exception) => isActive(exception, context.asOf));
  const expired = own.filter((exception) => !active.includes(exception));
  const whole = active.filter(({ entity }) => entity === undefined);
  const top: Stage = "optimal";
  const result =
    whole.length > 0 && plain.stage !== top
      ? excepted(plain, { stage: top }, whole)
      : exceptEntities(
          definition,
          measured,
          plain,
          active.filter(({ entity }) => entity !== undefined),
        );
  if (expired.length === 0) return result;
  return { ...result, reason: `${result.reason} Expired exception: ${expired.map(signature).join("; ")}.` };
}
