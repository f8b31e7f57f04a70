/**
 * Probability that the next item of a stream is one never seen before: the share of the items seen exactly once, kept
 * away from 0 by one imagined item. `total` items in all, `singletons` kinds seen once.
 * Source: I. J. Good, "The Population Frequencies of Species and the Estimation of Population Parameters", Biometrika 40
 * (1953); the estimator is Turing's.
 */
export const missingMass = (singletons: number, total: number): number =>
  total < 0 || singletons < 0 ? Number.NaN : (singletons + 1) / (total + 1);
