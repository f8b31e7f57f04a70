import type { Anomaly, Assessment } from "../core/assessment.ts";
import { jsonLine } from "../core/text/json.ts";
import { uuidOf } from "../evidence/digest.ts";
import { canonical } from "../evidence/exact.ts";
import { redactAssessment } from "../evidence/redact.ts";

/*
 * Anomalies as Continuous Access Evaluation Profile events, for receivers that act on change. Source: OpenID CAEP 1.0 and
 * the Security Event Token of RFC 8417; subjects by RFC 9493. Only what an assessment can see changing is told: it
 * revokes no session and changes nobody's assurance, so it never says that either happened.
 */

const TYPE = "https://schemas.openid.net/secevent/caep/event-type/";

/** Detectors that speak of the risk of a user's session. */
const RISK = new Set([
  "device-code",
  "impossible-travel",
  "mfa-fatigue",
  "password-guessing",
  "privilege-escalation",
  "token-replay",
  "unfamiliar-sign-in",
]);

/** At or below it the risk is high, above it medium. */
const HIGH_RISK = 0.0001;

type Claims = Readonly<Record<string, unknown>>;

function changeOf({ detector, pValue, reason }: Anomaly): Claims | undefined {
  const common = { initiating_entity: "policy", reason_admin: { en: reason } };
  if (detector === "compliance-flip")
    return {
      [`${TYPE}device-compliance-change`]: { ...common, previous_status: "compliant", current_status: "not-compliant" },
    };
  if (!RISK.has(detector)) return undefined;
  const current_level = pValue !== null && pValue <= HIGH_RISK ? "HIGH" : "MEDIUM";
  return { [`${TYPE}risk-level-change`]: { ...common, principal: "USER", current_level, risk_reason: detector } };
}

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

const subjectOf = (subject: string): Claims =>
  /^[^@\s]+@[^@\s]+$/.test(subject) ? { format: "email", email: subject } : { format: "opaque", id: subject };

/**
 * One event per anomaly that is a change in the sense of CAEP, oldest first. `jti` is the same for the same anomaly in
 * every run, so that a receiver can tell what it has seen.
 */
export function changeEvents(result: Assessment, scope: string): Claims[] {
  const { anomalies, asOf } = redactAssessment(result);
  return anomalies
    .toSorted((a, b) => (a.time < b.time ? -1 : 1))
    .flatMap((anomaly) => {
      const [type, claims] = Object.entries(changeOf(anomaly) ?? {})[0] ?? [];
      if (type === undefined) return [];
      return {
        iss: "ztlens",
        jti: uuidOf(canonical(["caep", scope, anomaly.id])),
        iat: seconds(asOf),
        txn: scope,
        sub_id: subjectOf(anomaly.subject),
        events: { [type]: { event_timestamp: seconds(anomaly.time), ...(claims as Claims) } },
      };
    });
}

/** The events as JSON lines. */
export const eventLines = (result: Assessment, scope: string): string =>
  changeEvents(result, scope)
    .map((event) => `${jsonLine(event)}\n`)
    .join("");
