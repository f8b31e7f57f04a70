import type { Column, ScalarType } from "../../core/kusto.ts";
import { BOOL, DYNAMIC, jsonFunction, LONG, optional } from "./support/entry.ts";
import { transform } from "./support/fft.ts";
import { type Dynamic, numberOf } from "./support/json.ts";
import { type Fit, fitLine, fitPolynomial, mean, quality, sampleVariance } from "./support/linear.ts";
import type { ScalarFunction } from "./types.ts";

const columns = (text: string): Column[] =>
  text.split(" ").map((item) => {
    const [name = "", type = "real"] = item.split(":");
    return { name, type: type as ScalarType };
  });

/** The numbers of a series, or undefined when it is no array or has an element that is none. */
const numbers = (value: Dynamic | undefined): number[] | undefined => {
  const list = Array.isArray(value) ? value.map(numberOf) : undefined;
  return list === undefined || list.length === 0 || !list.every(Number.isFinite) ? undefined : list;
};

function statistics([series, ignoreNonfinite]: readonly Dynamic[]): Map<string, Dynamic> | undefined {
  const all = Array.isArray(series) ? series.map(numberOf) : [];
  const finite = all.filter(Number.isFinite);
  if (finite.length === 0 || (ignoreNonfinite !== true && finite.length < all.length)) return undefined;
  const [min, max] = [Math.min, Math.max].map((pick) => finite.reduce((a, b) => pick(a, b))) as [number, number];
  const variance = sampleVariance(finite);
  return new Map<string, Dynamic>([
    ["min", min],
    ["min_idx", BigInt(all.indexOf(min))],
    ["max", max],
    ["max_idx", BigInt(all.indexOf(max))],
    ["avg", mean(finite)],
    ["stdev", Math.sqrt(variance)],
    ["variance", variance],
    ["sum", finite.reduce((sum, value) => sum + value, 0)],
    ["len", BigInt(all.length)],
  ]);
}

const STATS = columns("min min_idx:long max max_idx:long avg stdev variance");
const LINE = columns("rsquare slope variance rvariance interception line_fit:dynamic");
const line = (fit: Fit): [string, Dynamic][] => [
  ["rsquare", fit.rsquare],
  ["slope", fit.slope],
  ["variance", fit.variance],
  ["rvariance", fit.rvariance],
  ["interception", fit.interception],
  ["line_fit", fit.fitted],
];

const SIDES = "rsquare slope interception variance rvariance";
const TWO_LINES = columns(
  `rsquare split_idx:long variance rvariance line_fit:dynamic ${["right", "left"]
    .flatMap((side) => SIDES.split(" ").map((name) => `${side}_${name}`))
    .join(" ")}`,
);

/** What the best line through y[from..to) leaves, from running sums of i, i², y, y², i·y. */
function residual(sums: readonly (readonly number[])[], from: number, to: number): number {
  const count = to - from;
  const [x = 0, xx = 0, y = 0, yy = 0, xy = 0] = (sums[to] ?? []).map((value, k) => value - (sums[from]?.[k] ?? 0));
  const [sxx, sxy, syy] = [xx - (x * x) / count, xy - (x * y) / count, yy - (y * y) / count];
  return Math.max(0, sxx > 0 ? syy - (sxy * sxy) / sxx : syy);
}

/** The split whose two lines leave the least residual; the earliest of equal ones. */
function bestSplit(series: readonly number[]): number {
  const centre = mean(series);
  const sums: number[][] = [[0, 0, 0, 0, 0]];
  for (const [i, value] of series.entries()) {
    const [x, y] = [i - series.length / 2, value - centre];
    sums.push([x, x * x, y, y * y, x * y].map((term, k) => term + (sums[i]?.[k] ?? 0)));
  }
  const slack = 1e-12 * Math.max(sums.at(-1)?.[3] ?? 0, 1);
  let [best, least] = [1, Number.POSITIVE_INFINITY];
  for (let split = 1; split < series.length; split++) {
    const left = residual(sums, 0, split) + residual(sums, split, series.length);
    if (left < least - slack) [best, least] = [split, left];
  }
  return best;
}

function twoLines(y: readonly number[]): Map<string, Dynamic> | undefined {
  if (y.length < 2) return undefined;
  const split = bestSplit(y);
  const [left, right] = [fitLine(y.slice(0, split)), fitLine(y.slice(split))];
  const whole = quality(y, [...left.fitted, ...right.fitted]);
  const side = (name: string, fit: Fit): [string, Dynamic][] => [
    [`${name}_rsquare`, fit.rsquare],
    [`${name}_slope`, fit.slope],
    [`${name}_interception`, fit.interception],
    [`${name}_variance`, fit.variance],
    [`${name}_rvariance`, fit.rvariance],
  ];
  return new Map<string, Dynamic>([
    ["rsquare", whole.rsquare],
    ["split_idx", BigInt(split)],
    ["variance", whole.variance],
    ["rvariance", whole.rvariance],
    ["line_fit", whole.fitted],
    ...side("right", right),
    ...side("left", left),
  ]);
}

