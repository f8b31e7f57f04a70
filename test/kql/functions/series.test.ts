import { afterAll, describe, expect, test } from "vitest";
import { dyn, evaluate, type Input, none, openTestEngine } from "./support/evaluate.ts";

const engine = await openTestEngine();
afterAll(() => engine.close());

/** Numbers to nine digits, at any depth. */
const rounded = (value: unknown): unknown => {
  if (typeof value === "number") return Number(value.toPrecision(9));
  if (Array.isArray(value)) return value.map(rounded);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
  return value;
};

const sample = dyn([23, 46, 23, 87, 4, 8, 3, 75, 2, 56, 13, 75, 32, 16, 29]);
const gaps = dyn([111, null, 36, 41, null, null, 16]);

const cases: readonly (readonly [name: string, inputs: readonly Input[], expected: unknown])[] = [
  ["series_add", [dyn([1, 2, 4]), dyn([4, 2, 1])], [5, 4, 5]],
  ["series_multiply", [dyn([1, 2]), 2n], [2, 4]],
  ["series_subtract", [dyn([1, "x", 3]), dyn([1, 1])], [0, null, null]],
  ["series_divide", [dyn([1, 3]), dyn([2, 2])], [0.5, 1.5]],
  ["series_pow", [dyn([1, 2, 3, 4]), dyn([1, 2, 3, 0.5])], [1, 4, 27, 2]],
  ["series_greater_equals", [dyn([1, 2, 4]), dyn([4, 2, 1])], [false, true, true]],
  ["series_abs", [dyn([-1, 2.5, null])], [1, 2.5, null]],
  ["series_sum", [dyn([1, 2, 3, 4])], 10],
  ["series_product", [dyn([1, 2, 3, 4])], 24],
  ["series_dot_product", [dyn([1, 2, 4]), 2n], 14],
  ["series_magnitude", [dyn([3, 4])], 5],
  ["series_pearson_correlation", [dyn([1, 2, 3]), dyn([2, 4, 6])], 1],
  ["series_fill_forward", [gaps], [111, 111, 36, 41, 41, 41, 16]],
  ["series_fill_backward", [dyn([null, 1, null])], [1, 1, null]],
  ["series_fill_const", [dyn([null, 1]), 0n], [0, 1]],
  ["series_fill_const", [dyn([-1, 1]), 0n, -1n], [0, 1]],
  ["series_fill_linear", [gaps], [111, 73, 36, 41, 32, 24, 16]],
  ["series_fill_linear", [dyn([null, 111.5, null, 36.5]), none("real"), false], [null, 111.5, 74, 36.5]],
  ["series_fill_linear", [dyn([null, null])], [0, 0]],
  ["series_fir", [dyn([0, 2, 2, 3]), dyn([1, -1]), false], [0, 2, 0, 1]],
  ["series_fir", [dyn([0, 0, 3, 0, 0]), dyn([1, 1, 1]), true, true], [0, 1, 1, 1, 0]],
  ["series_iir", [dyn([1, 2, 3, 4]), dyn([1]), dyn([1, -1])], [1, 3, 6, 10]],
  ["series_stats", [sample], [2, 8, 87, 3, 32.8, 28.503633853548, 812.457142857143]],
  [
    "series_stats_dynamic",
    [dyn([1, null, 3]), true],
    { min: 1, min_idx: 0, max: 3, max_idx: 2, avg: 2, stdev: Math.SQRT2, variance: 2, sum: 4, len: 3 },
  ],
  ["series_stats_dynamic", [dyn([1, null])], null],
  [
    "series_seasonal",
    [dyn([1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6]), 3n],
    [1.5, 3.5, 5.5, 1.5, 3.5, 5.5, 1.5, 3.5, 5.5, 1.5, 3.5, 5.5],
  ],
  ["series_seasonal", [dyn([1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6])], new Array(12).fill(0)],
  [
    "series_outliers",
    [dyn([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20]), "tukey"],
    [-0.5, -0.3, -0.1, 0, 0, 0, 0, 0, 0.1, 0.3, 2.5],
  ],
  [
    "series_fft",
    [dyn([1, 0, 0, 0])],
    [
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ],
  ],
  ["series_fit_poly", [dyn([1, 4, 9, 16]), none("dynamic"), 2n], [1, [1, 0, 0], 43, 0, [1, 4, 9, 16]]],
];

test.each(cases.map(([name, inputs, expected]) => ({ name, inputs, expected })))(
  "$name($inputs)",
  async ({ name, inputs, expected }) => {
    const near = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(rounded(value), (_, v) => (typeof v === "number" && Math.abs(v) < 1e-9 ? 0 : v)));
    for (const value of await evaluate(engine, name, inputs)) expect(near(value)).toEqual(near(expected));
  },
);

