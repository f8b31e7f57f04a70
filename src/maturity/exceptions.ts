import type { Exception } from "../core/assessment.ts";
import { UsageError } from "../core/errors.ts";
import type { Value } from "../core/kusto.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../core/ticks.ts";
import type { CriterionDefinition, Measurement } from "./types.ts";

function ticks(text: string, field: string): bigint {
  const parsed = parseIsoDatetime(text);
  if (parsed === undefined) throw new UsageError(`"${text}" (${field}) is not an ISO 8601 date.`);
  return parsed;
}

/** Whether an exception still counts. One that expires on a day counts to the end of that day, UTC. */
export function isActive(exception: Exception, asOf: string): boolean {
  const dateOnly = /^\d{4}-\d\d-\d\d$/.test(exception.expires.trim());
  const end = ticks(exception.expires, `expires of the exception for ${exception.criterion}`);
  return ticks(asOf, "as of") < end + (dateOnly ? TICKS_PER_DAY : 0n);
}

type Offender = Readonly<Record<string, Value>>;

const names = (offender: Offender, entity: string): boolean =>
  Object.values(offender).some((value) => typeof value === "string" && value.toLowerCase() === entity.toLowerCase());

const failuresOf = (definition: CriterionDefinition, measured: Measurement): number => {
  const [numerator, denominator] = [measured.numerator ?? 0, measured.denominator ?? 0];
  return definition.direction === "atLeast" ? denominator - numerator : numerator;
};

/**
 * Failed events per offender row: the column that the definition names, else the first numeric column (or one per row)
 * whose sum is the number of failures. Undefined when the rows do not add up: nothing is subtracted on a guess.
 */
function weights(definition: CriterionDefinition, measured: Measurement): readonly number[] | undefined {
  const column = (name: string): number[] =>
    measured.offenders.map((offender) => (typeof offender[name] === "number" ? offender[name] : 0));
  if (definition.offendersCount) return column(definition.offendersCount);
  const failures = failuresOf(definition, measured);
  const candidates = Object.entries(measured.offenders[0] ?? {}).filter(([, value]) => typeof value === "number");
  const columns = [...candidates.map(([name]) => column(name)), measured.offenders.map(() => 1)];
  return columns.find((values) => values.reduce((sum, value) => sum + value, 0) === failures);
}

/**
 * The measurement without the failures of the excepted entities: they leave the denominator, and the numerator of an
 * `atMost` criterion, which counts failures. Entities that no offender row names change nothing. Numerators per stage
 * count different failures, so there entity exceptions do not apply: undefined, as when the offenders do not add up.
 */
export function withoutEntities(
  definition: CriterionDefinition,
  measured: Measurement,
  exceptions: readonly Exception[],
): Measurement | undefined {
  if (measured.perStage || measured.denominator === null || measured.numerator === null) return undefined;
  const counts = weights(definition, measured);
  if (!counts) return undefined;
  const excepted = measured.offenders.map((offender) => exceptions.some(({ entity = "" }) => names(offender, entity)));
  const sum = counts.reduce((total, count, i) => total + (excepted[i] ? count : 0), 0);
  const removed = Math.min(sum, failuresOf(definition, measured));
  return {
    ...measured,
    numerator: definition.direction === "atLeast" ? measured.numerator : measured.numerator - removed,
    denominator: measured.denominator - removed,
    offenders: measured.offenders.filter((_, i) => !excepted[i]),
  };
}
