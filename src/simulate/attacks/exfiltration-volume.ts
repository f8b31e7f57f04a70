import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { flowRow } from "../tables/flows.ts";
import type { Attack } from "../types.ts";

/** A server sends a database dump to the internet within half an hour. */
const attack: Attack = {
  name: "exfiltration-volume",
  pillar: "network",
  detector: "exfiltration-volume",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 1);
    const source = dice.pick(world.hosts.filter(({ subnet }) => subnet.isLogged));
    const rows = Array.from({ length: 24 }, (_, index) =>
      flowRow(world, dice, start + index * 75_000 + dice.int(0, 40_000), {
        type: "ExternalPublic",
        direction: "Outbound",
        status: "Allowed",
        source,
        publicIp: `${FAR_AWAY.prefix}.201`,
        port: 443,
        service: "https",
        rule: "allow-internet",
        bytes: Math.round(dice.skewed(60_000_000, 0.5)),
      }),
    );
    return { subject: source.vm, start, end: start + 24 * 75_000, rows: new Map([["NTANetAnalytics", rows]]) };
  },
};
export default attack;