const call = async (name: string, ...inputs: Input[]): Promise<number[][]> =>
  (await evaluate(engine, name, inputs))[0] as number[][];

describe("fitting", () => {
  test("a line has the slope and quality that the documentation shows", async () => {
    const [rsquare, slope, variance, rvariance, interception] = await call(
      "series_fit_line",
      dyn([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30]),
    );
    expect(rsquare).toBeCloseTo(0.982, 2);
    expect(slope).toBeCloseTo(2.73, 2);
    expect(variance).toBeCloseTo(98.628, 2);
    expect(rvariance).toBeCloseTo(1.686, 2);
    expect(interception).toBeCloseTo(-1.666, 2);
  });

  test("two lines break where the slope changes", async () => {
    const [rsquare, split] = await call("series_fit_2lines", dyn([0, 1, 2, 3, 10, 8, 6, 4]));
    expect(rsquare).toBeCloseTo(1, 9);
    expect(split).toBe(4);
  });

  test("the inverse transform gives the series back, whatever its length", async () => {
    for (const length of [7, 8, 30]) {
      const series = Array.from({ length }, (_, i) => Math.sin(i) + i);
      const [real = [], imaginary = []] = await call("series_fft", dyn(series));
      const [again = []] = await call("series_ifft", dyn(real), dyn(imaginary));
      for (const [i, value] of again.entries()) expect(value).toBeCloseTo(series[i] ?? 0, 9);
    }
  });
});

describe("decomposition", () => {
  const noise = (i: number): number => (((i * 2654435761) % 1000) / 1000 - 0.5) * 2;
  const weekly = Array.from(
    { length: 24 * 7 * 5 },
    (_, t) => noise(t) + (Math.floor(t / 24) % 7 >= 5 ? 10 : 15) - ((t % 24) / 10) ** 2,
  );
  const spiked = weekly.map((value, t) =>
    [150, 200, 780].includes(t) ? value - 8 : [300, 400, 600].includes(t) ? value + 8 : value,
  );

  test("a period is found, and its multiples are not", async () => {
    const cycle = Array.from({ length: 60 }, (_, i) => [1, 5, 9, 5, 2][i % 5] ?? 0);
    const [periods = [], scores = []] = await call("series_periods_detect", dyn(cycle), 0.0, 50.0, 2n);
    expect(periods).toEqual([5, 0]);
    expect(scores[0]).toBeGreaterThan(0.9);
    expect((await call("series_periods_validate", dyn(cycle), 5.0, 7.0))[1]?.[1]).toBe(0);
  });

  test("exactly the points that were moved are flagged", async () => {
    const [flags = [], scores = []] = await call("series_decompose_anomalies", dyn(spiked), 2.5, -1n, "linefit");
    const flagged = flags.flatMap((flag, i) => (flag === 0 ? [] : [[i, flag]]));
    expect(flagged).toEqual([
      [150, -1],
      [200, -1],
      [300, 1],
      [400, 1],
      [600, 1],
      [780, -1],
    ]);
    expect(scores[300]).toBeGreaterThan(2.5);
  });

  test("the parts add up to the series", async () => {
    const [baseline = [], seasonal = [], trend = [], residual = []] = await call(
      "series_decompose",
      dyn(spiked),
      -1n,
      "linefit",
    );
    for (const [i, value] of spiked.entries()) {
      expect((seasonal[i] ?? 0) + (trend[i] ?? 0)).toBeCloseTo(baseline[i] ?? 0, 9);
      expect((baseline[i] ?? 0) + (residual[i] ?? 0)).toBeCloseTo(value, 9);
    }
  });

  test("a forecast goes on with season and trend", async () => {
    const line = Array.from({ length: 40 }, (_, i) => i + (i % 4 === 0 ? 8 : 0));
    const learnt = line.map((value, i) => (i < 32 ? value : 0));
    const forecast = await call("series_decompose_forecast", dyn(learnt), 8n, 4n, "linefit");
    for (let i = 32; i < 40; i++) expect(Math.abs(Number(forecast[i]) - (line[i] ?? 0))).toBeLessThan(1);
  });

  test("a long series is done in time", async () => {
    const long = Array.from({ length: 100_000 }, (_, i) => (i % 288) + noise(i));
    const [periods = []] = await call("series_periods_detect", dyn(long), 0.0, 1000.0, 1n);
    expect(periods).toEqual([288]);
    expect((await call("series_fit_2lines", dyn(long.map((_, i) => Math.min(i, 70_000)))))[1]).toBe(70_000);
  }, 20_000);

  test("a flat series shows its spike", async () => {
    const [flags = []] = await call(
      "series_decompose_anomalies",
      dyn([...new Array(30).fill(5), 50, ...new Array(30).fill(5)]),
    );
    expect(flags.flatMap((flag, i) => (flag === 0 ? [] : [i]))).toEqual([30]);
  });
});
