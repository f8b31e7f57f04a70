import { isFlowRecord, nsgRows } from "../flows.ts";
import type { Shape } from "../shape.ts";

const CATEGORY = "NetworkSecurityGroupFlowEvent";

/** Network Watcher's NSG flow log blobs. */
export default {
  precedence: 10,
  sniff: ({ records }) => records.some((record) => isFlowRecord(record, CATEGORY)),
  map(record) {
    const rows = nsgRows(record);
    return rows.length > 0 ? rows : { skip: "Records without flow tuples are skipped." };
  },
} satisfies Shape;
