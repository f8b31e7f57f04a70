import { hasAgent } from "../tables/endpoints.ts";
import { type Attack, HOUR } from "../types.ts";

/** The agent of one server is switched off and stays off. */
const attack: Attack = {
  name: "sensor-silence",
  pillar: "devices",
  detector: "sensor-silence",
  inject: (world, _, { end }) => {
    const host = world.hosts.findLast((_host, index) => hasAgent(world, index));
    const start = end - 30 * HOUR;
    return {
      subject: host?.name ?? "",
      start,
      end,
      rows: new Map(),
      suppresses: (table, row, time) => table === "Heartbeat" && time >= start && row.ResourceId === host?.resourceId,
    };
  },
};
export default attack;
