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

const repair = object({
  stage,
  events: { type: "integer", minimum: 1 },
  of: count,
  offenders: { type: ["array", "null"], items: text },
});

const criterion = object(
  {
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
    repair,
    queryDigest: { type: "string", pattern: "^[0-9a-f]{64}$" },
  },
  ["repair"],
);

const freshness = object({
  events: count,
  p50: maybe({ type: "number" }),
  p90: maybe({ type: "number" }),
  p99: maybe({ type: "number" }),
});

const trust = object({
  subjects: count,
  proved: count,
  sessions: count,
  forgotten: count,
  median: maybe(share),
  lowest: list(object({ subject: text, trust: share, failed: list(text) })),
  unprovedEvents: count,
  sinceStrong: freshness,
  sessionAge: freshness,
  reportAge: freshness,
});

const finding = object({
  id: text,
  subject: text,
  start: { type: "string" },
  end: { type: "string" },
  pillars: list(pillar),
  detectors: list(text),
  anomalies: list(text),
  pValue: maybe(share),
  reason: text,
});

const canary = object({
  injected: list(
    object({
      pillar,
      detector: text,
      found: { type: "boolean" },
      toldBy: list(text),
      minutes: maybe({ type: "number" }),
    }),
  ),
  recall: maybe(share),
  alarms: count,
  echoes: count,
});

const gate = object({
  leaves: { enum: ["initial", "intermediate", "optimal"] },
  holds: { type: "boolean" },
  criteria: list(object({ id: text, pillar, state: { enum: STATES }, holds: { type: "boolean" } })),
});

const scope = object({
  kind: { enum: ["subscription", "application", "assets"] },
  name: text,
  stage,
  pillars: list(
    object({
      pillar,
      stage,
      blockedBy: list(text),
      criteria: list(
        object({
          id: text,
          stage,
          state: { enum: STATES },
          numerator: maybe({ type: "number" }),
          denominator: maybe({ type: "number" }),
          value: maybe({ type: "number" }),
          low: maybe(share),
          high: maybe(share),
          reason: text,
        }),
      ),
    }),
  ),
  tenantWide: list(text),
  nothing: list(text),
});

/** JSON Schema of `ztlens replay --output json`. */
export const replaySchema = object(
  {
    asOf: instant,
    window: object({ start: instant, end: instant }),
    pillars: list(
      object(
        {
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
          trust,
          criteria: list(criterion),
        },
        ["trust"],
      ),
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
    findings: list(finding),
    canary,
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
    organisation: object({ stage, weakest: list(pillar), gates: list(gate) }),
    scopes: list(scope),
    history: list({ type: "object" }),
    outlooks: list({ type: "object" }),
  },
  ["findings", "canary", "scopes", "history", "outlooks"],
);
