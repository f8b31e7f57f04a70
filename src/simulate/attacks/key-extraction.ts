import { momentOf } from "../moment.ts";
import { activityRow } from "../tables/platform.ts";
import type { Attack } from "../types.ts";

/** A script asks every storage account for its keys. */
const attack: Attack = {
  name: "key-extraction",
  pillar: "infrastructure",
  detector: "key-extraction",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 19);
    const admin = dice.pick(world.admins);
    const rows = world
      .ofType("microsoft.storage/storageaccounts")
      .slice(0, 40)
      .map(({ id }, index) =>
        activityRow(world, dice, start + index * 9000, admin, {
          name: "Microsoft.Storage/storageAccounts/listKeys/action",
          resourceId: id,
        }),
      );
    return { subject: admin.upn, start, end: start + rows.length * 9000, rows: new Map([["AzureActivity", rows]]) };
  },
};
export default attack;
