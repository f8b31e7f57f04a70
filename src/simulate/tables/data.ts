import { type Dice, inShare } from "../dice.ts";
import { DAY, type EventSource, iso, type Row } from "../types.ts";
import type { Resource, User, World } from "../world.ts";

const logged = (world: World, type: string): Resource[] => world.ofType(type).filter((resource) => resource.isLogged);

const callerOf = ({ knobs }: World, dice: Dice): string =>
  `${dice.chance(knobs.network.private) ? "10.1.0" : "203.0.113"}.${dice.int(4, 250)}`;

export function blobRow(world: World, dice: Dice, time: number, user: User, path: string, bytes: number): Row {
  const account = dice.pick(logged(world, "microsoft.storage/storageaccounts"));
  const isAnonymous = dice.chance(world.knobs.data.anonymous);
  const isIdentity = !isAnonymous && dice.chance(world.knobs.data.identity);
  const isEncrypted = dice.chance(world.knobs.data.encrypted);
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    AccountName: account.name,
    Location: "westeurope",
    Protocol: isEncrypted || dice.chance(0.5) ? "HTTPS" : "HTTP",
    TlsVersion: isEncrypted ? dice.pick(["TLS 1.2", "TLS 1.3"]) : "TLS 1.0",
    OperationName: "GetBlob",
    AuthenticationType: isIdentity ? "OAuth" : isAnonymous ? "Anonymous" : dice.pick(["AccountKey", "SAS"]),
    AuthenticationHash: isIdentity || isAnonymous ? "" : "key1(7B0B8E5A)",
    StatusCode: "200",
    StatusText: "Success",
    DurationMs: Math.round(dice.skewed(12, 0.5)),
    Uri: `https://${account.name}.blob.core.windows.net/${path}`,
    ObjectKey: `/${account.name}/${path}`,
    CallerIpAddress: `${callerOf(world, dice)}:${dice.int(1024, 65_535)}`,
    CorrelationId: dice.uuid(),
    RequesterObjectId: isIdentity ? user.id : "",
    RequesterUpn: isIdentity ? user.upn : "",
    RequesterTenantId: isIdentity ? world.tenantId : "",
    AuthorizationDetails: isIdentity ? [{ action: "read", roleAssignmentId: user.id, result: "Granted" }] : [],
    UserAgentHeader: "azsdk-net-Storage.Blobs/12.19.1",
    ServiceType: "blob",
    ResponseBodySize: bytes,
    RequestBodySize: 0,
    Category: "StorageRead",
    _ResourceId: `${account.id}/blobservices/default`,
    Type: "StorageBlobLogs",
  };
}

function vaultRow(world: World, dice: Dice, time: number): Row {
  const vault = dice.pick(logged(world, "microsoft.keyvault/vaults"));
  const workload = dice.pick(world.pipelines);
  const isEncrypted = dice.chance(world.knobs.data.encrypted);
  const object = dice.int(1, 40);
  const age = inShare(object, world.knobs.data.rotated) ? 45 : 420;
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    OperationName: dice.chance(0.8) ? "SecretGet" : "KeySign",
    CorrelationId: dice.uuid(),
    CallerIpAddress: callerOf(world, dice),
    Identity: { claim: { appid: workload, "http://schemas.microsoft.com/identity/claims/objectidentifier": workload } },
    Id: `https://${vault.name}.vault.azure.net/secrets/secret-${object}/${dice.uuid().replaceAll("-", "")}`,
    SecretProperties: { attributes: { enabled: true, created: Math.floor((time - age * DAY) / 1000) } },
    HttpStatusCode: 200,
    ResultType: "Success",
    ResultSignature: "OK",
    IsAddressAuthorized: true,
    IsRbacAuthorized: dice.chance(world.knobs.data.identity),
    Tlsversion: isEncrypted ? "TLS1_2" : "TLS1_0",
    DurationMs: dice.int(5, 60),
    ClientInfo: "azsdk-python-keyvault-secrets/4.8.0",
    _ResourceId: vault.id,
    Type: "AZKVAuditLogs",
  };
}

