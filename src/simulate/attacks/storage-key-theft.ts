import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { blobRow } from "../tables/data.ts";
import type { Attack } from "../types.ts";

/** An account key of a storage account is used from the other side of the world. */
const attack: Attack = {
  name: "storage-key-theft",
  pillar: "data",
  detector: "key-misuse",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 5);
    const key = "key1(7B0B8E5A)";
    const rows = Array.from({ length: 60 }, (_, index) => ({
      ...blobRow(world, dice, start + index * 20_000, dice.pick(world.users), `reports/2026/${index}.parquet`, 90_000),
      AuthenticationType: "AccountKey",
      AuthenticationHash: key,
      RequesterObjectId: "",
      RequesterUpn: "",
      AuthorizationDetails: [],
      CallerIpAddress: `${FAR_AWAY.prefix}.31:${dice.int(1024, 65_535)}`,
    }));
    return { subject: key, start, end: start + 60 * 20_000, rows: new Map([["StorageBlobLogs", rows]]) };
  },
};
export default attack;
