import type { ScalarType, Value } from "../kusto.ts";
import { jsonLine } from "./json.ts";
import { visibleLines } from "./visible.ts";

/**
 * What a spreadsheet reads as the start of a formula (also the full-width forms that some fold to ASCII): at the start
 * of a cell, or where another separator or a stray quote could make it the start of one.
 */
const FORMULA_START = /(^|[,;|\t\r\n"'])([ \u00a0\u3000]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;
const CONTROL_START = /^[\t\r\n]/;
const NUMBER = /^-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)$|^NaN$/;
const TIMESPAN = /^-?(?:\d+\.)?\d\d:\d\d:\d\d(?:\.\d{1,7})?$/;
const NEEDS_QUOTES = /[",;|\t\r\n']|^\s|\s$|^$/;
const NUMERIC: ReadonlySet<ScalarType | undefined> = new Set<ScalarType>(["int", "long", "real", "decimal"]);

/** Text that no spreadsheet evaluates: a `'` goes before each character that could start a formula. */
export function neutralizeFormula(text: string): string {
  const visible = visibleLines(text).replace(FORMULA_START, "$1$2'");
  return CONTROL_START.test(visible) ? `'${visible}` : visible;
}

/** One RFC 4180 field. Null is empty, the empty string is `""`; a number of a numeric column stays a number. */
export function csvField(value: Value, type?: ScalarType): string {
  if (value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return quote(neutralizeJson(jsonLine(value)));
  if (NUMERIC.has(type) && NUMBER.test(value)) return value;
  if (type === "timespan" && TIMESPAN.test(value)) return value;
  return quote(neutralizeFormula(value));
}

/** One RFC 4180 record with its CRLF. */
export const csvRecord = (values: readonly Value[], types: readonly (ScalarType | undefined)[] = []): string =>
  `${values.map((value, i) => csvField(value, types[i])).join(",")}\r\n`;

/** JSON stays exact: the characters that could start a formula become JSON escapes inside its strings. */
function neutralizeJson(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, (text) =>
    text.replace(/[=+\-@\uff1d\uff0b\uff0d\uff20]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

const quote = (text: string): string => (NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
