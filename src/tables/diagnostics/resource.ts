import { at, isObject, type Json, type JsonObject, member, parsed, text } from "../shape.ts";
import type { Lifted } from "./entra.ts";
import { lift, namesOf, newRow, propertiesOf } from "./lift.ts";

/** Members that every diagnostic record has and that no resource table keeps under their own name. */
const ENVELOPE: Readonly<Record<string, string>> = {
  time: "",
  timestamp: "",
  properties: "",
  tenantid: "",
  resourceid: "",
};

/** Lower-case member → column, per table, where the names differ by more than case. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ApiManagementGatewayLogs: { durationms: "TotalTime", location: "Region" },
  AGWAccessLogs: { error_info: "ErrorInfo" },
  AGWFirewallLogs: {},
  AKSAudit: {},
};

/** Key Vault's `properties.id`, `clientInfo`… match by name; the envelope's identity is a column of its own. */
function flattenNested(table: string, properties: JsonObject): JsonObject {
  if (table === "ApiManagementGatewayLogs") return { ...spread(properties, "lastError", "LastError") };
  if (table === "AGWFirewallLogs") {
    const details = member(properties, "details");
    const names = {
      message: "DetailedMessage",
      data: "DetailedData",
      file: "FileDetails",
      line: "LineDetails",
    };
    const lifted = Object.entries(names).map(([key, column]): [string, Json] => [column, member(details, key) ?? null]);
    return { ...properties, ...Object.fromEntries(lifted) };
  }
  return properties;
}

function spread(members: JsonObject, key: string, prefix: string): JsonObject {
  const value = member(members, key);
  if (!isObject(value)) return members;
  const { [key]: _whole, ...rest } = members;
  const parts = Object.entries(value).map(([name, part]): [string, Json] => [
    prefix + name.charAt(0).toUpperCase() + name.slice(1),
    part,
  ]);
  return { ...rest, ...Object.fromEntries(parts) };
}

const KUBE_NAMES: Readonly<Record<string, string>> = {
  stagetimestamp: "StageReceivedTime",
  requestreceivedtimestamp: "RequestReceivedTime",
};

/** The audit event of a Kubernetes API server lies as JSON text in `properties.log`. */
function kubeAudit(record: JsonObject, table: string): Lifted {
  const row = newRow(record);
  const properties = propertiesOf(record);
  const event = parsed(member(properties, "log"));
  const lost = isObject(event) ? lift(row, table, event, KUBE_NAMES) : ["log"];
  row.PodName = text(member(properties, "pod"));
  row._ResourceId = text(member(record, "resourceId")).toLowerCase();
  row.Type = table;
  return {
    row,
    lost: lost.filter((name) => !/^(kind|apiVersion)$/.test(name)),
  };
}

function storageIdentity(row: Lifted["row"], identity: Json | undefined): void {
  row.AuthenticationType = text(member(identity, "type"));
  row.AuthenticationHash = text(member(identity, "tokenHash"));
  const requester = member(identity, "requester");
  const names = {
    objectId: "ObjectId",
    tenantId: "TenantId",
    appId: "AppId",
    audience: "Audience",
    tokenIssuer: "TokenIssuer",
    upn: "Upn",
  };
  for (const [key, column] of Object.entries(names)) row[`Requester${column}`] = text(member(requester, key));
  row.AuthorizationDetails = at(identity, "authorization") ?? null;
}

interface Renames {
  /** For the members of `properties`. */
  readonly own: Readonly<Record<string, string>>;
  /** For the members of the envelope. */
  readonly top: Readonly<Record<string, string>>;
}

const renames = new Map<string, Renames>();

function renamesOf(table: string): Renames {
  const known = renames.get(table) ?? {
    own: { ...RENAMED[table], resourceid: namesOf(table).exact.has("ResourceId") ? "ResourceId" : "" },
    top: { ...ENVELOPE, ...RENAMED[table] },
  };
  renames.set(table, known);
  return known;
}

/** A record of a service with a table of its own: envelope and `properties` by name, then what differs. */
export function resourceSpecific(record: JsonObject, table: string): Lifted {
  if (table === "AKSAudit" || table === "AKSAuditAdmin") return kubeAudit(record, table);
  const row = newRow(record);
  const { exact } = namesOf(table);
  const names = renamesOf(table);
  const properties = flattenNested(table, propertiesOf(record));
  const resourceId = text(member(record, "resourceId"));
  if (resourceId !== "") row._ResourceId = resourceId.toLowerCase();
  if (exact.has("ResourceId") && resourceId !== "") row.ResourceId = resourceId;
  if (/^Storage(Blob|File|Queue|Table)Logs$/.test(table)) storageIdentity(row, member(record, "identity"));
  if (table === "IntuneOperationalLogs") row.Properties = properties;
  const { identity: _kept, ...others } = record;
  const top = exact.has("Identity") ? record : others;
  const lostOwn = lift(row, table, properties, names.own);
  const lostTop = lift(row, table, top, names.top);
  if (exact.has("AADTenantId")) row.AADTenantId ??= member(record, "tenantId");
  row.Type = table;
  return {
    row,
    lost: table === "IntuneOperationalLogs" ? [] : [...lostOwn, ...lostTop],
  };
}
