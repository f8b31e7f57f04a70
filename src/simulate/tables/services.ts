import { inShare } from "../dice.ts";
import { DAY, HOUR, iso, type Source } from "../types.ts";

const GRAPH_APPS = 90;
const CLOUD_APPS = 24;
const PATHS = 30;
const DATA_SOURCES = ["finance-lake", "sales-warehouse", "hr-share", "archive", "research"];
const ASSETS = 200;

const sources: readonly Source[] = [
  {
    table: "AppServiceHTTPLogs",
    daily: ({ users }) => users.length * 5,
    rhythm: "office",
    rows: (world, dice, time) => {
      const site = dice.pick(world.ofType("microsoft.web/sites"));
      const isThrough = dice.chance(world.knobs.applications.throughGateway);
      return [
        {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          CsMethod: "GET",
          CsUriStem: `/api/${dice.pick(["orders", "stock", "prices"])}`,
          CsHost: `${site.name}.azurewebsites.net`,
          CIp: isThrough ? `10.1.0.${dice.int(4, 250)}` : `192.0.2.${dice.int(1, 254)}`,
          ScStatus: dice.chance(0.98) ? 200 : 500,
          TimeTaken: Math.round(dice.skewed(60, 0.6)),
          _ResourceId: site.id,
          Type: "AppServiceHTTPLogs",
        },
      ];
    },
  },
  {
    table: "MicrosoftGraphActivityLogs",
    daily: () => 300,
    rhythm: "office",
    rows: (world, dice, time) => {
      const index = dice.int(0, GRAPH_APPS - 1);
      const isReader = inShare(index, world.knobs.applications.excessive);
      return [
        {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          RequestId: dice.uuid(),
          AppId: `6b2f0000-0000-4000-8000-${String(index).padStart(12, "0")}`,
          ServicePrincipalId: `6b2f0000-0000-4000-9000-${String(index).padStart(12, "0")}`,
          UserId: "",
          RequestMethod: isReader || dice.chance(0.5) ? "GET" : "PATCH",
          RequestUri: "https://graph.microsoft.com/v1.0/users",
          ResponseStatusCode: 200,
          Roles: "User.ReadWrite.All",
          ClientAuthMethod: 2,
          IPAddress: `10.4.0.${4 + index}`,
          Type: "MicrosoftGraphActivityLogs",
        },
      ];
    },
  },
  {
    table: "McasShadowItReporting",
    everyHours: 24,
    *rows(world, dice, time) {
      for (let index = 0; index < CLOUD_APPS; index++) {
        const isRisky = index % 6 === 5;
        const events = isRisky ? 60 : 100;
        // Risky applications are a seventh of the traffic or so: what is left open of them is the share that counts.
        const open = Math.min(events, Math.round(events * world.knobs.applications.unruled));
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          AppName: `Cloud application ${index + 1}`,
          AppScore: isRisky ? 3 : 9,
          TotalEvents: events,
          BlockedEvents: isRisky ? events - open : 0,
          UploadedBytes: dice.int(1000, 900_000),
          EnrichedUserName: dice.pick(world.users).upn,
          Type: "McasShadowItReporting",
        };
      }
    },
  },
  {
    table: "MicrosoftAzureBastionAuditLogs",
    daily: () => 6,
    rhythm: "office",
    rows: (world, dice, time) => {
      const host = dice.pick(world.hosts);
      const admin = dice.pick(world.admins);
      return [
        {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          UserName: admin.upn,
          ClientIpAddress: admin.ip,
          TargetVMIPAddress: host.ip,
          TargetResourceId: host.resourceId,
          Protocol: "ssh",
          Type: "MicrosoftAzureBastionAuditLogs",
        },
      ];
    },
  },
  {
    table: "AZFWApplicationRule",
    daily: ({ hosts }) => hosts.length * 10,
    rhythm: "office",
    rows: (world, dice, time) => {
      const firewall = dice.pick(world.ofType("microsoft.network/azurefirewalls"));
      return [
        {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          Protocol: "HTTPS",
          SourceIp: dice.pick(world.hosts).ip,
          Fqdn: `${dice.pick(["updates", "packages", "telemetry"])}.example.com`,
          Action: dice.chance(0.97) ? "Allow" : "Deny",
          Policy: "afwp-contoso",
          IsTlsInspected: dice.chance(world.knobs.network.inspected),
          _ResourceId: firewall.id,
          Type: "AZFWApplicationRule",
        },
      ];
    },
  },
  {
    table: "PurviewScanStatusLogs",
    everyHours: 24 * 7,
    *rows(world, dice, time) {
      for (const DataSourceName of DATA_SOURCES) {
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          DataSourceName,
          DataSourceType: "AzureStorage",
          AssetsDiscovered: ASSETS,
          AssetsClassified: Math.round(ASSETS * world.knobs.data.classified),
          ResultType: "Completed",
          Type: "PurviewScanStatusLogs",
        };
      }
    },
  },
  {
    table: "SQLSecurityAuditEvents",
    everyHours: 6,
    *rows(world, dice, time) {
      for (const [index, { id, name }] of world.ofType("microsoft.sql/servers").entries()) {
        if (!inShare(index, world.knobs.data.audited)) continue;
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          LogicalServerName: name,
          DatabaseName: "sales",
          ActionName: "BATCH COMPLETED",
          ServerPrincipalName: dice.pick(world.users).upn,
          Succeeded: true,
          _ResourceId: `${id}/databases/sales`,
          Type: "SQLSecurityAuditEvents",
        };
      }
    },
  },
  {
    table: "AddonAzureBackupJobs",
    daily: () => 20,
    rhythm: "always",
    rows: (world, dice, time) => {
      const job = {
        TenantId: world.workspaceId,
        JobOperation: "Backup",
        JobUniqueId: dice.uuid(),
        BackupItemUniqueId: `contoso;${dice.pick(world.hosts).name}`,
        JobStartDateTime: iso(time),
        Type: "AddonAzureBackupJobs",
      };
      const isGood = dice.chance(world.knobs.data.backedUp);
      const end = {
        JobStatus: isGood ? "Completed" : "Failed",
        JobFailureCode: isGood ? "Success" : "UserErrorVmNotFound",
      };
      return [
        { ...job, TimeGenerated: iso(time), JobStatus: "InProgress" },
        { ...job, ...end, TimeGenerated: iso(time + HOUR) },
      ];
    },
  },
  {
    table: "SentinelHealth",
    everyHours: 1,
    *rows(world, dice, time) {
      for (const rule of ["Password spray", "Mass download", "Rare operation"]) {
        const isGood = dice.chance(world.knobs.infrastructure.healthy);
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR - 1)),
          OperationName: "Scheduled analytics rule run",
          SentinelResourceType: "Analytics Rule",
          SentinelResourceName: rule,
          Status: isGood ? "Success" : "Failure",
          Reason: isGood ? "" : "Semantic error in the query.",
          Type: "SentinelHealth",
        };
      }
    },
  },
  {
    table: "Anomalies",
    daily: () => 4,
    rhythm: "always",
    rows: (world, dice, time) => {
      const delay = dice.chance(world.knobs.infrastructure.timely) ? dice.int(5, 50) : dice.int(120, 900);
      return [
        {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          RuleName: dice.pick(["Anomalous sign-in", "Anomalous data staging"]),
          RuleStatus: "Production",
          Score: dice.unit(),
          StartTime: iso(time - (delay + 60) * 60_000),
          EndTime: iso(time - delay * 60_000),
          UserPrincipalName: dice.pick(world.users).upn,
          Type: "Anomalies",
        },
      ];
    },
  },
  {
    table: "SecurityAttackPathData",
    everyHours: 24 * 7,
    *rows(world, _, time) {
      const week = Math.floor(time / (7 * DAY));
      for (let index = 0; index < PATHS; index++) {
        // A path that is closed quickly shows in one snapshot only.
        if (!inShare(index, world.knobs.infrastructure.openPaths) && week % 3 !== index % 3) continue;
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          AttackPathId: `path-${index}${inShare(index, world.knobs.infrastructure.openPaths) ? "" : `-${week}`}`,
          RiskLevel: index % 3 === 0 ? "Critical" : "High",
          EntrypointId: world.hosts[index % world.hosts.length]?.resourceId ?? "",
          TargetId: world.ofType("microsoft.keyvault/vaults")[0]?.id ?? "",
          Type: "SecurityAttackPathData",
        };
      }
    },
  },
];
export default sources;
