import { at, emptyRow, isObject, type Json, type JsonObject, member, parsed, type Row, text } from "../shape.ts";
import { newRow, propertiesOf, resourceParts } from "./lift.ts";

const CLAIM = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";

/** The person or application behind a call: UPN, name or object id of the claims. */
function callerOf(claims: Json | undefined): string {
  for (const key of [`${CLAIM}upn`, `${CLAIM}name`, `${CLAIM}emailaddress`, "name", "appid"]) {
    const value = member(claims, key);
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

/** Columns that are read off the resource id. */
export function resourceColumns(row: Row, resourceId: string): void {
  const { subscription, group, provider, name } = resourceParts(resourceId);
  Object.assign(row, {
    _ResourceId: resourceId.toLowerCase(),
    ResourceId: resourceId,
    SubscriptionId: subscription.toLowerCase(),
    ResourceGroup: group,
    ResourceProviderValue: provider.toUpperCase(),
    Resource: name,
  });
}

/** `Succeeded.Created` and `Started.`: the part after the dot. */
const afterDot = (signature: string): string =>
  signature.includes(".") ? signature.slice(signature.indexOf(".") + 1) : "";

const LEVELS: Readonly<Record<string, string>> = {
  information: "Informational",
};
const levelOf = (level: string): string => LEVELS[level.toLowerCase()] ?? level;

const OLD_CATEGORY = /^(write|delete|action)$/i;

/** An Activity Log event of a diagnostic setting or Event Hub. */
export function activity(record: JsonObject): Row {
  const row = newRow(record);
  const properties = propertiesOf(record);
  const identity = member(record, "identity");
  const category = text(member(record, "category"));
  const claims = at(identity, "claims");
  resourceColumns(row, text(member(record, "resourceId")));
  const own = member(properties, "eventCategory") ?? (OLD_CATEGORY.test(category) ? "Administrative" : category);
  return Object.assign(row, {
    OperationNameValue: text(member(record, "operationName")).toUpperCase(),
    ActivityStatusValue: text(member(record, "resultType")),
    ActivitySubstatusValue: afterDot(text(member(record, "resultSignature"))),
    CategoryValue: text(own),
    Caller: callerOf(claims) || text(member(properties, "caller")),
    CallerIpAddress: text(member(record, "callerIpAddress")),
    Authorization: text(at(identity, "authorization")),
    Authorization_d: at(identity, "authorization"),
    Claims: text(claims),
    Claims_d: claims,
    Properties: text(properties),
    Properties_d: parsed(member(properties, "eventProperties")) ?? properties,
    HTTPRequest: text(member(properties, "httpRequest")),
    CorrelationId: text(member(record, "correlationId")),
    EventDataId: text(member(properties, "eventDataId")),
    EventSubmissionTimestamp: member(properties, "eventSubmissionTimestamp"),
    Level: levelOf(text(member(record, "level") ?? member(record, "Level"))),
    Hierarchy: text(member(properties, "hierarchy")),
    Type: "AzureActivity",
  });
}

const STATUS_VALUES: Readonly<Record<string, string>> = {
  succeeded: "Success",
  started: "Start",
  failed: "Failure",
  accepted: "Accept",
};

/** Log Analytics' wording of a status that REST and the portal word differently. */
export const statusValue = (status: string): string => STATUS_VALUES[status.toLowerCase()] ?? status;

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A member in REST's camelCase or in the snake_case of the Python SDK. */
const either = (record: unknown, key: string): Json | undefined => member(record, key) ?? member(record, snake(key));

/** `{value, localizedValue}` or plain text. */
const plainOf = (value: Json | undefined): string => text(isObject(value) ? member(value, "value") : value);
const spokenOf = (value: Json | undefined): string =>
  text(isObject(value) ? (member(value, "localizedValue") ?? member(value, "localized_value")) : value);

/** An Activity Log event of the management API, `az monitor activity-log list` or an SDK. */
export function activityOfRest(record: JsonObject): Row {
  const row = emptyRow();
  const http = either(record, "httpRequest");
  const properties = member(record, "properties");
  const status = plainOf(member(record, "status"));
  resourceColumns(row, text(either(record, "resourceId") ?? either(record, "resourceUri")));
  return Object.assign(row, {
    TimeGenerated: either(record, "eventTimestamp"),
    EventSubmissionTimestamp: either(record, "submissionTimestamp"),
    OperationNameValue: plainOf(either(record, "operationName")).toUpperCase(),
    OperationName: spokenOf(either(record, "operationName")),
    ActivityStatusValue: statusValue(status),
    ActivityStatus: status,
    ActivitySubstatusValue: plainOf(either(record, "subStatus")),
    ActivitySubstatus: spokenOf(either(record, "subStatus")),
    CategoryValue: plainOf(member(record, "category")),
    Caller: text(member(record, "caller")),
    CallerIpAddress: text(either(http, "clientIpAddress")),
    Authorization: text(member(record, "authorization")),
    Authorization_d: member(record, "authorization"),
    Claims: text(member(record, "claims")),
    Claims_d: member(record, "claims"),
    Properties: text(properties),
    Properties_d: properties,
    HTTPRequest: text(http),
    CorrelationId: text(either(record, "correlationId")),
    OperationId: text(either(record, "operationId")),
    EventDataId: text(either(record, "eventDataId")),
    Level: levelOf(text(member(record, "level"))),
    Type: "AzureActivity",
  });
}
