import { inShare } from "../dice.ts";
import { DAY, HOUR, iso, type Source } from "../types.ts";

const SETTINGS = ["scid-2001", "scid-2010", "scid-2030", "scid-5001", "scid-6001"];
const TYPES = ["SigninLogs", "AuditLogs", "AzureActivity", "StorageBlobLogs", "NTANetAnalytics", "Heartbeat"];
const CONTROLS = 24;
const RESOURCES = 30;
const SUBSCRIPTIONS = 3;
const DATABASES = 12;

export const AT_REST = [
  ["microsoft.sql/servers", "Transparent Data Encryption on SQL databases should be enabled"],
  [
    "microsoft.compute/virtualmachines",
    "Virtual machines and virtual machine scale sets should have encryption at host enabled",
  ],
] as const;

/** What is assessed of a resource: of a server each database, of anything else itself. */
const partsOf = (type: string, id: string): readonly string[] =>
  type === "microsoft.sql/servers"
    ? Array.from({ length: DATABASES }, (_, index) => `${id}/databases/db-${index + 1}`)
    : [id];

/** The second Tuesday of a month, when updates make everything talk. */
function isPatchTuesday(time: number): boolean {
  const date = new Date(time);
  return date.getUTCDay() === 2 && date.getUTCDate() >= 8 && date.getUTCDate() <= 14;
}

const sources: readonly Source[] = [
  {
    table: "DeviceTvmSoftwareVulnerabilities",
    everyHours: 24 * 7,
    *rows(world, dice, time) {
      for (const [index, { device }] of world.fleet.entries()) {
        if (!device.isKnown) continue;
        const isOverdue = inShare(index, world.knobs.devices.overdue);
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          DeviceId: device.id.replaceAll("-", ""),
          DeviceName: `${device.name.toLowerCase()}.contoso.com`,
          CveId: isOverdue ? "CVE-2025-1001" : `CVE-2026-${1000 + Math.floor(time / (7 * DAY))}`,
          VulnerabilitySeverityLevel: "Critical",
          RecommendedSecurityUpdate: "Cumulative update",
          OSPlatform: device.os.replace(" ", ""),
          Type: "DeviceTvmSoftwareVulnerabilities",
        };
      }
    },
  },
  {
    table: "DeviceTvmSecureConfigurationAssessment",
    everyHours: 24 * 7,
    *rows(world, dice, time) {
      for (const [index, { device }] of world.users.entries()) {
        if (!device.isKnown) continue;
        for (const [position, ConfigurationId] of SETTINGS.entries()) {
          yield {
            TenantId: world.workspaceId,
            TimeGenerated: iso(time + dice.int(0, HOUR)),
            DeviceId: device.id.replaceAll("-", ""),
            DeviceName: `${device.name.toLowerCase()}.contoso.com`,
            ConfigurationId,
            IsApplicable: true,
            IsCompliant: inShare(index * SETTINGS.length + position, world.knobs.devices.configured),
            ConfigurationImpact: 8,
            Type: "DeviceTvmSecureConfigurationAssessment",
          };
        }
      }
    },
  },
  {
    table: "Usage",
    everyHours: 1,
    *rows(world, dice, time) {
      for (const DataType of TYPES) {
        const late = dice.poisson(60 * world.knobs.infrastructure.late);
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + HOUR / 2),
          StartTime: iso(time - HOUR),
          EndTime: iso(time),
          DataType,
          TotalBatches: 60,
          BatchesOutsideSla: late,
          BatchesWithinSla: 60 - late,
          BatchesCapped: 0,
          AvgLatencyInSeconds: dice.skewed(90, 0.3),
          Quantity: dice.skewed(12, 0.4) * (isPatchTuesday(time) ? 3 : 1),
          Type: "Usage",
        };
      }
    },
  },
  {
    table: "SecureScores",
    everyHours: 24,
    *rows(world, dice, time) {
      for (let index = 0; index < SUBSCRIPTIONS; index++) {
        const score = world.knobs.infrastructure.score;
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          AssessedResourceId: `/subscriptions/${world.subscriptionId.slice(0, -1)}${index}/providers/Microsoft.Security/secureScores/ascScore`,
          CurrentScore: Math.round(score * 580) / 10,
          MaxScore: 58,
          PercentageScore: score,
          IsSnapshot: true,
          Type: "SecureScores",
        };
      }
    },
  },
  {
    table: "SecurityRegulatoryCompliance",
    everyHours: 24 * 7,
    *rows(world, dice, time) {
      const passed = Math.round(RESOURCES * world.knobs.infrastructure.passed);
      for (let index = 0; index < CONTROLS; index++) {
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          ComplianceStandard: "Microsoft cloud security benchmark",
          ComplianceControl: `NS.${index + 1}`,
          PassedResources: passed,
          FailedResources: RESOURCES - passed,
          Type: "SecurityRegulatoryCompliance",
        };
      }
    },
  },
  {
    table: "SecurityRecommendation",
    daily: () => 3,
    rhythm: "always",
    rows: (world, dice, time) => {
      const fixed = time + dice.skewed(world.knobs.infrastructure.fixDays, 0.3) * DAY;
      const finding = {
        TenantId: world.workspaceId,
        RecommendationId: dice.uuid(),
        RecommendationDisplayName: dice.pick([
          "Machines should have vulnerability findings resolved",
          "Web Application should only be accessible over HTTPS",
        ]),
        RecommendationSeverity: "High",
        FirstEvaluationDate: iso(time),
        AssessedResourceId: dice.pick(world.resources).id,
        Type: "SecurityRecommendation",
      };
      return [
        { ...finding, TimeGenerated: iso(time), RecommendationState: "Unhealthy", StatusChangeDate: iso(time) },
        { ...finding, TimeGenerated: iso(fixed), RecommendationState: "Healthy", StatusChangeDate: iso(fixed) },
      ];
    },
  },
  {
    table: "SecurityRecommendation",
    everyHours: 24 * 7,
    *rows(world, dice, time) {
      for (const [type, name] of AT_REST) {
        const assessed = world.ofType(type).flatMap(({ id }) => partsOf(type, id));
        for (const [index, AssessedResourceId] of assessed.entries()) {
          yield {
            TenantId: world.workspaceId,
            TimeGenerated: iso(time + dice.int(0, HOUR)),
            RecommendationId: `${AssessedResourceId}|at-rest`,
            RecommendationDisplayName: name,
            RecommendationState: inShare(index, world.knobs.data.atRest) ? "Healthy" : "Unhealthy",
            RecommendationSeverity: "Medium",
            AssessedResourceId,
            IsSnapshot: true,
            Type: "SecurityRecommendation",
          };
        }
      }
    },
  },
];
export default sources;
