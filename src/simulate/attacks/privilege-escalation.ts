import { momentOf } from "../moment.ts";
import { activityRow } from "../tables/platform.ts";
import type { Attack } from "../types.ts";

/** A developer's account makes itself owner, runs a command on a server and plants a runbook. */
const attack: Attack = {
  name: "privilege-escalation",
  pillar: "infrastructure",
  detector: "privilege-escalation",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 18);
    const user = dice.pick(world.users.filter(({ isAdmin, type }) => !isAdmin && type === "Member"));
    const scope = `/subscriptions/${world.subscriptionId}`;
    const steps = [
      { name: "Microsoft.Authorization/roleAssignments/write", resourceId: scope },
      { name: "Microsoft.Compute/virtualMachines/runCommand/action", resourceId: world.hosts[0]?.resourceId ?? scope },
      { name: "Microsoft.Automation/automationAccounts/runbooks/write", resourceId: `${scope}/runbooks/sync` },
      { name: "Microsoft.Automation/automationAccounts/jobs/write", resourceId: `${scope}/jobs/1` },
    ];
    const rows = steps.map((step, index) => activityRow(world, dice, start + index * 900_000, user, step));
    return { subject: user.upn, start, end: start + 3 * 900_000, rows: new Map([["AzureActivity", rows]]) };
  },
};
export default attack;
