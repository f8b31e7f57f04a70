import { blobRow } from "../tables/data.ts";
import { type Attack, DAY, HOUR } from "../types.ts";

/** A leaver copies a container before the last day. */
const attack: Attack = {
  name: "mass-read",
  pillar: "data",
  detector: "mass-read",
  inject: (world, dice, { end }) => {
    const user = dice.pick(world.users);
    const start = Math.floor((end - DAY) / DAY) * DAY + 17 * HOUR;
    const rows = Array.from({ length: 1500 }, (_, index) => ({
      ...blobRow(world, dice, start + index * 800, user, `archive/${index}.parquet`, 2_000_000),
      AuthenticationType: "OAuth",
      AuthenticationHash: "",
      RequesterObjectId: user.id,
      RequesterUpn: user.upn,
    }));
    return { subject: user.upn, start, end: start + 1500 * 800, rows: new Map([["StorageBlobLogs", rows]]) };
  },
};
export default attack;
