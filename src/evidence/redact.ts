import type { Assessment } from "../core/assessment.ts";
import { redactSecrets } from "../core/text/secrets.ts";

/** A JSON value without credentials that logs held. */
export function redact(value: unknown): unknown {
  if (typeof value === "string") return redactSecrets(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [redactSecrets(key), redact(member)]));
}

/** A query is what the packs have written and a digest vouches for: it stays as it is. */
function redactAll(assessment: Assessment): Assessment {
  const copy = redact(assessment) as Assessment;
  const queries = assessment.pillars.flatMap(({ criteria }) => criteria.map(({ query }) => query));
  let i = 0;
  const pillars = copy.pillars.map((pillar) => ({
    ...pillar,
    criteria: pillar.criteria.map((criterion) => ({ ...criterion, query: queries[i++] ?? criterion.query })),
  }));
  return { ...copy, pillars, ...(assessment.queries && { queries: assessment.queries }) };
}

const known = new WeakMap<Assessment, Assessment>();

/** The assessment without credentials that logs held: what leaves the machine in a report or a bundle. */
export function redactAssessment(assessment: Assessment): Assessment {
  const ready = known.get(assessment) ?? redactAll(assessment);
  known.set(assessment, ready);
  known.set(ready, ready);
  return ready;
}
