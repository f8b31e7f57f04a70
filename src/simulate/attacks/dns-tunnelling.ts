import { momentOf } from "../moment.ts";
import { queryRow } from "../tables/names.ts";
import type { Attack } from "../types.ts";

/** A server carries data out in the names that it asks for. */
const attack: Attack = {
  name: "dns-tunnelling",
  pillar: "network",
  detector: "dns-tunnelling",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 23);
    const source = dice.pick(world.hosts);
    const rows = Array.from({ length: 500 }, (_, index) => {
      const label = dice.uuid().replaceAll("-", "") + dice.uuid().slice(0, 8);
      return queryRow(world, dice, start + index * 5000, source.ip, `${label}.s.cdn-sync.example`, "TXT");
    });
    return { subject: source.ip, start, end: start + 500 * 5000, rows: new Map([["AZFWDnsQuery", rows]]) };
  },
};
export default attack;
