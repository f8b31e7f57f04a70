import type { AccessChange, Anomaly, Assessment } from "../core/assessment.ts";
import { jsonLine } from "../core/text/json.ts";
import { uuidOf } from "../evidence/digest.ts";
import { canonical } from "../evidence/exact.ts";
import { redactAssessment } from "../evidence/redact.ts";

/*
 * Continuous Access Evaluation Profile events, for receivers that act on change. Source: OpenID CAEP 1.0 and the Security
 * Event Token of RFC 8417; subjects by RFC 9493 and the Shared Signals Framework. Risk and compliance come of anomalies.
 * That a session was revoked or that its assurance rose is only told where the logs record it.
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

/** The claims of a Security Event Token. */
export interface ChangeEvent {
  readonly iss: string;
  /** The same for the same change in every run, so that a receiver can tell what it has seen. */
  readonly jti: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly txn: string;
  readonly sub_id: Claims;
  /** Event type → its claims. */
  readonly events: Readonly<Record<string, Claims>>;
}

/** A change before it is addressed: whom it is about, when, and which event it is. */
interface Told {
  readonly id: string;
  readonly time: string;
  readonly subject: Claims;
  readonly event: Claims;
}

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

const toldOfAnomaly = (anomaly: Anomaly): Told[] => {
  const event = changeOf(anomaly);
  return event ? [{ id: anomaly.id, time: anomaly.time, subject: subjectOf(anomaly.subject), event }] : [];
};

/** Single-factor authentication is assurance level 1 of NIST SP 800-63B; of several factors level 2 at least is known. */
const ASSURANCE = {
  namespace: "NIST-AAL",
  previous_level: "nist-aal1",
  current_level: "nist-aal2",
  change_direction: "increase",
};

function toldOfChange({ kind, id, time, user, session, by, reason }: AccessChange): Told {
  const common = { initiating_entity: by, reason_admin: { en: reason } };
  const owner = subjectOf(user);
  return {
    id: `${kind} ${id}`,
    time,
    subject: session === null ? owner : { format: "complex", user: owner, session: { format: "opaque", id: session } },
    event: { [`${TYPE}${kind}`]: kind === "session-revoked" ? common : { ...common, ...ASSURANCE } },
  };
}

/** One event per change in the sense of CAEP, oldest first. */
export function changeEvents(result: Assessment, scope: string): ChangeEvent[] {
  const { anomalies, changes = [], asOf } = redactAssessment(result);
  return [...anomalies.flatMap(toldOfAnomaly), ...changes.map(toldOfChange)]
    .sort((a, b) => (a.time < b.time ? -1 : 1))
    .map(({ id, time, subject, event }) => ({
      iss: "ztlens",
      jti: uuidOf(canonical(["caep", scope, id])),
      iat: seconds(asOf),
      txn: scope,
      sub_id: subject,
      events: Object.fromEntries(
        Object.entries(event).map(([type, claims]) => [
          type,
          { event_timestamp: seconds(time), ...(claims as Claims) },
        ]),
      ),
    }));
}

/** The events as JSON lines. */
export const eventLines = (result: Assessment, scope: string): string =>
  changeEvents(result, scope)
    .map((event) => `${jsonLine(event)}\n`)
    .join("");
