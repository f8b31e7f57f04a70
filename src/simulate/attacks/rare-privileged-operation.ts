import { activityRow } from "../tables/platform.ts";
import { type Attack, DAY, HOUR } from "../types.ts";

/** An account that never administered anything takes the whole directory and blinds it. */
const attack: Attack = {
  name: "rare-privileged-operation",
  pillar: "infrastructure",
  detector: "rare-privileged-operation",
  inject: (world, dice, { end }) => {
    const user = world.users.find(({ isAdmin, type }) => !isAdmin && type === "Member") ?? dice.pick(world.users);
    const start = Math.floor((end - DAY) / DAY) * DAY + 2 * HOUR;
    const scope = `/subscriptions/${world.subscriptionId}`;
    const operations = [
      { name: "Microsoft.Authorization/elevateAccess/action", resourceId: "/providers/microsoft.authorization" },
      { name: "Microsoft.Insights/diagnosticSettings/delete", resourceId: world.resources[0]?.id ?? scope },
    ];
    const rows = operations.map((operation, index) =>
      activityRow(world, dice, start + index * 300_000, user, operation),
    );
    return { subject: user.upn, start, end: start + 300_000, rows: new Map([["AzureActivity", rows]]) };
  },
};
export default attack;