function dlpRow(world: World, dice: Dice, time: number): Row {
  const user = dice.pick(world.users);
  const isBlocked = dice.chance(world.knobs.data.blocked);
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    Id: dice.uuid(),
    Operation: "DlpRuleMatch",
    RecordTypeName: "ComplianceDLPExchange",
    Workload: dice.pick(["Exchange", "SharePoint", "OneDrive", "Teams", "Endpoint"]),
    UserId: user.upn,
    PolicyName: dice.pick(["Personal data", "Financial data"]),
    RuleMode: isBlocked || dice.chance(0.5) ? "Enable" : "AuditOnly",
    RuleActions: isBlocked ? ["BlockAccess", "NotifyUser"] : ["NotifyUser"],
    Severity: "Medium",
    Type: "MicrosoftPurviewInformationProtection",
  };
}

function labelRow(world: World, dice: Dice, time: number): Row {
  const user = dice.pick(world.users);
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    Id: dice.uuid(),
    Operation: "FileSensitivityLabelApplied",
    RecordTypeName: "SensitivityLabelPolicyMatch",
    Workload: dice.pick(["SharePoint", "OneDrive", "Exchange"]),
    UserId: user.upn,
    SensitivityLabelId: "1c7b0000-0000-4000-8000-000000000001",
    ActionSource: dice.chance(world.knobs.data.labelled) ? "AutoByPolicy" : "Manual",
    Type: "MicrosoftPurviewInformationProtection",
  };
}

const SHARES = ["SecureLinkCreated", "SharingSet", "CompanyLinkCreated"];

function operationOf(world: World, dice: Dice): string {
  if (dice.chance(0.9)) return dice.pick(["FileAccessed", "FileDownloaded", "FileModified", "FilePreviewed"]);
  return dice.chance(world.knobs.data.openLinks) ? "AnonymousLinkCreated" : dice.pick(SHARES);
}

function fileRow(world: World, dice: Dice, time: number): Row {
  const user = dice.pick(world.users);
  const operation = operationOf(world, dice);
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    OfficeId: dice.uuid(),
    RecordType: "SharePointFileOperation",
    Operation: operation,
    OfficeWorkload: "SharePoint",
    UserType: "Regular",
    UserId: user.upn,
    ClientIP: user.ip,
    UserAgent: user.userAgent,
    OfficeObjectId: `https://contoso.sharepoint.com/sites/team${dice.int(1, 20)}/Shared Documents/report-${dice.int(1, 400)}.docx`,
    IsManagedDevice: user.device.isKnown && user.device.isCompliant,
    ResultStatus: "Succeeded",
    Type: "OfficeActivity",
  };
}

const sources: readonly EventSource[] = [
  {
    table: "StorageBlobLogs",
    daily: ({ users }) => users.length * 15,
    rhythm: "office",
    rows: (world, dice, time) => {
      const path = `reports/2026/${dice.int(1, 5000)}.parquet`;
      return [blobRow(world, dice, time, dice.pick(world.users), path, Math.round(dice.skewed(60_000, 1)))];
    },
  },
  {
    table: "AZKVAuditLogs",
    daily: ({ users }) => 200 + users.length,
    rhythm: "always",
    rows: (world, dice, time) => [vaultRow(world, dice, time)],
  },
  {
    table: "MicrosoftPurviewInformationProtection",
    daily: ({ users }) => 40 + users.length * 0.2,
    rhythm: "office",
    rows: (world, dice, time) => [dice.chance(0.4) ? dlpRow(world, dice, time) : labelRow(world, dice, time)],
  },
  {
    table: "OfficeActivity",
    daily: ({ users }) => users.length * 6,
    rhythm: "office",
    rows: (world, dice, time) => [fileRow(world, dice, time)],
  },
];
export default sources;
