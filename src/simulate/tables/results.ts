import { PILLARS } from "../../core/maturity.ts";
import { DAY, iso, type SnapshotSource } from "../types.ts";

/** What an analyzer that runs every day has published about this tenant. */
const sources: readonly SnapshotSource[] = [
  {
    table: "ZtSignal_CL",
    everyHours: 24,
    *rows(world, dice, time) {
      const isWatched = dice.chance(world.knobs.data.watched);
      const run = dice.uuid();
      for (const pillar of PILLARS) {
        if (pillar === "data" && !isWatched) continue;
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          ResultId: dice.uuid(),
          RunId: run,
          RunTime: iso(time),
          Scope: world.domain,
          WindowStart: iso(time - 30 * DAY),
          WindowEnd: iso(time),
          Pillar: pillar,
          Verified: dice.int(800, 1200),
          Failed: dice.int(0, 80),
          Unknown: dice.int(0, 200),
        };
      }
    },
  },
];
export default sources;
