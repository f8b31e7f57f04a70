import { type JsonObject, member, type Row, text } from "../shape.ts";
import { lift, namesOf, newRow, propertiesOf } from "./lift.ts";

export interface Lifted {
  readonly row: Row;
  readonly lost: readonly string[];
}

/** Members of a sign-in event whose column has another name. `location` is LocationDetails here, Location at the top. */
export const SIGN_IN_NAMES: Readonly<Record<string, string>> = {
  location: "LocationDetails",
  appliedconditionalaccesspolicies: "ConditionalAccessPolicies",
  resourceid: "ResourceIdentity",
  tenantid: "",
};

const EVENT_NAMES = { ...SIGN_IN_NAMES, processingtimeinmilliseconds: "ProcessingTimeInMilliseconds" };
const SHORT_EVENT_NAMES = { ...SIGN_IN_NAMES, processingtimeinmilliseconds: "ProcessingTimeInMs" };
const AUDIT_NAMES = { operationtype: "AADOperationType", tenantid: "" };

const TOP_NAMES: Readonly<Record<string, string>> = {
  tenantid: "AADTenantId",
  properties: "",
  time: "",
  calleripaddress: "",
};

export const isSignIn = (table: string): boolean =>
  /sign-?in/i.test(table) && namesOf(table).exact.has("LocationDetails");

/** What Log Analytics adds or changes on its own in sign-in tables. */
export function finishSignIn(row: Row, table: string): void {
  const { exact } = namesOf(table);
  const constants = {
    Resource: "Microsoft.aadiam",
    ResourceGroup: "Microsoft.aadiam",
    SourceSystem: "Azure AD",
    Type: table,
  };
  for (const [column, value] of Object.entries(constants)) if (exact.has(column)) row[column] = value;
  if (table === "SigninLogs" && typeof row.UserPrincipalName === "string")
    row.UserPrincipalName = row.UserPrincipalName.toLowerCase();
  if (row.ResultType !== undefined) row.ResultType = text(row.ResultType);
}

/** A sign-in event of a diagnostic setting. */
export function signIn(record: JsonObject, table: string): Lifted {
  const row = newRow(record);
  const lostTop = lift(row, table, record, TOP_NAMES);
  const properties = propertiesOf(record);
  const isShort = namesOf(table).exact.has("ProcessingTimeInMs");
  const lost = lift(row, table, properties, isShort ? SHORT_EVENT_NAMES : EVENT_NAMES);
  if (row.IPAddress === undefined) row.IPAddress = member(record, "callerIpAddress") ?? "";
  finishSignIn(row, table);
  return { row, lost: [...lostTop, ...lost] };
}

/** A directory audit event: its own category and operation type go before those of the envelope. */
export function audit(record: JsonObject): Lifted {
  const row = newRow(record);
  const properties = propertiesOf(record);
  const lost = lift(row, "AuditLogs", properties, AUDIT_NAMES);
  const { category: _envelope, ...top } = record;
  const lostTop = lift(row, "AuditLogs", top, TOP_NAMES);
  row.SourceSystem = "Azure AD";
  row.Type = "AuditLogs";
  return { row, lost: [...lost, ...lostTop] };
}
