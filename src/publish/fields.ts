import type { Value } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";

/**
 * The service cuts a field at 64 KB without a word, in the middle of JSON if need be. What is longer, as JSON, is cut
 * here and says so. With it a row stays far below the 1 MB of a request. Source: Azure Monitor limits, Logs Ingestion.
 */
const FIELD_LIMIT = 64_000;
const MARK = "… [cut by ztlens]";

const jsonSize = (value: Value): number => Buffer.byteLength(jsonLine(value));

/** The longest start of a text whose UTF-8 form has at most `limit` bytes. */
function startOf(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

/** `make` of a start of the text that is short enough; escapes can make JSON six times as long as the text. */
function cut(text: string, make: (start: string) => Value): Value {
  for (let limit = FIELD_LIMIT; ; limit = limit >> 1) {
    const value = make(startOf(text, limit));
    if (jsonSize(value) <= FIELD_LIMIT + MARK.length * 2) return value;
  }
}

function fittedValue(value: Value): Value {
  if (jsonSize(value) <= FIELD_LIMIT) return value;
  return typeof value === "string"
    ? cut(value, (start) => start + MARK)
    : cut(jsonLine(value), (start) => ({ cut: start }));
}

/** The row with no field longer than the service keeps. */
export const fitted = <R extends Readonly<Record<string, Value>>>(row: R): R =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, fittedValue(value)])) as R;
