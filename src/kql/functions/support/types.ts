import { SCALAR_TYPES, type ScalarType } from "../../../core/kusto.ts";
import type { Argument } from "../types.ts";
import { convert } from "./convert.ts";

const NUMBERS: readonly ScalarType[] = ["int", "long", "real", "decimal"];

/** The type that alternatives share: the widest of numbers, else the first that has a value, dynamic before all. */
export function commonType(args: readonly Argument[]): ScalarType {
  const typed = args.filter((arg) => arg.constant !== null);
  const types = (typed.length > 0 ? typed : args).map((arg) => arg.type);
  const first = types[0] ?? "dynamic";
  if (types.includes("dynamic")) return "dynamic";
  const ranks = types.map((type) => NUMBERS.indexOf(type));
  return ranks.every((rank) => rank >= 0) ? (NUMBERS[Math.max(...ranks)] ?? first) : first;
}

export const convertTo = (arg: Argument, type: ScalarType): string => convert(arg.sql, arg.type, type);

const TYPE_NAMES: Readonly<Record<string, ScalarType>> = Object.assign(Object.create(null), {
  ...Object.fromEntries(SCALAR_TYPES.map((type) => [type, type])),
  boolean: "bool",
  date: "datetime",
  double: "real",
  time: "timespan",
  uniqueid: "guid",
});

/** The type that a `typeof(T)` argument names, with Kusto's aliases. */
export const typeArgument = (arg: Argument | undefined): ScalarType | undefined =>
  typeof arg?.constant === "string" ? TYPE_NAMES[arg.constant] : undefined;
