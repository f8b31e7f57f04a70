import type { QueryBackend } from "../backends/types.ts";
import type { AccessChange, Assessment } from "../core/assessment.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../core/ticks.ts";
import { type Asking, ask, type Row, text } from "./asking.ts";

/*
 * Changes of access that the logs themselves record. A session that steps up from one factor to several can be seen; the
 * way back cannot: a later single factor says what a policy asked for, not what the session lost.
 */

/** Operations of the directory that end every session of their target. Source: Entra ID's critical events of CAE. */
export const REVOKED = `
AuditLogs
| where OperationName in ("Update StsRefreshTokenValidFrom Timestamp", "Disable account", "Delete user") and Result =~ "success"
| extend Target = TargetResources[0], Actor = tolower(tostring(InitiatedBy.user.userPrincipalName)), Application = tostring(InitiatedBy.app.displayName)
| extend Name = tolower(replace_regex(tostring(Target.userPrincipalName), "^[0-9a-fA-F]{32}", ""))
| extend User = iff(isnotempty(Name), Name, tostring(Target.id))
| where isnotempty(User)
| project Time = TimeGenerated, Id, User, Session = "", Reason = OperationName,
    By = case(isnotempty(Application), "system", Actor == User, "user", isnotempty(Actor), "admin", "policy")
| sort by Time asc, Id asc`;

export const STEPPED_UP = `
SigninLogs
| where ResultType == "0" and isnotempty(SessionId)
| extend User = tolower(iff(isnotempty(UserPrincipalName), UserPrincipalName, UserId))
| summarize Weak = minif(TimeGenerated, AuthenticationRequirement == "singleFactorAuthentication"),
    Time = minif(TimeGenerated, AuthenticationRequirement == "multiFactorAuthentication") by User, Session = SessionId
| where Weak < Time
| project Time, Id = Session, User, Session, Reason = "several factors in a session that began with one", By = "user"
| sort by Time asc, Id asc`;

const change = (kind: AccessChange["kind"], row: Row): AccessChange => ({
  kind,
  id: text(row, "Id"),
  time: text(row, "Time"),
  user: text(row, "User"),
  session: text(row, "Session") || null,
  by: text(row, "By") as AccessChange["by"],
  reason: text(row, "Reason"),
});

/** The changes of access in the window of an assessment, and what could not be asked. */
async function gatherChanges(
  backend: QueryBackend,
  { asOf, window }: Pick<Assessment, "asOf" | "window">,
): Promise<{ readonly changes: readonly AccessChange[]; readonly problems: readonly string[] }> {
  const now = parseIsoDatetime(asOf) ?? 0n;
  const start = parseIsoDatetime(window.start) ?? now - 30n * TICKS_PER_DAY;
  const asking: Asking = { backend, options: { now, timespan: { start, end: now + 1n } }, problems: [] };
  const tables = await backend.tables();
  const rows = async (table: string, what: string, kql: string): Promise<Row[]> => {
    if (tables.has(table)) return ask(asking, what, kql);
    asking.problems.push(`${what}: there is no table ${table}.`);
    return [];
  };
  const revoked = await rows("AuditLogs", "Revoked sessions", REVOKED);
  const steppedUp = await rows("SigninLogs", "Changes of assurance", STEPPED_UP);
  const changes = [
    ...revoked.map((row) => change("session-revoked", row)),
    ...steppedUp.map((row) => change("assurance-level-change", row)),
  ];
  return { changes: changes.sort((a, b) => (a.time < b.time ? -1 : 1)), problems: asking.problems };
}

/** The assessment with the changes of access, where they are wanted. */
export async function withChanges(
  assessment: Assessment,
  backend: QueryBackend,
  { changes: wanted = false }: { readonly changes?: boolean },
): Promise<Assessment> {
  if (!wanted) return assessment;
  const { changes, problems } = await gatherChanges(backend, assessment);
  return { ...assessment, warnings: [...assessment.warnings, ...problems], changes };
}