const MAX_DEGREE = 20;
function polynomial(args: readonly Dynamic[]): Dynamic {
  const y = numbers(args[0]);
  const x = numbers(Array.isArray(args[1]) ? args[1] : undefined) ?? y?.map((_, i) => i + 1);
  const order = args.slice(1).find((arg) => typeof arg === "bigint") ?? 1n;
  const degree = Number(order);
  if (!y || !x || x.length !== y.length || degree < 1 || degree > MAX_DEGREE || degree >= y.length) return null;
  const coefficients = fitPolynomial(x, y, degree);
  const fitted = x.map((value) => coefficients.reduceRight((sum, coefficient) => sum * value + coefficient, 0));
  const { rsquare, variance, rvariance } = quality(y, fitted);
  return [rsquare, coefficients.toReversed(), variance, rvariance, fitted];
}

/** Coefficient 0 weighs the current value, the next ones what came before; outside the series is 0. */
function fir([series, filter, normalize, center]: readonly Dynamic[]): Dynamic {
  const [x, taps] = [numbers(series), numbers(filter)];
  if (!x || !taps) return null;
  const negative = taps.some((tap) => tap < 0);
  if (negative && normalize === true) return null;
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  const scale = normalize === false || negative || total === 0 ? 1 : total;
  const ahead = center === true ? Math.floor((taps.length - 1) / 2) : 0;
  return x.map((_, i) => taps.reduce((sum, tap, j) => sum + tap * (x[i + ahead - j] ?? 0), 0) / scale);
}

function iir([series, numerators, denominators]: readonly Dynamic[]): Dynamic {
  const [x, b, a] = [numbers(series), numbers(numerators), numbers(denominators)];
  if (!x || !b || !a || a[0] === 0) return null;
  const y: number[] = [];
  for (const i of x.keys()) {
    const forward = b.reduce((sum, weight, j) => sum + weight * (x[i - j] ?? 0), 0);
    const back = a.reduce((sum, weight, j) => (j === 0 ? sum : sum + weight * (y[i - j] ?? 0)), 0);
    y.push((forward - back) / (a[0] ?? 1));
  }
  return y;
}

const fourier =
  (inverse: boolean) =>
  ([real, imaginary]: readonly Dynamic[]): Dynamic => {
    const x = numbers(real);
    if (!x) return null;
    const { re, im } = transform(x, numbers(imaginary) ?? [], inverse);
    return [[...re], [...im]];
  };

const values = (bag: Map<string, Dynamic> | undefined, tuple: readonly Column[]): Dynamic =>
  bag ? tuple.map(({ name }) => bag.get(name) ?? null) : null;
const ofSeries =
  <T>(fn: (y: number[]) => T | undefined) =>
  ([series]: readonly Dynamic[]): T | undefined => {
    const y = numbers(series);
    return y && fn(y);
  };
const lineBag = ofSeries((y) => new Map(line(fitLine(y))));
const twoLineBag = ofSeries(twoLines);
const FOURIER = columns("real:dynamic imag:dynamic");
const POLYNOMIAL = columns("rsquare coefficients:dynamic variance rvariance poly_fit:dynamic");

export default [
  jsonFunction(["series_stats"], [DYNAMIC, optional(BOOL)], "dynamic", (args) => values(statistics(args), STATS), {
    tuple: STATS,
  }),
  jsonFunction(["series_stats_dynamic"], [DYNAMIC, optional(BOOL)], "dynamic", statistics),
  jsonFunction(["series_fit_line"], [DYNAMIC], "dynamic", (args) => values(lineBag(args), LINE), { tuple: LINE }),
  jsonFunction(["series_fit_line_dynamic"], [DYNAMIC], "dynamic", lineBag),
  jsonFunction(["series_fit_2lines"], [DYNAMIC], "dynamic", (args) => values(twoLineBag(args), TWO_LINES), {
    tuple: TWO_LINES,
  }),
  jsonFunction(["series_fit_2lines_dynamic"], [DYNAMIC], "dynamic", twoLineBag),
  jsonFunction(["series_fit_poly"], [DYNAMIC, optional({ type: "any" }), optional(LONG)], "dynamic", polynomial, {
    tuple: POLYNOMIAL,
  }),
  jsonFunction(["series_fir"], [DYNAMIC, DYNAMIC, optional(BOOL), optional(BOOL)], "dynamic", fir),
  jsonFunction(["series_iir"], [DYNAMIC, DYNAMIC, DYNAMIC], "dynamic", iir),
  jsonFunction(["series_fft"], [DYNAMIC, optional(DYNAMIC)], "dynamic", fourier(false), { tuple: FOURIER }),
  jsonFunction(["series_ifft"], [DYNAMIC, optional(DYNAMIC)], "dynamic", fourier(true), { tuple: FOURIER }),
] satisfies ScalarFunction[];
