import type { Udf } from "../functions/types.ts";

/** How `parse-kv` reads a text. */
export interface KeyValueOptions {
  /** '' where no delimiter is given. */
  readonly pair: string;
  readonly kv: string;
  readonly open: string;
  readonly close: string;
  readonly escape: string;
  readonly greedy: boolean;
}

/** The end of a quoted value that starts after the opening quote, and the value without escapes. */
function quoted(
  text: string,
  from: number,
  { close, escape: escapedBy }: KeyValueOptions,
): { value: string; end: number } {
  let value = "";
  for (let i = from; i < text.length; i++) {
    if (escapedBy !== "" && text.startsWith(escapedBy, i) && i + escapedBy.length < text.length) {
      i += escapedBy.length;
      value += text.charAt(i);
    } else if (text.startsWith(close, i)) {
      return { value, end: i + close.length };
    } else {
      value += text.charAt(i);
    }
  }
  return { value, end: text.length };
}

/** Where a bare value ends: at the next delimiter, or when greedy at the last one before the next key. */
function bareEnd(text: string, from: number, { pair, kv, greedy }: KeyValueOptions): number {
  const next = text.indexOf(pair, from);
  if (next < 0) return text.length;
  if (!greedy) return next;
  const nextKey = text.indexOf(kv, from);
  return nextKey < 0 ? text.length : Math.max(text.lastIndexOf(pair, nextKey), next);
}

function keyBefore(text: string, from: number, to: number, { pair, open, close }: KeyValueOptions): string {
  const raw = text.slice(from, to).trimEnd();
  const opened = open !== "" && raw.endsWith(close) ? raw.lastIndexOf(open, raw.length - close.length - 1) : -1;
  if (opened >= 0) return raw.slice(opened + open.length, raw.length - close.length);
  return raw.slice(raw.lastIndexOf(pair) < 0 ? 0 : raw.lastIndexOf(pair) + pair.length).trim();
}

/** The pairs of a text; the first value of a key counts. */
export function keyValues(text: string, options: KeyValueOptions): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < text.length; ) {
    const delimiter = text.indexOf(options.kv, at);
    if (delimiter < 0) break;
    const key = keyBefore(text, at, delimiter, options);
    let start = delimiter + options.kv.length;
    while (start < text.length && /\s/.test(text.charAt(start))) start++;
    let value: string;
    if (options.open !== "" && text.startsWith(options.open, start)) {
      const read = quoted(text, start + options.open.length, options);
      value = read.value;
      at = read.end;
    } else {
      const end = bareEnd(text, start, options);
      value = text.slice(start, end).trim();
      at = end;
    }
    if (!found.has(key)) found.set(key, value);
    if (text.startsWith(options.pair, at)) at += options.pair.length;
  }
  return found;
}

const ALPHANUMERIC = /[\p{L}\p{N}]/u;
const isWord = (text: string, at: number): boolean => ALPHANUMERIC.test(text.charAt(at));

/** Without delimiters every character that is neither letter nor digit is one: the value after the key's first place. */
function valueAfter(text: string, key: string, options: KeyValueOptions): string {
  for (let at = text.indexOf(key); at >= 0 && key !== ""; at = text.indexOf(key, at + 1)) {
    let start = at + key.length;
    if ((at > 0 && isWord(text, at - 1)) || isWord(text, start)) continue;
    while (start < text.length && !isWord(text, start)) {
      if (options.open !== "" && text.startsWith(options.open, start) && !text.startsWith(key, start - key.length))
        return quoted(text, start + options.open.length, options).value;
      start++;
    }
    let end = start;
    while (end < text.length && isWord(text, end)) end++;
    return text.slice(start, end);
  }
  return "";
}

let lastText = "";
let lastOptions = "";
let lastPairs = new Map<string, string>();

/** One value of a text. The columns of a row ask for the same text one after the other, so its pairs are kept. */
export const KEY_VALUE: Udf = {
  name: "kql_key_value",
  params: ["VARCHAR", "VARCHAR", "VARCHAR"],
  returns: "VARCHAR",
  fn: (text: string, key: string, options: string): string => {
    const parsed = JSON.parse(options) as KeyValueOptions;
    if (parsed.pair === "") return valueAfter(text, key, parsed);
    if (text !== lastText || options !== lastOptions) {
      lastPairs = keyValues(text, parsed);
      [lastText, lastOptions] = [text, options];
    }
    return lastPairs.get(key) ?? "";
  },
};
