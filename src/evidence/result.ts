import type { Assessment } from "../core/assessment.ts";
import { sha256 } from "./digest.ts";
import { canonical } from "./exact.ts";

/**
 * Digest of what was found: counts, bounds, states, stages, anomalies. Names of files are no part of it, since an
 * auditor keeps them elsewhere; nor are offenders, a sample in which equals may take each other's place.
 */
export function resultDigest({ asOf, window, pillars, anomalies }: Assessment): string {
  const measured = pillars.map((pillar) => ({
    ...pillar,
    criteria: pillar.criteria.map(({ offenders: _, ...criterion }) => criterion),
  }));
  return sha256(canonical({ asOf, window, pillars: measured, anomalies }));
}
