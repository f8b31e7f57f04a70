import { ANY, DYNAMIC, jsonFunction } from "./support/entry.ts";
import { type Dynamic, numberOf } from "./support/json.ts";
import { dot, mean } from "./support/linear.ts";
import type { ScalarFunction } from "./types.ts";

const isNumber = (value: Dynamic | undefined): value is bigint | number =>
  typeof value === "bigint" || typeof value === "number";

/** Element by element; a number stands for a series of it, and what is no number or is missing gives null. */
const pairwise =
  (fn: (a: bigint | number, b: bigint | number) => Dynamic) =>
  ([a, b]: readonly Dynamic[]): Dynamic => {
    const [left, right] = [Array.isArray(a) ? a : undefined, Array.isArray(b) ? b : undefined];
    if ((!left && !isNumber(a)) || (!right && !isNumber(b)) || (!left && !right)) return null;
    const length = Math.max(left?.length ?? 0, right?.length ?? 0);
    return Array.from({ length }, (_, i) => {
      const [x, y] = [left ? left[i] : a, right ? right[i] : b];
      return isNumber(x) && isNumber(y) ? fn(x, y) : null;
    });
  };

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
const whole =
  (longs: (a: bigint, b: bigint) => bigint, reals: (a: number, b: number) => number) =>
  (a: bigint | number, b: bigint | number): Dynamic =>
    typeof a === "bigint" && typeof b === "bigint" ? wrap(longs(a, b)) : reals(Number(a), Number(b));
const reals =
  (fn: (a: number, b: number) => Dynamic) =>
  (a: bigint | number, b: bigint | number): Dynamic =>
    fn(Number(a), Number(b));

const binary = (name: string, fn: (a: bigint | number, b: bigint | number) => Dynamic): ScalarFunction =>
  jsonFunction([name], [ANY, ANY], "dynamic", pairwise(fn));
const unary = (name: string, fn: (x: number) => Dynamic): ScalarFunction =>
  jsonFunction([name], [DYNAMIC], "dynamic", ([series]) =>
    Array.isArray(series) ? series.map((item) => (isNumber(item) ? fn(Number(item)) : null)) : null,
  );

const numbers = (value: Dynamic | undefined): number[] | undefined => {
  const list = Array.isArray(value) ? value.map(numberOf) : undefined;
  return list?.some(Number.isNaN) ? undefined : list;
};
const overSeries = (name: string, fn: (series: number[]) => number): ScalarFunction =>
  jsonFunction([name], [DYNAMIC], "real", ([series]) => {
    const list = numbers(series);
    return list ? fn(list) : null;
  });

/** Two series of equal length; a number beside a series stands for a series of it. */
const overPair = (name: string, fn: (a: number[], b: number[]) => number | null): ScalarFunction =>
  jsonFunction([name], [ANY, ANY], "real", ([a, b]) => {
    const length = Array.isArray(a) ? a.length : Array.isArray(b) ? b.length : 0;
    const [x, y] = [a, b].map((item) => numbers(isNumber(item) ? new Array<Dynamic>(length).fill(item) : item));
    return x && y && x.length === y.length && x.length > 0 ? fn(x, y) : null;
  });

const magnitude = (series: readonly number[]): number => Math.sqrt(dot(series, series));
const centred = (series: readonly number[]): number[] => {
  const average = mean(series);
  return series.map((value) => value - average);
};
const cosine = (a: number[], b: number[]): number | null => {
  const size = magnitude(a) * magnitude(b);
  return size > 0 ? dot(a, b) / size : null;
};

export default [
  binary(
    "series_add",
    whole(
      (a, b) => a + b,
      (a, b) => a + b,
    ),
  ),
  binary(
    "series_subtract",
    whole(
      (a, b) => a - b,
      (a, b) => a - b,
    ),
  ),
  binary(
    "series_multiply",
    whole(
      (a, b) => a * b,
      (a, b) => a * b,
    ),
  ),
  binary(
    "series_divide",
    reals((a, b) => a / b),
  ),
  binary(
    "series_pow",
    reals((a, b) => a ** b),
  ),
  binary(
    "series_greater",
    reals((a, b) => a > b),
  ),
  binary(
    "series_greater_equals",
    reals((a, b) => a >= b),
  ),
  binary(
    "series_less",
    reals((a, b) => a < b),
  ),
  binary(
    "series_less_equals",
    reals((a, b) => a <= b),
  ),
  binary(
    "series_equals",
    reals((a, b) => a === b),
  ),
  binary(
    "series_not_equals",
    reals((a, b) => a !== b),
  ),
  unary("series_exp", Math.exp),
  unary("series_sign", Math.sign),
  unary("series_abs", Math.abs),
  unary("series_sin", Math.sin),
  unary("series_cos", Math.cos),
  unary("series_tan", Math.tan),
  unary("series_asin", Math.asin),
  unary("series_acos", Math.acos),
  unary("series_atan", Math.atan),
  unary("series_log", Math.log),
  unary("series_floor", Math.floor),
  unary("series_ceiling", Math.ceil),
  overSeries("series_sum", (series) => series.reduce((sum, value) => sum + value, 0)),
  overSeries("series_product", (series) => series.reduce((product, value) => product * value, 1)),
  overSeries("series_magnitude", magnitude),
  overPair("series_dot_product", dot),
  overPair("series_cosine_similarity", cosine),
  overPair("series_pearson_correlation", (a, b) => cosine(centred(a), centred(b))),
] satisfies ScalarFunction[];
