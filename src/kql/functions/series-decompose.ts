import type { Column } from "../../core/kusto.ts";
import {
  type DecomposeOptions,
  type Decomposition,
  decompose,
  periodOf,
  seasonalOf,
  tukeyScores,
} from "./support/decompose.ts";
import { ANY, DYNAMIC, jsonFunction, LONG, optional, REAL, rest, TEXT } from "./support/entry.ts";
import { type Dynamic, numberOf, textOf } from "./support/json.ts";
import { detectPeriods, validatePeriods } from "./support/periods.ts";
import type { ScalarFunction } from "./types.ts";

const arrays = (...names: string[]): Column[] => names.map((name) => ({ name, type: "dynamic" }));

/** Missing points take the value on the line between their neighbours, so that every phase keeps its place. */
function series(value: Dynamic | undefined): number[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const numbers = value.map(numberOf);
  const known = numbers.flatMap((number, i) => (Number.isFinite(number) ? [i] : []));
  if (known.length === 0) return undefined;
  let right = 0;
  return numbers.map((number, i) => {
    if (Number.isFinite(number)) return number;
    while (right < known.length && (known[right] ?? 0) < i) right++;
    const [before, after] = [known[right - 1], known[right]];
    const [a, b] = [numbers[before ?? after ?? 0] ?? 0, numbers[after ?? before ?? 0] ?? 0];
    return before === undefined || after === undefined ? a : a + ((b - a) * (i - before)) / (after - before);
  });
}

const given = (value: Dynamic | undefined, otherwise: number): number => {
  const number = numberOf(value ?? null);
  return Number.isNaN(number) ? otherwise : number;
};

const options = (args: readonly (Dynamic | undefined)[]): DecomposeOptions => {
  const [seasonality, trend, testPoints, threshold] = args;
  const kind = textOf(trend ?? null).toLowerCase();
  return {
    seasonality: Math.trunc(given(seasonality, -1)),
    trend: kind === "linefit" || kind === "none" ? kind : "avg",
    testPoints: Math.max(Math.trunc(given(testPoints, 0)), 0),
    threshold: given(threshold, 0.6),
  };
};

const decomposed = (value: Dynamic | undefined, settings: DecomposeOptions): Decomposition | undefined => {
  const numbers = series(value);
  return numbers && decompose(numbers, settings);
};

/** 10th to 90th percentile, or the given ones; Tukey's own test takes the quartiles. */
const fences = (kind: Dynamic | undefined, low?: Dynamic, high?: Dynamic): [number, number] =>
  textOf(kind ?? null).toLowerCase() === "tukey" ? [25, 75] : [given(low, 10), given(high, 90)];

function outliers([value, kind, ignored, low, high]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(value)) return null;
  const skip = numberOf(ignored ?? null);
  const numbers = value.map((item) => {
    const number = numberOf(item);
    return number === skip ? Number.NaN : number;
  });
  return tukeyScores(numbers, numbers, ...fences(kind, low, high));
}

/** Decomposition, Tukey scores of the residual, and a flag where the score leaves ±threshold. */
function anomalies([value, threshold, seasonality, trend, testPoints, method, score]: readonly Dynamic[]): Dynamic {
  const settings = options([seasonality, trend, testPoints, score]);
  const parts = decomposed(value, settings);
  if (!parts) return null;
  const { residual, baseline } = parts;
  const learnt = residual.slice(0, Math.max(residual.length - settings.testPoints, 0));
  const scores = tukeyScores(residual, learnt, ...fences(method));
  const limit = given(threshold, 1.5);
  const flags = scores.map((item) => (item > limit ? 1n : item < -limit ? -1n : 0n));
  return [flags, scores, baseline];
}

function forecast([value, points, seasonality, trend, score]: readonly Dynamic[]): Dynamic {
  return decomposed(value, options([seasonality, trend, points, score]))?.baseline ?? null;
}

function seasonal([value, period]: readonly Dynamic[]): Dynamic {
  const numbers = series(value);
  if (!numbers) return null;
  const found = periodOf(numbers, Math.trunc(given(period, -1)), 0.7);
  return found > 0 ? seasonalOf(numbers, found, numbers.length) : numbers.map(() => 0);
}

const MAX_PERIODS = 1000;
function detect([value, least, longest, count]: readonly Dynamic[]): Dynamic {
  const numbers = series(value);
  if (!numbers) return null;
  const wanted = Math.min(Math.max(given(count, 1), 0), MAX_PERIODS);
  const found = detectPeriods(numbers, given(least, 0), given(longest, numbers.length));
  const padded = Array.from({ length: wanted }, (_, i) => found[i] ?? { length: 0, score: 0 });
  return [padded.map(({ length }) => length), padded.map(({ score }) => score)];
}

const PERIODS = arrays("periods", "scores");
function validate([value, ...periods]: readonly Dynamic[]): Dynamic {
  const numbers = series(value);
  const lengths = periods.map(numberOf);
  return numbers ? [lengths, validatePeriods(numbers, lengths)] : null;
}

export default [
  jsonFunction(
    ["series_decompose"],
    [DYNAMIC, optional(LONG), optional(TEXT), optional(LONG), optional(REAL)],
    "dynamic",
    ([value, ...more]) => {
      const parts = decomposed(value, options(more));
      return parts ? [parts.baseline, parts.seasonal, parts.trend, parts.residual] : null;
    },
    { tuple: arrays("baseline", "seasonal", "trend", "residual") },
  ),
  jsonFunction(
    ["series_decompose_anomalies"],
    [DYNAMIC, optional(REAL), optional(LONG), optional(TEXT), optional(LONG), optional(TEXT), optional(REAL)],
    "dynamic",
    anomalies,
    { tuple: arrays("ad_flag", "ad_score", "baseline") },
  ),
  jsonFunction(
    ["series_decompose_forecast"],
    [DYNAMIC, LONG, optional(LONG), optional(TEXT), optional(REAL)],
    "dynamic",
    forecast,
  ),
  jsonFunction(["series_seasonal"], [DYNAMIC, optional(LONG)], "dynamic", seasonal),
  jsonFunction(
    ["series_outliers"],
    [DYNAMIC, optional(TEXT), optional(ANY), optional(REAL), optional(REAL)],
    "dynamic",
    outliers,
  ),
  jsonFunction(["series_periods_detect"], [DYNAMIC, REAL, REAL, LONG], "dynamic", detect, { tuple: PERIODS }),
  jsonFunction(["series_periods_validate"], [DYNAMIC, rest(REAL)], "dynamic", validate, { tuple: PERIODS }),
] satisfies ScalarFunction[];
