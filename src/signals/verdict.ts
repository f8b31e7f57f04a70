import { FACETS, type Facet, type FacetState } from "../core/signal.ts";

export const VERDICTS = ["verified", "failed", "unknown"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Facets that must be known for an event without failure to count as verified. */
export const DEFAULT_MINIMUM_KNOWN = 2;

/**
 * `failed` with any failed facet; `verified` with none and at least `minimumKnown` known (verified or failed) ones;
 * `unknown` otherwise: an event that nobody could check is neither. `na` is not known.
 */
export function verdict(facets: Readonly<Record<Facet, FacetState>>, minimumKnown = DEFAULT_MINIMUM_KNOWN): Verdict {
  let known = 0;
  for (const facet of FACETS) {
    if (facets[facet] === "failed") return "failed";
    if (facets[facet] === "verified") known += 1;
  }
  return known >= minimumKnown ? "verified" : "unknown";
}
