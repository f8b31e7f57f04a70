import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { apiRow } from "../tables/gateways.ts";
import { type Attack, HOUR } from "../types.ts";

/** A partner's subscription key, used all month from the partner's own network, turns up in a public repository. */
const attack: Attack = {
  name: "key-misuse",
  pillar: "applications",
  detector: "key-misuse",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 4);
    const key = { userId: "", subscriptionId: "sub-partner-7" };
    const usual = Array.from({ length: Math.floor((span.end - span.start) / (HOUR / 2)) }, (_, index) =>
      apiRow(
        world,
        dice,
        span.start + (index * HOUR) / 2 + dice.int(0, 60_000),
        { ...key, ip: `192.0.2.${dice.int(30, 33)}` },
        200,
      ),
    );
    const stolen = Array.from({ length: 40 }, (_, index) =>
      apiRow(world, dice, start + index * 30_000, { ...key, ip: `${FAR_AWAY.prefix}.77` }, 200),
    );
    return {
      subject: key.subscriptionId,
      start,
      end: start + 40 * 30_000,
      rows: new Map([["ApiManagementGatewayLogs", [...usual, ...stolen]]]),
    };
  },
};
export default attack;
