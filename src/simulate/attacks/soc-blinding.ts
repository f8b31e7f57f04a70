import { momentOf } from "../moment.ts";
import { type Attack, HOUR, iso } from "../types.ts";

/** A change that looks like maintenance makes an analytic rule fail at every run. */
const attack: Attack = {
  name: "soc-blinding",
  pillar: "infrastructure",
  detector: "soc-drift",
  onRequest: true,
  inject: (world, dice, span) => {
    const rule = "Mass download";
    const start = momentOf(dice, span, 0);
    const end = Math.min(span.end, start + 24 * HOUR);
    const rows = Array.from({ length: Math.floor((end - start) / HOUR) }, (_, hour) => ({
      TenantId: world.workspaceId,
      TimeGenerated: iso(start + hour * HOUR),
      RecordId: dice.uuid(),
      OperationName: "Scheduled analytics rule run",
      SentinelResourceType: "Analytics Rule",
      SentinelResourceName: rule,
      Status: "Failure",
      Reason: "The query was blocked: a referenced function was deleted.",
      Type: "SentinelHealth",
    }));
    return {
      subject: rule,
      start,
      end,
      rows: new Map([["SentinelHealth", rows]]),
      suppresses: (table, row, time) =>
        table === "SentinelHealth" &&
        row.SentinelResourceName === rule &&
        row.RecordId === undefined &&
        time >= start &&
        time <= end,
    };
  },
};
export default attack;
