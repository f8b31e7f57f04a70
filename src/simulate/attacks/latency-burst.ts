import { momentOf } from "../moment.ts";
import { apiRow } from "../tables/gateways.ts";
import type { Attack } from "../types.ts";

/** Expensive queries exhaust a backend: one operation answers forty times as slowly for twenty minutes. */
const attack: Attack = {
  name: "latency-burst",
  pillar: "applications",
  detector: "latency-burst",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 14);
    const rows = Array.from({ length: 240 }, (_, index) => {
      const user = dice.pick(world.users);
      const caller = { ip: user.ip, userId: user.id, subscriptionId: "sub-web" };
      return {
        ...apiRow(world, dice, start + index * 5000, caller, 200, "list-orders"),
        TotalTime: Math.round(dice.skewed(1600, 0.4)),
      };
    });
    const subject = "partner: list-orders";
    return { subject, start, end: start + 240 * 5000, rows: new Map([["ApiManagementGatewayLogs", rows]]) };
  },
};
export default attack;
