/**
 * −log10 of the Chernoff bound on P(X ≥ count) for a Poisson count of the given mean: (k·ln(k/λ) − k + λ)·log10 e, 0 where
 * the count does not exceed the mean. The true probability is never above the bound. O(1).
 * Source: H. Chernoff, Annals of Mathematical Statistics 23 (1952).
 */
export function poissonDecades(count: number, mean: number): number {
  if (!(mean > 0)) throw new RangeError(`poissonDecades: the mean must be positive, got ${mean}`);
  return count <= mean ? 0 : (count * Math.log(count / mean) - count + mean) * Math.LOG10E;
}
