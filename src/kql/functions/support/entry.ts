import type { ScalarType } from "../../../core/kusto.ts";
import type { Argument, Parameter, ScalarFunction, Udf, UdfType, UdfValue } from "../types.ts";
import { CONVERSION_UDFS, toElement } from "./convert.ts";
import { type Dynamic, numberOf, store, textOf, tryParseDynamic } from "./json.ts";

/** JSON text of all arguments as one array, so that a UDF parses once per row. */
export const argumentArray = (args: readonly Argument[]): string =>
  args.length === 0 ? "'[]'" : `'[' || ${args.map((arg) => toElement(arg.sql, arg.type)).join(" || ',' || ")} || ']'`;

type Result = Dynamic | undefined;

const STORAGE: Readonly<Record<ScalarType, UdfType>> = {
  bool: "BOOLEAN",
  int: "INTEGER",
  long: "BIGINT",
  real: "DOUBLE",
  decimal: "DOUBLE",
  string: "VARCHAR",
  datetime: "BIGINT",
  timespan: "BIGINT",
  guid: "VARCHAR",
  dynamic: "VARCHAR",
};

function stored(value: Result, type: ScalarType): UdfValue {
  if (type === "dynamic") return store(value);
  if (type === "string") return textOf(value ?? null);
  if (value === undefined || value === null) return null;
  if (type === "real") return numberOf(value);
  if (type === "long" && typeof value === "number") return Number.isFinite(value) ? BigInt(Math.trunc(value)) : null;
  return value as UdfValue;
}

/** What the arguments of a call, as values, give. Must not throw whatever the values are. */
export type JsonFunction = (args: readonly Dynamic[]) => Result;

/** A function that works on values: arguments cross as one JSON array, null as null. */
export function jsonFunction(
  names: readonly string[],
  params: readonly Parameter[],
  returns: ScalarType,
  fn: JsonFunction,
  more: Pick<ScalarFunction, "tuple"> & { readonly docs?: string } = {},
): ScalarFunction {
  const udf: Udf = {
    name: `kql_json_${names[0]}`,
    params: ["VARCHAR"],
    returns: STORAGE[returns],
    fn: (text: string): UdfValue => {
      const args = tryParseDynamic(text);
      return stored(Array.isArray(args) ? fn(args) : null, returns);
    },
  };
  return {
    names,
    params,
    returns,
    sql: (args) => `${udf.name}(${argumentArray(args)})`,
    udfs: [udf, ...CONVERSION_UDFS],
    docs: more.docs ?? `${(names[0] ?? "").replaceAll("_", "-")}-function`,
    ...(more.tuple === undefined ? {} : { tuple: more.tuple }),
  };
}

export const DYNAMIC: Parameter = { type: "dynamic" };
export const ANY: Parameter = { type: "any" };
export const LONG: Parameter = { type: "long" };
export const REAL: Parameter = { type: "real" };
export const TEXT: Parameter = { type: "string" };
export const BOOL: Parameter = { type: "bool" };
export const optional = (parameter: Parameter): Parameter => ({
  ...parameter,
  optional: true,
});
export const rest = (parameter: Parameter): Parameter => ({
  ...parameter,
  rest: true,
});
