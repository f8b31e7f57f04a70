/** Statistics of finite numbers. Variances are those of a sample. */

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

export function sampleVariance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The percentile with linear interpolation between ranks. */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = ((sorted.length - 1) * percent) / 100;
  const low = sorted[Math.floor(rank)] ?? 0;
  return low + ((sorted[Math.ceil(rank)] ?? low) - low) * (rank - Math.floor(rank));
}

export interface Fit {
  readonly rsquare: number;
  readonly slope: number;
  readonly variance: number;
  readonly rvariance: number;
  readonly interception: number;
  readonly fitted: number[];
}

/** The least-squares line over positions 1, 2, 3, … */
export function fitLine(y: readonly number[]): Fit {
  const centre = (y.length - 1) / 2;
  const average = mean(y);
  let [across, along] = [0, 0];
  for (const [i, value] of y.entries()) {
    across += (i - centre) * (value - average);
    along += (i - centre) ** 2;
  }
  const slope = along > 0 ? across / along : 0;
  const interception = average - slope * (centre + 1);
  const fitted = y.map((_, i) => interception + slope * (i + 1));
  return { slope, interception, ...quality(y, fitted) };
}

export function quality(y: readonly number[], fitted: number[]): Omit<Fit, "slope" | "interception"> {
  const variance = sampleVariance(y);
  const squares = y.reduce((sum, value, i) => sum + (value - (fitted[i] ?? 0)) ** 2, 0);
  const rvariance = y.length > 1 ? squares / (y.length - 1) : 0;
  return { variance, rvariance, fitted, rsquare: variance > 0 ? Math.max(0, 1 - rvariance / variance) : 0 };
}

/** Coefficients of the least-squares polynomial, lowest power first, by orthogonal columns. */
export function fitPolynomial(x: readonly number[], y: readonly number[], degree: number): number[] {
  const columns = Array.from({ length: degree + 1 }, (_, power) => x.map((value) => value ** power));
  const basis: number[][] = [];
  const triangle: number[][] = columns.map(() => []);
  for (const [j, column] of columns.entries()) {
    let rest = [...column];
    for (let pass = 0; pass < 2; pass++)
      for (const [i, unit] of basis.entries()) {
        const weight = dot(unit, rest);
        const row = triangle[i] ?? [];
        row[j] = (row[j] ?? 0) + weight;
        rest = rest.map((value, k) => value - weight * (unit[k] ?? 0));
      }
    const length = Math.sqrt(dot(rest, rest));
    (triangle[j] ?? [])[j] = length;
    basis.push(length > 0 ? rest.map((value) => value / length) : rest);
  }
  const result = new Array<number>(degree + 1).fill(0);
  for (let i = degree; i >= 0; i--) {
    let value = dot(basis[i] ?? [], y);
    for (let j = i + 1; j <= degree; j++) value -= (triangle[i]?.[j] ?? 0) * (result[j] ?? 0);
    const pivot = triangle[i]?.[i] ?? 0;
    result[i] = pivot > 0 ? value / pivot : 0;
  }
  return result;
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
