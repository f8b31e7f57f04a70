import type { Dice } from "../dice.ts";
import { HOUR, iso, type Row, type Source } from "../types.ts";
import type { Resource, User, World } from "../world.ts";

const MACHINES = "microsoft.compute/virtualmachines";
const PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
const UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
const MFA = "http://schemas.microsoft.com/claims/authnmethodsreferences";
/** Types that report through AzureDiagnostics here, because no table of their own is simulated. */
const LEGACY_TYPES = [
  "microsoft.sql/servers",
  "microsoft.web/sites",
  "microsoft.network/azurefirewalls",
  "microsoft.containerservice/managedclusters",
  "microsoft.recoveryservices/vaults",
];

export interface Operation {
  readonly name: string;
  readonly resourceId: string;
  readonly status?: string;
}

export function activityRow(world: World, dice: Dice, time: number, caller: User | string, operation: Operation): Row {
  const issued = Math.floor(time / 1000) - dice.int(60, 3000);
  const token = { iat: String(issued), exp: String(issued + 4500), uti: dice.uuid().slice(0, 22) };
  const isWorkload = typeof caller === "string";
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    OperationNameValue: operation.name.toUpperCase(),
    Level: "Informational",
    ActivityStatusValue: operation.status ?? "Success",
    ActivitySubstatusValue: "OK",
    ResourceGroup: "rg-platform",
    SubscriptionId: world.subscriptionId,
    CorrelationId: dice.uuid(),
    EventDataId: dice.uuid(),
    Caller: isWorkload ? caller : caller.upn,
    CallerIpAddress: isWorkload ? `10.3.0.${dice.int(4, 250)}` : caller.ip,
    CategoryValue: "Administrative",
    ResourceProviderValue: operation.name.split("/")[0]?.toUpperCase(),
    Claims_d: isWorkload
      ? { ...token, idtyp: "app", appid: caller }
      : {
          ...token,
          idtyp: "user",
          [UPN]: caller.upn,
          appid: PORTAL,
          [MFA]: dice.chance(world.knobs.identities.multifactor) ? "pwd,mfa" : "pwd",
          deviceid: caller.device.isKnown ? caller.device.id : "",
        },
    Authorization_d: {
      action: operation.name,
      evidence: { role: "Contributor", roleAssignmentScope: `/subscriptions/${world.subscriptionId}` },
    },
    _ResourceId: operation.resourceId,
    Type: "AzureActivity",
  };
}

function pipelineShare({ knobs }: World, type: string): number {
  if (type.startsWith("microsoft.web/") || type.startsWith("microsoft.apimanagement/"))
    return knobs.applications.delivered;
  return type.startsWith("microsoft.network/") ? knobs.network.code : knobs.infrastructure.pipeline;
}

const PIM_REQUEST = "Microsoft.Authorization/roleAssignmentScheduleRequests/write";

/** The role is activated ten minutes before it is used, where that is the rule. */
function activation(world: World, dice: Dice, time: number, admin: User): Row[] {
  const operation = { name: PIM_REQUEST, resourceId: `/subscriptions/${world.subscriptionId}` };
  const isActivated = dice.chance(world.knobs.infrastructure.activated);
  return isActivated ? [activityRow(world, dice, time - HOUR / 6, admin, operation)] : [];
}

/** An administrator restarts a machine by hand. */
function maintenance(world: World, dice: Dice, time: number): Row[] {
  const admin = dice.pick(world.admins);
  const machine = dice.pick(world.hosts);
  const operation = { name: "Microsoft.Compute/virtualMachines/restart/action", resourceId: machine.resourceId };
  return [...activation(world, dice, time, admin), activityRow(world, dice, time, admin, operation)];
}

const write = ({ type, id }: Resource): Operation => ({ name: `${type}/write`, resourceId: id });

/** Where what pipelines deploy is not changed by hand, people put locks on it. */
const lock = ({ id }: Resource): Operation => ({
  name: "Microsoft.Authorization/locks/write",
  resourceId: `${id}/providers/microsoft.authorization/locks/keep`,
});

const platforms = new WeakMap<World, readonly Resource[]>();

/** The resources that are no machines, which change more often. */
function platformOf(world: World): readonly Resource[] {
  const found = platforms.get(world) ?? world.resources.filter(({ type }) => type !== MACHINES);
  platforms.set(world, found);
  return found;
}

/** A write is announced and then finished, under one correlation id. */
function change(world: World, dice: Dice, time: number): Row[] {
  const planned = dice.pick(dice.chance(0.4) ? world.ofType(MACHINES) : platformOf(world));
  const share = pipelineShare(world, planned.type);
  const isPipeline = dice.chance(share);
  const alike = world.resources.filter(({ type }) => pipelineShare(world, type) === share);
  // People return to the same few resources.
  const touched = alike.filter(({ isTouched }) => isTouched);
  const caller = isPipeline ? dice.pick(world.pipelines) : dice.pick(world.admins);
  const operation = isPipeline || touched.length > 0 ? write(isPipeline ? planned : dice.pick(touched)) : lock(planned);
  const done = activityRow(world, dice, time, caller, operation);
  return [
    ...(typeof caller === "string" ? [] : activation(world, dice, time, caller)),
    { ...done, ActivityStatusValue: "Start", EventDataId: dice.uuid() },
    { ...done, TimeGenerated: iso(time + 4000) },
  ];
}

