import type { Column, ScalarType } from "../../core/kusto.ts";

/*
 * How each Kusto type is stored in DuckDB. Every expression keeps these invariants:
 *   bool BOOLEAN · int INTEGER · long BIGINT · real DOUBLE · decimal DECIMAL(38,18)
 *   string   VARCHAR, never NULL: null text is ''
 *   datetime BIGINT ticks since 0001-01-01 (0 … 3155378975999999999) · timespan BIGINT ticks
 *   guid     VARCHAR, 36 characters, lower case
 *   dynamic  VARCHAR holding compact JSON text; Kusto null and JSON null are both SQL NULL
 */

/** A lowered argument (a `typeof(T)` argument is a string constant `T`): its SQL, its Kusto type and, when the query text fixes it, its value (bigint for int/long/ticks). */
export interface Argument {
  readonly sql: string;
  readonly type: ScalarType;
  /** Absent when the value depends on rows; null for a null literal. */
  readonly constant?: ConstantValue;
  /** SQL that tells whether the service's text is null where ours is ''. Only a call that was just made knows it; nothing stores it. */
  readonly nullText?: string;
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

/** One column of a call that gives several. With `suffix` it is named after the argument in its place. */
export interface TupleColumn extends Column {
  readonly suffix?: string;
}

/** A scalar function: one entry per name. The file's default export is a list of entries. */
export interface ScalarFunction {
  /** The canonical name first, then aliases. */
  readonly names: readonly string[];
  readonly params: readonly Parameter[];
  readonly returns: ScalarType | ((args: readonly Argument[]) => ScalarType);
  /** SQL with `$1`, `$2`… or a renderer. Each `$n` is already parenthesised. */
  readonly sql: string | ((args: readonly Argument[], call: CallContext) => string);
  /** JSON text of the result that need not be compact: cheaper where only a path of it is read. */
  readonly json?: (args: readonly Argument[]) => string | undefined;
  /** SQL that tells for which arguments the service gives a null text. */
  readonly nullText?: (args: readonly Argument[]) => string | undefined;
  /** The vectorised UDFs that the SQL calls, besides those of `support/convert.ts`, which every statement may need. */
  readonly udfs?: readonly Udf[];
  /**
   * The columns of a call that gives several: the SQL is then a JSON array with one element per column, in order.
   * A column is named after the target column plus `_` plus this name.
   */
  readonly tuple?: readonly TupleColumn[] | ((args: readonly Argument[]) => readonly TupleColumn[] | undefined);
  /** Path under https://learn.microsoft.com/kusto/query/ */
  readonly docs: string;
}

export interface CallContext {
  /** The run's clock in ticks. */
  readonly now: bigint;
  /** What the rows are sorted by, as `ORDER BY …`, where an aggregate over serialized rows must keep their order. */
  readonly order?: string;
  /** Of an aggregate that gives a column per argument: these arguments, so that the columns can share their work. */
  readonly all?: readonly Argument[];
  /** Refuses the query at the call's position. Never returns. */
  refuse(message: string, hint?: string): never;
}

/**
 * An aggregate. An `…if` entry takes its condition as its own last bool parameter and renders the FILTER itself.
 * `arg_max` and `arg_min` take (value, key) and give the value of the row with the extreme key: a call per returned column.
 */
export interface Aggregate {
  readonly names: readonly string[];
  readonly params: readonly Parameter[];
  readonly returns: ScalarType | ((args: readonly Argument[]) => ScalarType);
  readonly sql: string | ((args: readonly Argument[], call: CallContext) => string);
  /** Each argument from this index on makes a column of its own: `percentiles(x, 5, 95)` is two calls of `sql`. */
  readonly each?: number;
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
