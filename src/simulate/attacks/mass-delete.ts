import { momentOf } from "../moment.ts";
import { blobRow } from "../tables/data.ts";
import type { Attack } from "../types.ts";

/** An account empties a container before anybody notices. */
const attack: Attack = {
  name: "mass-delete",
  pillar: "data",
  detector: "mass-delete",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 21);
    const user = dice.pick(world.users);
    const rows = Array.from({ length: 600 }, (_, index) => ({
      ...blobRow(world, dice, start + index * 2000, user, `archive/${index}.parquet`, 0),
      OperationName: "DeleteBlob",
      Category: "StorageDelete",
      AuthenticationType: "OAuth",
      AuthenticationHash: "",
      RequesterObjectId: user.id,
      RequesterUpn: user.upn,
    }));
    return { subject: user.upn, start, end: start + 600 * 2000, rows: new Map([["StorageBlobLogs", rows]]) };
  },
};
export default attack;
