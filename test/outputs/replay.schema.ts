import { PILLARS, STAGES, STATES } from "../../src/core/maturity.ts";

const object = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object => ({
  type: "object",
  additionalProperties: false,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});
const list = (items: object): object => ({ type: "array", items });
const text = { type: "string" };
const count = { type: "integer", minimum: 0 };
const share = { type: "number", minimum: 0, maximum: 1 };
const maybe = (schema: { type: string }): object => ({ ...schema, type: [schema.type, "null"] });
const instant = { type: "string", pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{7}Z$" };
const stage = { enum: [...STAGES, "not_assessable"] };
const pillar = { enum: PILLARS };

const criterion = object({
  id: text,
  stage,
  state: { enum: STATES },
  numerator: maybe({ type: "number" }),
  denominator: maybe({ type: "number" }),
  value: maybe({ type: "number" }),
  low: maybe(share),
  high: maybe(share),
  thresholds: object({ initial: share, intermediate: share, optimal: share }, ["initial", "intermediate", "optimal"]),
  reason: text,
  offenders: list({ type: "object" }),
  queryDigest: { type: "string", pattern: "^[0-9a-f]{64}$" },
});

/** JSON Schema of `ztlens replay --output json`. */
export const replaySchema = object({
  asOf: instant,
  window: object({ start: instant, end: instant }),
  pillars: list(
    object({
      pillar,
      stage,
      continuousVerification: object({
        verified: count,
        failed: count,
        unknown: count,
        rate: maybe(share),
        low: maybe(share),
        high: maybe(share),
      }),
      criteria: list(criterion),
    }),
  ),
  anomalies: list(
    object({
      id: text,
      pillar,
      detector: text,
      subject: text,
      time: instant,
      score: { type: "number" },
      pValue: maybe(share),
      reason: text,
    }),
  ),
  inputs: list(
    object({
      file: text,
      table: { type: ["string", "null"] },
      read: count,
      accepted: count,
      quarantined: count,
      skipped: count,
    }),
  ),
});
