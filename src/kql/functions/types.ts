import type { ScalarType } from "../../core/kusto.ts";

/*
 * How each Kusto type is stored in DuckDB. Every expression keeps these invariants:
 *   bool BOOLEAN · int INTEGER · long BIGINT · real DOUBLE · decimal DECIMAL(38,18)
 *   string   VARCHAR, never NULL: null text is ''
 *   datetime BIGINT ticks since 0001-01-01 (0 … 3155378975999999999) · timespan BIGINT ticks
 *   guid     VARCHAR, 36 characters, lower case
 *   dynamic  VARCHAR holding compact JSON text; Kusto null and JSON null are both SQL NULL
 */

/** A lowered argument: its SQL, its Kusto type and, when the query text fixes it, its value (bigint for int/long/ticks). */
export interface Argument {
  readonly sql: string;
  readonly type: ScalarType;
  /** Absent when the value depends on rows; null for a null literal. */
  readonly constant?: ConstantValue;
}
export type ConstantValue = null | boolean | number | bigint | string;

/**
 * What a parameter takes. A scalar type converts the argument to it first (Kusto's implicit conversion);
 * `any` leaves it; `number` takes int, long, real or decimal; `time` takes datetime or timespan.
 */
export type ParameterType = ScalarType | "any" | "number" | "time";

export interface Parameter {
  readonly type: ParameterType;
  readonly name?: string;
  readonly optional?: boolean;
  /** Repeats to the end of the argument list. */
  readonly rest?: boolean;
  /** The query must fix the value. */
  readonly constant?: boolean;
}

/** A scalar function: one entry per name. The file's default export is a list of entries. */
export interface ScalarFunction {
  /** The canonical name first, then aliases. */
  readonly names: readonly string[];
  readonly params: readonly Parameter[];
  readonly returns: ScalarType | ((args: readonly Argument[]) => ScalarType);
  /** SQL with `$1`, `$2`… or a renderer. Each `$n` is already parenthesised. */
  readonly sql: string | ((args: readonly Argument[], call: CallContext) => string);
  /** The vectorised UDFs that the SQL calls. */
  readonly udfs?: readonly Udf[];
  /** Path under https://learn.microsoft.com/kusto/query/ */
  readonly docs: string;
}

export interface CallContext {
  /** The run's clock in ticks. */
  readonly now: bigint;
  /** Refuses the query at the call's position. Never returns. */
  refuse(message: string, hint?: string): never;
}

/** An aggregate. `filter` is the SQL of the `…if` condition where the entry takes one as its own parameter. */
export interface Aggregate {
  readonly names: readonly string[];
  readonly params: readonly Parameter[];
  readonly returns: ScalarType | ((args: readonly Argument[]) => ScalarType);
  readonly sql: string | ((args: readonly Argument[], call: CallContext) => string);
  /** Kusto's default column name, e.g. `sum_` + column. Default: canonical name + `_` + first argument's name. */
  readonly columnName?: (argNames: readonly string[]) => string;
  readonly udfs?: readonly Udf[];
  readonly docs: string;
}

/** Storage types that a UDF takes and gives. BIGINT crosses as bigint, VARCHAR as string, DOUBLE as number. */
export type UdfType = "BOOLEAN" | "INTEGER" | "BIGINT" | "DOUBLE" | "VARCHAR" | "VARCHAR[]" | "DOUBLE[]" | "BIGINT[]";
export type UdfValue = null | boolean | number | bigint | string | readonly UdfValue[];

/** A pure function of its arguments that DuckDB calls by vector. Null arguments give null unless `nulls` is "called". */
export interface Udf {
  /** Starts with `kql_`. */
  readonly name: string;
  readonly params: readonly UdfType[];
  readonly rest?: UdfType;
  readonly returns: UdfType;
  readonly nulls?: "called";
  readonly fn: (...args: never[]) => UdfValue;
}
