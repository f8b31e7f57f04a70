import { momentOf } from "../moment.ts";
import { auditRow } from "../tables/directory.ts";
import type { Attack } from "../types.ts";

/** An account that never administered anything makes another one Global Administrator, past just-in-time access. */
const attack: Attack = {
  name: "role-grant",
  pillar: "identities",
  detector: "role-grant",
  onRequest: true,
  inject: (world, dice, span) => {
    const time = momentOf(dice, span, 2);
    const actor = dice.pick(world.users.filter(({ isAdmin, type }) => !isAdmin && type === "Member"));
    const accomplice = dice.pick(world.users);
    const row = auditRow(world, dice, time, actor, {
      OperationName: "Add member to role",
      Category: "RoleManagement",
      TargetResources: [{ type: "User", userPrincipalName: accomplice.upn, displayName: "Global Administrator" }],
    });
    return { subject: actor.upn, start: time, end: time, rows: new Map([["AuditLogs", [row]]]) };
  },
};
export default attack;
