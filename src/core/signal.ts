import type { Value } from "./kusto.ts";

/** The six facets of a verification verdict, after the trust-algorithm inputs of NIST SP 800-207 §3.3. */
export const FACETS = ["identity", "device", "context", "policy", "session", "encryption"] as const;
export type Facet = (typeof FACETS)[number];

export const FACET_STATES = ["verified", "failed", "unknown", "na"] as const;
export type FacetState = (typeof FACET_STATES)[number];

export const SUBJECT_TYPES = ["user", "workload", "device", "host", "ip", "application", "resource"] as const;
export type SubjectType = (typeof SUBJECT_TYPES)[number];

/** Context that a signal query may return beside the facets: column name → Kusto type. */
export const CONTEXT_COLUMNS = {
  IP: "string",
  ASN: "string",
  Country: "string",
  Latitude: "real",
  Longitude: "real",
  UserAgent: "string",
  DeviceId: "string",
  App: "string",
  Operation: "string",
  Bytes: "long",
  Packets: "long",
  DurationMs: "real",
  Port: "int",
  Protocol: "string",
  ResultCode: "string",
  SessionId: "string",
  TokenId: "string",
} as const;
export type ContextColumn = keyof typeof CONTEXT_COLUMNS;

/** One access event with its facets. `time` is milliseconds since the Unix epoch, UTC. */
export interface Signal {
  readonly time: number;
  readonly eventId: string;
  readonly subject: string;
  readonly subjectType: SubjectType;
  readonly resource: string;
  readonly facets: Readonly<Record<Facet, FacetState>>;
  readonly context: Readonly<Partial<Record<ContextColumn, Value>>>;
}