const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/** A role is assigned: the request stands on the row that starts the operation. */
function assignment(world: World, dice: Dice, time: number): Row[] {
  const isBroad = dice.chance(world.knobs.infrastructure.broad);
  const scope = `/subscriptions/${world.subscriptionId}${isBroad ? "" : "/resourceGroups/rg-platform"}`;
  const role = `${scope}/providers/Microsoft.Authorization/roleDefinitions/${isBroad ? OWNER : READER}`;
  const properties = { roleDefinitionId: role, principalType: isBroad ? "User" : "Group", scope };
  const operation = { name: "Microsoft.Authorization/roleAssignments/write", resourceId: scope.toLowerCase() };
  const done = activityRow(world, dice, time, dice.pick(world.pipelines), operation);
  const Properties_d = { requestbody: JSON.stringify({ properties }) };
  return [
    { ...done, ActivityStatusValue: "Start", EventDataId: dice.uuid(), Properties_d },
    { ...done, TimeGenerated: iso(time + 2000) },
  ];
}

/** The history of one incident: created, taken up, closed. */
function incident(world: World, dice: Dice, time: number): Row[] {
  const waited = dice.skewed(world.knobs.infrastructure.acknowledgeMinutes, 0.6) * 60_000;
  const [taken, closed] = [time + waited, time + waited * 2 + 4 * HOUR];
  const analyst = dice.pick(world.admins);
  const common = {
    TenantId: world.workspaceId,
    IncidentName: dice.uuid(),
    IncidentNumber: Math.floor(time / 60_000) % 2 ** 31,
    Title: dice.pick(["Password spray from one address", "Mass download", "Suspicious sign-in", "Beaconing host"]),
    Severity: dice.chance(0.6) ? "High" : dice.pick(["Medium", "Low"]),
    ProviderName: "Azure Sentinel",
    FirstActivityTime: iso(time - dice.int(2, 40) * 60_000),
    CreatedTime: iso(time),
    Type: "SecurityIncident",
  };
  const owner = { objectId: analyst.id, assignedTo: analyst.name, userPrincipalName: analyst.upn };
  const human = { Owner: owner, ModifiedBy: analyst.upn, FirstModifiedTime: iso(taken) };
  const { automated, undetermined } = world.knobs.infrastructure;
  const stamped = (at: number, columns: Row): Row => ({
    ...common,
    TimeGenerated: iso(at),
    LastModifiedTime: iso(at),
    ...columns,
  });
  const Classification = dice.chance(undetermined) ? "Undetermined" : dice.pick(["TruePositive", "FalsePositive"]);
  const isNew = { Status: "New", Owner: {} };
  return [
    stamped(time, { ...isNew, ModifiedBy: "Incident created from alert" }),
    ...(dice.chance(automated) ? [stamped(time + 1000, { ...isNew, ModifiedBy: "Automation rule - enrich" })] : []),
    stamped(taken, { ...human, Status: "Active" }),
    stamped(closed, { ...human, Status: "Closed", ClosedTime: iso(closed), Classification }),
  ];
}

const sources: readonly Source[] = [
  {
    table: "AzureActivity",
    daily: ({ users }) => 60 + users.length * 0.4,
    rhythm: "office",
    rows: change,
  },
  {
    table: "AzureActivity",
    daily: () => 20,
    rhythm: "office",
    rows: assignment,
  },
  {
    table: "AzureActivity",
    daily: () => 8,
    rhythm: "office",
    rows: maintenance,
  },
  {
    table: "SecurityIncident",
    daily: ({ users }) => 3 + users.length * 0.005,
    rhythm: "always",
    rows: incident,
  },
  {
    table: "SecurityRecommendation",
    everyHours: 24 * 7,
    *rows(world, dice, time) {
      for (const { id, isLogged } of world.resources) {
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          RecommendationId: `${id}|diagnostic-logs`,
          RecommendationDisplayName: "Diagnostic logs should be enabled",
          RecommendationState: isLogged ? "Healthy" : "Unhealthy",
          RecommendationSeverity: "Low",
          AssessedResourceId: id,
          IsSnapshot: true,
          Type: "SecurityRecommendation",
        };
      }
    },
  },
  {
    table: "AzureDiagnostics",
    everyHours: 24,
    *rows(world, dice, time) {
      for (const type of LEGACY_TYPES) {
        for (const { id } of world.ofType(type).filter((resource) => resource.isLogged)) {
          yield {
            TenantId: world.workspaceId,
            TimeGenerated: iso(time + dice.int(0, HOUR)),
            Category: "Audit",
            ResourceProvider: type.split("/")[0]?.toUpperCase(),
            OperationName: "Audit",
            ResourceId: id.toUpperCase(),
            _ResourceId: id,
            Type: "AzureDiagnostics",
          };
        }
      }
    },
  },
];
export default sources;
