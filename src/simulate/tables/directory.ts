import type { Dice } from "../dice.ts";
import { type EventSource, iso, type Row } from "../types.ts";
import type { User, World } from "../world.ts";

const ROLES = [
  "Global Administrator",
  "User Administrator",
  "Security Reader",
  "Exchange Administrator",
  "Application Administrator",
];
const ROUTINE = [
  ["Update user", "UserManagement"],
  ["Add member to group", "GroupManagement"],
  ["Update device", "Device"],
  ["User registered security info", "UserManagement"],
] as const;

export function auditRow(world: World, dice: Dice, time: number, actor: User, columns: Row): Row {
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    ActivityDateTime: iso(time),
    Id: `Directory_${dice.uuid()}`,
    CorrelationId: dice.uuid(),
    AADTenantId: world.tenantId,
    LoggedByService: "Core Directory",
    Result: "success",
    ResultReason: "",
    Identity: actor.name,
    InitiatedBy: { user: { id: actor.id, userPrincipalName: actor.upn, ipAddress: actor.ip } },
    ...columns,
    ActivityDisplayName: columns.OperationName,
    Type: "AuditLogs",
  };
}

/** An activation through PIM writes two rows: its own and the directory's. Without PIM a role is simply given. */
function roleGrant(world: World, dice: Dice, time: number): Row[] {
  const admin = dice.pick(world.admins);
  const role = dice.pick(ROLES);
  const target = [
    { type: "Role", displayName: role },
    { type: "User", userPrincipalName: admin.upn, id: admin.id },
  ];
  const inDirectory = {
    OperationName: "Add member to role",
    Category: "RoleManagement",
    TargetResources: [{ type: "User", userPrincipalName: admin.upn, displayName: role }],
  };
  if (!dice.chance(world.knobs.identities.justInTime)) return [auditRow(world, dice, time, admin, inDirectory)];
  const initiator = { InitiatedBy: { app: { displayName: "MS-PIM" } } };
  return [
    auditRow(world, dice, time, admin, {
      OperationName: "Add member to role completed (PIM activation)",
      Category: "RoleManagement",
      LoggedByService: "PIM",
      TargetResources: target,
      AdditionalDetails: [{ key: "ExpirationTime", value: iso(time + 8 * 3_600_000) }],
    }),
    auditRow(world, dice, time + 1000, admin, { ...inDirectory, ...initiator }),
  ];
}

/** Consent to an application, by an administrator or by the user alone. */
function consent(world: World, dice: Dice, time: number): Row {
  const isAdmin = dice.chance(world.knobs.applications.consented);
  const property = {
    displayName: "ConsentContext.IsAdminConsent",
    oldValue: null,
    newValue: `"${isAdmin ? "True" : "False"}"`,
  };
  return auditRow(world, dice, time, isAdmin ? dice.pick(world.admins) : dice.pick(world.users), {
    OperationName: "Consent to application",
    Category: "ApplicationManagement",
    TargetResources: [
      { type: "ServicePrincipal", displayName: dice.pick(world.apps).name, modifiedProperties: [property] },
    ],
  });
}

const sources: readonly EventSource[] = [
  {
    table: "AuditLogs",
    daily: ({ users }) => 20 + users.length * 0.3,
    rhythm: "office",
    rows: (world, dice, time) => {
      if (dice.chance(0.3)) return roleGrant(world, dice, time);
      if (dice.chance(0.08)) return [consent(world, dice, time)];
      const [OperationName, Category] = dice.pick(ROUTINE);
      const target = dice.pick(world.users);
      const TargetResources = [{ type: "User", userPrincipalName: target.upn, id: target.id }];
      return [auditRow(world, dice, time, dice.pick(world.admins), { OperationName, Category, TargetResources })];
    },
  },
];
export default sources;
