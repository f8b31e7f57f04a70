import { isFlowRecord, vnetRows } from "../flows.ts";
import type { Shape } from "../shape.ts";

const CATEGORY = "FlowLogFlowEvent";

/** Network Watcher's virtual network flow log blobs. */
export default {
  precedence: 10,
  sniff: ({ records }) => records.some((record) => isFlowRecord(record, CATEGORY)),
  map(record) {
    const rows = vnetRows(record);
    return rows.length > 0 ? rows : { skip: "Records without flow tuples are skipped." };
  },
} satisfies Shape;
