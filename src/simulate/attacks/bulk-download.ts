import { momentOf } from "../moment.ts";
import { blobRow } from "../tables/data.ts";
import type { Attack } from "../types.ts";

/** Few requests, much data: thirty database backups are downloaded one after the other. */
const attack: Attack = {
  name: "bulk-download",
  pillar: "data",
  detector: "exfiltration-volume",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 20);
    const user = dice.pick(world.users);
    const rows = Array.from({ length: 30 }, (_, index) => ({
      ...blobRow(world, dice, start + index * 90_000, user, `backups/${index}.bacpac`, 900_000_000),
      AuthenticationType: "OAuth",
      AuthenticationHash: "",
      RequesterObjectId: user.id,
      RequesterUpn: user.upn,
    }));
    return { subject: user.upn, start, end: start + 30 * 90_000, rows: new Map([["StorageBlobLogs", rows]]) };
  },
};
export default attack;
