import { finishSignIn, SIGN_IN_NAMES } from "../diagnostics/entra.ts";
import { lift } from "../diagnostics/lift.ts";
import { at, emptyRow, type JsonObject, member, type Shape, text } from "../shape.ts";

const isGraphSignIn = (record: JsonObject): boolean =>
  Object.hasOwn(record, "createdDateTime") &&
  (Object.hasOwn(record, "appliedConditionalAccessPolicies") || Object.hasOwn(record, "clientAppUsed"));

/** The table of each kind of sign-in that Graph tells apart; a list without kinds is of interactive ones. */
function tableOf(record: JsonObject): string {
  const kinds = text(member(record, "signInEventTypes"));
  if (kinds.includes("managedIdentity")) return "AADManagedIdentitySignInLogs";
  if (kinds.includes("servicePrincipal")) return "AADServicePrincipalSignInLogs";
  return kinds.includes("nonInteractiveUser") ? "AADNonInteractiveUserSignInLogs" : "SigninLogs";
}

/** Microsoft Graph `auditLogs/signIns`: what a diagnostic record has in `properties`, with the result in `status`. */
export default {
  precedence: 40,
  sniff: ({ format, records }) => format === "json" && records.some(isGraphSignIn),
  map(record) {
    if (!isGraphSignIn(record)) return { skip: "Records that are no sign-ins are skipped." };
    const table = tableOf(record);
    const row = emptyRow();
    row.TimeGenerated = member(record, "createdDateTime");
    row.Location = text(at(record, "location", "countryOrRegion"));
    row.ResultType = text(at(record, "status", "errorCode"));
    row.ResultDescription = text(at(record, "status", "failureReason"));
    row.Identity = text(member(record, "userDisplayName") ?? member(record, "servicePrincipalName"));
    row.OperationName = "Sign-in activity";
    const lost = lift(row, table, record, SIGN_IN_NAMES);
    finishSignIn(row, table);
    return [{ table, row, lost }];
  },
} satisfies Shape;
