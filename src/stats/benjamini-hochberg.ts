/**
 * Adjusted p-values (q-values), in the order of the input: q(i) = min over j ≥ i of p(j)·m/j on ascending ranks, at
 * most 1. Rejecting every q ≤ α keeps the expected share of false discoveries at or below α for independent tests.
 * Throws RangeError on a value outside [0, 1]. O(m log m).
 * Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", JRSS B 57 (1995).
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  for (const p of pValues) if (!(p >= 0 && p <= 1)) throw new RangeError(`benjaminiHochberg: ${p} is not a p-value`);
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let smallest = 1;
  for (let rank = order.length; rank >= 1; rank--) {
    const { p, index } = order[rank - 1] as { p: number; index: number };
    smallest = Math.min(smallest, (p * order.length) / rank);
    adjusted[index] = smallest;
  }
  return adjusted;
}
