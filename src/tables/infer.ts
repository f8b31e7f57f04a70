import type { ScalarType } from "../core/kusto.ts";

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;
const INTEGER = /^-?(0|[1-9]\d{0,17})$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function typeOfValue(value: unknown, isText: boolean): ScalarType {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "long" : "real";
  if (typeof value === "object") return "dynamic";
  const text = String(value);
  if (ISO.test(text)) return "datetime";
  if (!isText) return "string";
  if (INTEGER.test(text)) return "long";
  if (NUMBER.test(text)) return "real";
  return /^(true|false)$/i.test(text) ? "bool" : "string";
}

/** The narrowest type that takes all non-empty values; `isText` when numbers and booleans are written as text (CSV). */
export function inferType(values: Iterable<unknown>, isText: boolean): ScalarType {
  let type: ScalarType | undefined;
  for (const value of values) {
    if (value === null || value === undefined || value === "") continue;
    const next = typeOfValue(value, isText);
    if (type === undefined || type === next) type = next;
    else if ((type === "long" && next === "real") || (type === "real" && next === "long")) type = "real";
    else return type === "dynamic" || next === "dynamic" ? "dynamic" : "string";
  }
  return type ?? "string";
}
