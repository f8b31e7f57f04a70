import { momentOf } from "../moment.ts";
import { apiRow } from "../tables/gateways.ts";
import type { Attack } from "../types.ts";

/** A signed-in customer counts through the orders of everybody; the API answers each time. */
const attack: Attack = {
  name: "object-enumeration",
  pillar: "applications",
  detector: "object-enumeration",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 15);
    const user = dice.pick(world.users);
    const caller = { ip: user.ip, userId: user.id, subscriptionId: "sub-web" };
    const rows = Array.from({ length: 420 }, (_, index) => ({
      ...apiRow(world, dice, start + index * 4000, caller, 200, "get-orders"),
      ApiId: "orders",
      Url: `https://api.contoso.com/orders/${70_000 + index}`,
    }));
    return { subject: user.id, start, end: start + 420 * 4000, rows: new Map([["ApiManagementGatewayLogs", rows]]) };
  },
};
export default attack;
