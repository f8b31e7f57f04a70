import { inShare } from "../dice.ts";
import { HOUR, iso, type Row, type Source } from "../types.ts";
import type { World } from "../world.ts";

export const WORKLOADS = 70;
export const MANAGED_IDENTITIES = 30;

function workloadRow(world: World, time: number, index: number, table: string): Row {
  const isSecretless = inShare(index, world.knobs.identities.secretless);
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    AADTenantId: world.tenantId,
    ResultType: "0",
    ServicePrincipalId: `7e3d0000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    ServicePrincipalName: `contoso-service-${index + 1}`,
    AppId: `7e3d0000-0000-4000-9000-${String(index).padStart(12, "0")}`,
    ResourceDisplayName: "Azure Resource Manager",
    IPAddress: `10.4.0.${4 + (index % 250)}`,
    ...(table === "AADServicePrincipalSignInLogs" && {
      ClientCredentialType: isSecretless ? "certificate" : "clientSecret",
      ConditionalAccessStatus: "notApplied",
    }),
    Type: table,
  };
}

/** A risk is raised and settled: two states of one user. */
function riskyUser(world: World, time: number, settled: number, index: number): Row[] {
  const user = world.users[index % world.users.length] ?? world.users[0];
  const state = (at: number, level: string, risk: string): Row => ({
    TenantId: world.workspaceId,
    TimeGenerated: iso(at),
    Id: `${user?.id}/${iso(time)}`,
    UserPrincipalName: user?.upn ?? "",
    RiskLevel: level,
    RiskState: risk,
    RiskDetail: risk === "remediated" ? "userPerformedSecuredPasswordReset" : "none",
    RiskLastUpdatedDateTime: iso(at),
    Type: "AADRiskyUsers",
  });
  return [state(time, "high", "atRisk"), state(settled, "none", "remediated")];
}

const sources: readonly Source[] = [
  {
    table: "AADServicePrincipalSignInLogs",
    daily: () => 600,
    rhythm: "always",
    rows: (world, dice, time) => [
      workloadRow(world, time, dice.int(0, WORKLOADS - 1), "AADServicePrincipalSignInLogs"),
    ],
  },
  {
    table: "AADManagedIdentitySignInLogs",
    daily: () => 400,
    rhythm: "always",
    rows: (world, dice, time) => [
      workloadRow(world, time, WORKLOADS + dice.int(0, MANAGED_IDENTITIES - 1), "AADManagedIdentitySignInLogs"),
    ],
  },
  {
    table: "AADRiskyUsers",
    daily: ({ users }) => 2 + users.length * 0.002,
    rhythm: "always",
    rows: (world, dice, time) => {
      const settled = time + dice.skewed(world.knobs.identities.riskHours, 0.4) * HOUR;
      return riskyUser(world, time, settled, dice.int(0, world.users.length - 1));
    },
  },
  {
    table: "AADUserRiskEvents",
    daily: ({ users }) => 2 + users.length * 0.002,
    rhythm: "always",
    rows: (world, dice, time) => {
      const user = dice.pick(world.users);
      return [
        {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          Id: dice.uuid(),
          UserId: user.id,
          UserPrincipalName: user.upn,
          RiskEventType: dice.pick(["unfamiliarFeatures", "anonymizedIPAddress", "leakedCredentials"]),
          RiskLevel: dice.pick(["low", "medium", "high"]),
          RiskState: "remediated",
          DetectedDateTime: iso(time),
          Type: "AADUserRiskEvents",
        },
      ];
    },
  },
  {
    table: "IdentityInfo",
    everyHours: 24 * 7,
    *rows(world, dice, time) {
      const privileged = Math.min(world.users.length, Math.max(30, Math.round(world.users.length * 0.1)));
      const share = world.knobs.identities.global;
      // A well-run tenant of any size has no more than eight.
      const globals = Math.max(1, Math.min(share > 0.2 ? privileged : 8, Math.round(privileged * share)));
      for (const [index, user] of world.users.entries()) {
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          AccountObjectId: user.id,
          AccountUPN: user.upn,
          AccountDisplayName: user.name,
          IsAccountEnabled: true,
          UserType: user.type,
          AssignedRoles: index < globals ? ["Global Administrator"] : index < privileged ? ["Security Reader"] : [],
          LastSeenDate: iso(time),
          Type: "IdentityInfo",
        };
      }
    },
  },
  {
    table: "BehaviorAnalytics",
    everyHours: 24,
    *rows(world, dice, time) {
      for (const [index, user] of world.users.entries()) {
        if (!inShare(index, world.knobs.identities.observed)) continue;
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          TimeProcessed: iso(time + HOUR),
          UserPrincipalName: user.upn,
          ActivityType: "LogOn",
          InvestigationPriority: 0,
          Type: "BehaviorAnalytics",
        };
      }
    },
  },
];
export default sources;
