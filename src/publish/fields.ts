import type { Value } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";

/**
 * The service cuts a field at 64 KB without a word, in the middle of JSON if need be. What is longer is cut here and
 * says so; the limit leaves room for the mark. Source: Azure Monitor service limits, Logs Ingestion API.
 */
const FIELD_LIMIT = 64_000;
const MARK = "… [cut by ztlens]";

/** The longest start of a text whose UTF-8 form has at most `limit` bytes. */
function startOf(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

function fittedValue(value: Value): Value {
  if (typeof value === "string")
    return Buffer.byteLength(value) > FIELD_LIMIT ? startOf(value, FIELD_LIMIT) + MARK : value;
  if (typeof value !== "object" || value === null) return value;
  const json = jsonLine(value);
  // The start is quoted once more when it is written, which can double it.
  return Buffer.byteLength(json) > FIELD_LIMIT ? { cut: startOf(json, FIELD_LIMIT / 2) } : value;
}

/** The row with no field longer than the service keeps. */
export const fitted = <R extends Readonly<Record<string, Value>>>(row: R): R =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, fittedValue(value)])) as R;
