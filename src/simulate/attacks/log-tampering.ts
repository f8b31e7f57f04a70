import { momentOf } from "../moment.ts";
import { activityRow } from "../tables/platform.ts";
import type { Attack } from "../types.ts";

/** Before the real work, the record is switched off: diagnostic settings and a collection rule are deleted. */
const attack: Attack = {
  name: "log-tampering",
  pillar: "infrastructure",
  detector: "log-tampering",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 4);
    const admin = dice.pick(world.admins);
    const rows = world.resources.slice(10, 16).map(({ id }, index) =>
      activityRow(world, dice, start + index * 40_000, admin, {
        name:
          index === 5
            ? "Microsoft.Insights/dataCollectionRules/delete"
            : "Microsoft.Insights/diagnosticSettings/delete",
        resourceId: id,
      }),
    );
    return { subject: admin.upn, start, end: start + 6 * 40_000, rows: new Map([["AzureActivity", rows]]) };
  },
};
export default attack;
