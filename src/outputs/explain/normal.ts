import { loadDetectors } from "../../analyzer/registry.ts";
import { integer } from "../view/format.ts";

const volume = (what: string): string =>
  `An hour within what the subject's own active hours allow, or below {minAmount} ${what} altogether.`;

/** What each detector takes for normal, with its settings in braces. */
const NORMAL: Readonly<Record<string, string>> = {
  "activity-shift":
    "A quarter of an hour within {minDeviations} deviations of what this hour of the day has on average, or whose score stays below {level}.",
  "api-error-burst":
    "Fewer than {minErrors} errors in {windowMinutes} minutes, an error rate below {minRatio}, or one that the caller usually has.",
  beaconing:
    "Intervals that vary: an adjusted regularity below {minScore}, or fewer than {minConnections} connections.",
  "compliance-flip": "No access after the check failed, or a device that passes it again before it gets access.",
  "credential-stuffing":
    "Fewer than {minFailures} wrong credentials, {minUsers} accounts or {minAddresses} unknown addresses in {windowMinutes} minutes.",
  "device-code": "A user who used the flow before, or a tenant where more than {commonShare} of the sign-ins use it.",
  "dns-tunnelling":
    "Fewer than {minNames} names below one domain in {windowHours} hours, or names shorter than {minLength} characters on average.",
  "exfiltration-volume": volume("bytes"),
  "impossible-travel":
    "A distance below {minKilometres} km, a speed below {minKilometresPerHour} km/h, a place the user signed in from before, or an address that {egressUsers} users share.",
  "key-extraction": volume("resources"),
  "key-misuse": "A network that the key came from before, or a key that changes networks as a habit.",
  "latency-burst":
    "Answers within {minFactor} times the operation's usual duration, or fewer than {minCalls} calls in the bucket.",
  "lateral-movement": volume("hosts"),
  "log-tampering": "A caller that has done so {routineUses} times before, as a pipeline does.",
  "mass-delete": volume("objects"),
  "mass-read": volume("objects"),
  "mfa-fatigue":
    "At most {maxDenials} refusals in {windowMinutes} minutes, and fewer than {minDenialsBeforeSuccess} before a success.",
  "network-scan": "First contacts that mostly succeed, or fewer than {minFailures} that failed.",
  "oauth-consent":
    "Fewer than {minUsers} users in {windowHours} h, or an application that the tenant has known for {newDays} days.",
  "object-enumeration": volume("resources"),
  "password-guessing":
    "Fewer than {maxFailures} wrong passwords in {windowMinutes} minutes, and fewer than {minFailuresBeforeSuccess} before a success from a new address.",
  "password-spray":
    "Failures on fewer than {minAccounts} accounts in {windowMinutes} minutes, or more accounts that succeeded than failed.",
  "privilege-escalation":
    "Fewer than {minSteps} first privileged operations in {windowHours} hours, or no grant of rights among them.",
  "rare-privileged-operation":
    "An operation that the caller, or the tenant more than {rareUses} times, has used before.",
  "role-grant":
    "A grant by somebody who grants roles, in a tenant where more than {maxProbability} of the grants come from new ones.",
  "sensor-silence":
    "A report within {factor} times the longest gap that was usual, and within {minSilenceMinutes} minutes.",
  "soc-drift": "Runs and incidents that end as they used to: a cumulative deviation below {limit}.",
  "token-replay":
    "The same network, or another one with the same client, device and country, or {sessionHours} hours between the uses.",
  "unfamiliar-sign-in": "A network, client or device that the user had before: a likelihood ratio below 10^{minScore}.",
};

/** What would have made an anomaly of a detector normal; undefined for a detector that says nothing of it. */
export async function normalOf(name: string): Promise<string | undefined> {
  const text = Object.hasOwn(NORMAL, name) ? NORMAL[name] : undefined;
  const detector = (await loadDetectors()).find((one) => one.name === name);
  if (text === undefined || !detector) return undefined;
  return text.replace(/\{(\w+)\}/g, (_, setting: string) => integer(detector.defaults[setting] ?? Number.NaN));
}
