import { momentOf } from "../moment.ts";
import { flowRow } from "../tables/flows.ts";
import type { Attack } from "../types.ts";

/** A compromised server looks for neighbours that answer; most do not. */
const attack: Attack = {
  name: "network-scan",
  pillar: "network",
  detector: "network-scan",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 3);
    const source = dice.pick(world.hosts.filter(({ subnet }) => subnet.isLogged));
    const rows = Array.from({ length: 160 }, (_, index) =>
      flowRow(world, dice, start + index * 2500, {
        type: "InterVNet",
        direction: "Outbound",
        status: dice.chance(0.92) ? "Denied" : "Allowed",
        source,
        destination: world.hosts[index % world.hosts.length] ?? source,
        port: dice.pick([22, 445, 1433, 3389, 5985]),
        service: "unknown",
        rule: "DefaultRule_DenyAllOutBound",
        bytes: 60,
      }),
    );
    return { subject: source.vm, start, end: start + 160 * 2500, rows: new Map([["NTANetAnalytics", rows]]) };
  },
};
export default attack;
