import { REAL } from "./support/entry.ts";
import { betaCdf, betaInverse, erf, erfc, gamma, logGamma, studentTwoSided } from "./support/special.ts";
import type { ScalarFunction, Udf } from "./types.ts";

const entry = (name: string, arity: number, fn: Udf["fn"]): ScalarFunction => {
  const params = Array.from({ length: arity }, () => REAL);
  const udf: Udf = { name: `kql_${name}`, params: params.map(() => "DOUBLE"), returns: "DOUBLE", fn };
  const sql = `${udf.name}(${params.map((_, i) => `$${i + 1}`).join(", ")})`;
  return { names: [name], params, returns: "real", sql, udfs: [udf], docs: `${name.replaceAll("_", "-")}-function` };
};

/** Wrong shape parameters give NaN; what lies outside 0..1 gives `outside`. */
const beta =
  (fn: (x: number, a: number, b: number) => number, outside: number | null) => (x: number, a: number, b: number) => {
    if (!(a > 0 && b > 0) || Number.isNaN(x)) return Number.NaN;
    return x < 0 || x > 1 ? outside : fn(x, a, b);
  };

const density = (x: number, a: number, b: number): number =>
  Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x));

function welch(
  mean1: number,
  variance1: number,
  count1: number,
  mean2: number,
  variance2: number,
  count2: number,
): number | null {
  if (!(count1 > 1 && count2 > 1 && variance1 >= 0 && variance2 >= 0)) return null;
  const [a, b] = [variance1 / count1, variance2 / count2];
  if (a + b === 0) return mean1 === mean2 ? 1 : 0;
  const freedom = (a + b) ** 2 / (a ** 2 / (count1 - 1) + b ** 2 / (count2 - 1));
  return studentTwoSided((mean1 - mean2) / Math.sqrt(a + b), freedom);
}

export default [
  entry("gamma", 1, gamma),
  entry("loggamma", 1, logGamma),
  entry("erf", 1, erf),
  entry("erfc", 1, erfc),
  entry("beta_cdf", 3, beta(betaCdf, Number.NaN)),
  entry("beta_pdf", 3, beta(density, Number.NaN)),
  entry("beta_inv", 3, beta(betaInverse, null)),
  entry("welch_test", 6, welch),
] satisfies ScalarFunction[];
