import type { Row, Shape } from "../types.ts";
import ndjson from "./ndjson.ts";

/** Table → category of its diagnostic setting. Tables without one are written as Log Analytics rows. */
const CATEGORIES: Readonly<Record<string, string>> = {
  SigninLogs: "SignInLogs",
  AADNonInteractiveUserSignInLogs: "NonInteractiveUserSignInLogs",
  AADServicePrincipalSignInLogs: "ServicePrincipalSignInLogs",
  AADManagedIdentitySignInLogs: "ManagedIdentitySignInLogs",
  AuditLogs: "AuditLogs",
  AzureActivity: "Administrative",
  ApiManagementGatewayLogs: "GatewayLogs",
  StorageBlobLogs: "StorageRead",
};

/** Columns whose key in the event is not the column's name with a small first letter. */
const RENAMED: Readonly<Record<string, string>> = {
  LocationDetails: "location",
  ConditionalAccessPolicies: "appliedConditionalAccessPolicies",
  ResourceIdentity: "resourceId",
  AADOperationType: "operationType",
  RiskEventTypes_V2: "riskEventTypes_v2",
  IPAddress: "ipAddress",
};

/** Columns of the envelope, which `properties` does not repeat. */
const ENVELOPE = new Set([
  "TenantId",
  "TimeGenerated",
  "Type",
  "OperationName",
  "ResultType",
  "AADTenantId",
  "Location",
  "_ResourceId",
]);
/** JSON that Log Analytics keeps as text, but the event as a value. */
const STRUCTURED =
  /^(Authentication(Details|ProcessingDetails)|DeviceDetail|LocationDetails|ConditionalAccessPolicies|Status)$/;

const keyOf = (column: string): string => RENAMED[column] ?? column.charAt(0).toLowerCase() + column.slice(1);

function eventValue(column: string, value: unknown): unknown {
  return typeof value === "string" && STRUCTURED.test(column) ? JSON.parse(value) : value;
}

function propertiesOf(row: Row, apart: ReadonlySet<string> = ENVELOPE): Row {
  const columns = Object.entries(row).filter(([column]) => !ENVELOPE.has(column) && !apart.has(column));
  return Object.fromEntries(columns.map(([column, value]) => [keyOf(column), eventValue(column, value)]));
}

const directory = (row: Row): Row => ({
  time: row.TimeGenerated,
  resourceId: `/tenants/${row.AADTenantId}/providers/Microsoft.aadiam`,
  operationName: row.OperationName,
  operationVersion: "1.0",
  tenantId: row.AADTenantId,
  resultType: row.ResultType,
  correlationId: row.CorrelationId,
  identity: row.Identity,
  Level: 4,
  location: row.Location,
  properties: propertiesOf(row),
});

const activity = (row: Row): Row => ({
  time: row.TimeGenerated,
  resourceId: String(row._ResourceId).toUpperCase(),
  operationName: row.OperationNameValue,
  resultType: row.ActivityStatusValue,
  resultSignature: `Succeeded.${row.ActivitySubstatusValue}`,
  callerIpAddress: row.CallerIpAddress,
  correlationId: row.CorrelationId,
  identity: { claims: row.Claims_d, authorization: row.Authorization_d },
  level: "Information",
  properties: {
    ...(row.Properties_d as Row | undefined),
    eventCategory: row.CategoryValue,
    eventDataId: row.EventDataId,
    caller: row.Caller,
  },
});

const gateway = (row: Row): Row => ({
  time: row.TimeGenerated,
  resourceId: String(row._ResourceId).toUpperCase(),
  operationName: row.OperationName,
  location: row.Region,
  callerIpAddress: row.CallerIpAddress,
  correlationId: row.CorrelationId,
  isRequestSuccess: row.IsRequestSuccess,
  durationMs: row.TotalTime,
  properties: propertiesOf(
    row,
    new Set(["Region", "CallerIpAddress", "CorrelationId", "IsRequestSuccess", "TotalTime", "Category"]),
  ),
});

const STORAGE_TOP = [
  "StatusCode",
  "StatusText",
  "DurationMs",
  "CallerIpAddress",
  "CorrelationId",
  "Location",
  "Protocol",
  "Uri",
];

const storage = (row: Row): Row => ({
  time: row.TimeGenerated,
  resourceId: String(row._ResourceId).toUpperCase(),
  operationName: row.OperationName,
  ...Object.fromEntries(STORAGE_TOP.map((column) => [keyOf(column), row[column]])),
  identity: {
    type: row.AuthenticationType,
    tokenHash: row.AuthenticationHash,
    requester: { objectId: row.RequesterObjectId, upn: row.RequesterUpn, tenantId: row.RequesterTenantId },
    authorization: row.AuthorizationDetails,
  },
  properties: propertiesOf(row, new Set([...STORAGE_TOP, "AuthenticationType", "AuthenticationHash", "Category"])),
});

const RECORDS: Readonly<Record<string, (row: Row) => Row>> = {
  AzureActivity: activity,
  ApiManagementGatewayLogs: gateway,
  StorageBlobLogs: storage,
};

/** The record that a diagnostic setting emits for a row, or undefined for a table that none covers. */
export function recordOf(table: string, row: Row): Row | undefined {
  const category = CATEGORIES[table];
  return category === undefined ? undefined : { category, ...(RECORDS[table] ?? directory)(row) };
}

/** Diagnostic settings to a storage account: one record per line, under the resource's category. */
const diagnostic: Shape = {
  file: (table) =>
    table in CATEGORIES ? `insights-logs-${CATEGORIES[table]?.toLowerCase()}.json` : ndjson.file(table),
  head: () => "",
  encode(table, row) {
    const record = recordOf(table, row);
    return record ? `${JSON.stringify(record)}\n` : ndjson.encode(table, row);
  },
};
export default diagnostic;
