import { momentOf } from "../moment.ts";
import { activityRow } from "../tables/platform.ts";
import type { Attack } from "../types.ts";

/** An administrator's account deletes the platform, resource by resource. */
const attack: Attack = {
  name: "resource-wipe",
  pillar: "infrastructure",
  detector: "mass-delete",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 0);
    const admin = dice.pick(world.admins);
    const rows = world.resources
      .slice(0, 70)
      .map(({ id, type }, index) =>
        activityRow(world, dice, start + index * 15_000, admin, { name: `${type}/delete`, resourceId: id }),
      );
    return { subject: admin.upn, start, end: start + rows.length * 15_000, rows: new Map([["AzureActivity", rows]]) };
  },
};
export default attack;
