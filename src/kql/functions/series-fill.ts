import { ANY, BOOL, DYNAMIC, jsonFunction, optional } from "./support/entry.ts";
import { type Dynamic, keyOf, numberOf } from "./support/json.ts";
import type { ScalarFunction } from "./types.ts";

/** What counts as missing: null unless the query names another value. */
const missing = (placeholder: Dynamic | undefined): ((value: Dynamic) => boolean) => {
  const key = keyOf(placeholder ?? null);
  return (value) => keyOf(value) === key;
};

function forward([series, placeholder]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(series)) return null;
  const isMissing = missing(placeholder);
  let last: Dynamic | undefined;
  return series.map((value) => {
    if (!isMissing(value)) last = value;
    return last === undefined ? value : last;
  });
}

function backward([series, placeholder]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(series)) return null;
  const filled = forward([series.toReversed(), placeholder ?? null]);
  return Array.isArray(filled) ? filled.toReversed() : null;
}

function constant([series, value, placeholder]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(series)) return null;
  const isMissing = missing(placeholder);
  return series.map((item) => (isMissing(item) ? (value ?? null) : item));
}

/** Between two known values on a line; whole series stay whole by cutting the fraction. */
function linear([series, placeholder, edges, fallback]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(series)) return null;
  const isMissing = missing(placeholder);
  const known = series.flatMap((value, i) => (isMissing(value) ? [] : [i]));
  if (known.length === 0) return series.map(() => (fallback === undefined ? 0 : fallback));
  const isWhole = known.every((i) => typeof series[i] === "bigint");
  let right = 0;
  return series.map((value, i) => {
    if (!isMissing(value)) return value;
    while (right < known.length && (known[right] ?? 0) < i) right++;
    const [before, after] = [known[right - 1], known[right]];
    if (before === undefined || after === undefined)
      return edges === false ? value : (series[before ?? after ?? 0] ?? null);
    const [a, b] = [numberOf(series[before] ?? null), numberOf(series[after] ?? null)];
    const between = a + ((b - a) * (i - before)) / (after - before);
    return isWhole ? BigInt(Math.trunc(between)) : between;
  });
}

export default [
  jsonFunction(["series_fill_forward"], [DYNAMIC, optional(ANY)], "dynamic", forward),
  jsonFunction(["series_fill_backward"], [DYNAMIC, optional(ANY)], "dynamic", backward),
  jsonFunction(["series_fill_const"], [DYNAMIC, ANY, optional(ANY)], "dynamic", constant),
  jsonFunction(["series_fill_linear"], [DYNAMIC, optional(ANY), optional(BOOL), optional(ANY)], "dynamic", linear),
] satisfies ScalarFunction[];
