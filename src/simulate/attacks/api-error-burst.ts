import { FAR_AWAY } from "../register.ts";
import { apiRow } from "../tables/gateways.ts";
import { type Attack, DAY, HOUR } from "../types.ts";

/** A caller walks through the operations of an API and is refused most of the time. */
const attack: Attack = {
  name: "api-error-burst",
  pillar: "applications",
  detector: "api-error-burst",
  inject: (world, dice, { end }) => {
    const start = Math.floor((end - DAY) / DAY) * DAY + 3 * HOUR;
    const caller = { ip: `${FAR_AWAY.prefix}.44`, userId: "", subscriptionId: "" };
    const rows = Array.from({ length: 300 }, (_, index) =>
      apiRow(
        world,
        dice,
        start + index * 400,
        caller,
        dice.chance(0.9) ? dice.pick([401, 404]) : 200,
        `probe-${index % 60}`,
      ),
    );
    return { subject: caller.ip, start, end: start + 300 * 400, rows: new Map([["ApiManagementGatewayLogs", rows]]) };
  },
};
export default attack;
