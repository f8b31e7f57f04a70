import { isObject, type Json, type JsonObject, member, type Row, text } from "../shape.ts";
import { newRow, propertiesOf, resourceParts } from "./lift.ts";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;

function suffix(value: Json): string {
  if (typeof value === "number") return "_d";
  if (typeof value === "boolean") return "_b";
  if (typeof value !== "string") return "_s";
  return GUID.test(value) ? "_g" : TIME.test(value) ? "_t" : "_s";
}

const flatName = (key: string): string => key.replace(/[^A-Za-z0-9]+/g, "_");

/** AzureDiagnostics flattens nested members: path joined by `_`, then a suffix for the type. Arrays stay JSON text. */
function flatten(row: Row, prefix: string, members: JsonObject): void {
  for (const [key, value] of Object.entries(members)) {
    if (value === null) continue;
    const name = prefix === "" ? flatName(key) : `${prefix}_${flatName(key)}`;
    if (isObject(value)) flatten(row, name, value);
    else row[name + suffix(value)] ??= Array.isArray(value) ? JSON.stringify(value) : value;
  }
}

const TOP: Readonly<Record<string, string>> = {
  category: "Category",
  operationName: "OperationName",
  operationVersion: "OperationVersion",
  resultType: "ResultType",
  resultSignature: "ResultSignature",
  resultDescription: "ResultDescription",
  durationMs: "DurationMs",
  callerIpAddress: "CallerIPAddress",
  correlationId: "CorrelationId",
  level: "Level",
  Level: "Level",
  location: "Location",
};

/** Members that the envelope columns above and the resource id cover. */
const ENVELOPE = new Set([
  ...Object.keys(TOP),
  "time",
  "timeStamp",
  "timestamp",
  "resourceId",
  "properties",
  "tenantId",
]);

/** A record of a service without a table of its own, in the form of the shared AzureDiagnostics table. */
export function azureDiagnostics(record: JsonObject): Row {
  const row = newRow(record);
  for (const [key, column] of Object.entries(TOP)) {
    const value = member(record, key);
    if (value !== undefined && value !== null && row[column] === undefined) row[column] = value;
  }
  const resourceId = text(member(record, "resourceId"));
  const { subscription, group, provider, type, name } = resourceParts(resourceId);
  Object.assign(row, {
    ResourceId: resourceId.toUpperCase(),
    _ResourceId: resourceId.toLowerCase(),
    SubscriptionId: subscription.toLowerCase(),
    ResourceGroup: group.toUpperCase(),
    ResourceProvider: provider.toUpperCase(),
    ResourceType: type.toUpperCase(),
    Resource: name.toUpperCase(),
    Type: "AzureDiagnostics",
  });
  const { identity, ...others } = Object.fromEntries(Object.entries(record).filter(([key]) => !ENVELOPE.has(key)));
  flatten(row, "", propertiesOf(record));
  if (isObject(identity)) flatten(row, "identity", identity);
  else if (identity !== undefined && identity !== null) row.identity_s = identity;
  flatten(row, "", others);
  return row;
}
