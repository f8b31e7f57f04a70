import type { QueryResult, Value } from "../core/kusto.ts";
import { LADDER, type LadderStage } from "../core/maturity.ts";
import type { Measurement } from "./types.ts";

type Counts = Pick<Measurement, "numerator" | "denominator" | "perStage" | "partial">;

const count = (value: Value | undefined): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;

const COLUMN: Readonly<Record<LadderStage, string>> = {
  initial: "NumeratorInitial",
  intermediate: "NumeratorIntermediate",
  optimal: "NumeratorOptimal",
};

/** Reads the one row of a criterion query. What is not a row of counts becomes `partial` with the reason. */
export function readCounts(result: QueryResult): Counts {
  const [row, ...others] = result.rows;
  if (!row) return { numerator: null, denominator: null, ...(result.partial ? { partial: result.partial } : {}) };
  const cell = (name: string): Value | undefined => row[result.columns.findIndex((column) => column.name === name)];
  const [numerator, denominator] = [count(cell("Numerator")), count(cell("Denominator"))];
  const stages = LADDER.map((stage) => [stage, count(cell(COLUMN[stage]))] as const).filter(([, n]) => n !== null);
  const perStage = Object.fromEntries(stages) as Partial<Record<LadderStage, number>>;
  const problem =
    result.partial ??
    (others.length > 0 ? `The query gave ${result.rows.length} rows where one is expected.` : undefined) ??
    (denominator === null ? "The query gave no whole, non-negative Denominator." : undefined) ??
    (numerator === null && stages.length === 0 ? "The query gave no whole, non-negative Numerator." : undefined);
  return {
    numerator,
    denominator,
    ...(stages.length > 0 ? { perStage } : {}),
    ...(problem ? { partial: problem } : {}),
  };
}

/** The rows of an offenders query as records, column name → value. */
export function readOffenders(result: QueryResult): Readonly<Record<string, Value>>[] {
  return result.rows.map((row) => Object.fromEntries(result.columns.map(({ name }, i) => [name, row[i] ?? null])));
}
