import { isObject, type Json, type JsonObject } from "../../../tables/shape.ts";

/** More members than any table has columns: an attack or a defect. */
export const MAX_COLUMNS = 4096;

/** JSON text that `JSON.stringify` writes as it is. */
interface RawJson {
  readonly rawJSON: string;
}
const rawJson = (JSON as unknown as { rawJSON(text: string): RawJson }).rawJSON;

const LONG_NUMBER = /[:[,]\s*-?\d{16}/;

/** Integers beyond 2^53 keep their digits. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !context?.source) return value;
  return /^-?\d+$/.test(context.source) ? rawJson(context.source) : value;
}

export interface ParseError {
  readonly code: string;
  readonly message: string;
}

/** Nesting beyond this is an attack or a defect, not a log. */
export const MAX_DEPTH = 128;

/** Too few brackets to nest that deep; those inside strings count too, so that no string has to be recognised. */
function hasFewBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of ["{", "["])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++count > MAX_DEPTH) return false;
  return true;
}

/** Whether brackets outside of strings nest deeper than the limit. */
function isTooDeep(text: string): boolean {
  if (hasFewBrackets(text)) return false;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 92) i++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 123 || code === 91) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 125 || code === 93) depth--;
  }
  return false;
}

/** Any JSON text, or why it is none. */
export function parseText(text: string): { readonly value: Json } | { readonly error: ParseError } {
  try {
    return { value: (LONG_NUMBER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)) as Json };
  } catch (error) {
    return { error: { code: "bad-json", message: error instanceof Error ? error.message : String(error) } };
  }
}

/** A record, or why the text is not one. */
export function parseRecord(text: string): { readonly record: JsonObject } | { readonly error: ParseError } {
  if (isTooDeep(text))
    return { error: { code: "too-deep", message: `The record is nested deeper than ${MAX_DEPTH} levels.` } };
  const parsed = parseText(text);
  if ("error" in parsed) return parsed;
  const { value } = parsed;
  if (!isObject(value)) return { error: { code: "not-an-object", message: "The record is not a JSON object." } };
  if (Object.keys(value).length > MAX_COLUMNS)
    return { error: { code: "too-many-columns", message: `The record has more than ${MAX_COLUMNS} members.` } };
  return { record: value };
}
