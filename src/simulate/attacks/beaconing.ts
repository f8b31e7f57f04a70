import { FAR_AWAY } from "../register.ts";
import { flowRow } from "../tables/flows.ts";
import { type Attack, HOUR } from "../types.ts";

const MINUTE = 60_000;

/** An implant calls home every ten minutes, a few seconds more or less, with messages of one size. */
const attack: Attack = {
  name: "beaconing",
  pillar: "network",
  detector: "beaconing",
  inject: (world, dice, { end }) => {
    const source = dice.pick(world.hosts.filter(({ subnet }) => subnet.isLogged));
    const start = end - 36 * HOUR;
    const rows = Array.from({ length: 36 * 6 - 8 }, (_, index) =>
      flowRow(world, dice, start + index * 10 * MINUTE + dice.int(-4000, 4000), {
        type: "ExternalPublic",
        direction: "Outbound",
        status: "Allowed",
        source,
        publicIp: `${FAR_AWAY.prefix}.200`,
        port: 443,
        service: "https",
        rule: "allow-internet",
        bytes: 512 + dice.int(0, 3),
      }),
    );
    return { subject: source.vm, start, end, rows: new Map([["NTANetAnalytics", rows]]) };
  },
};
export default attack;
