import { momentOf } from "../moment.ts";
import { interactiveRow, signInOf } from "../tables/sign-ins.ts";
import type { Attack } from "../types.ts";

/** The attacker is careful: a proxy in the user's own country, so that no distance betrays it, but a network and client of its own. */
const attack: Attack = {
  name: "unfamiliar-sign-in",
  pillar: "identities",
  detector: "unfamiliar-sign-in",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 11);
    const user = dice.pick(world.users);
    const ip = `198.18.20.${dice.int(1, 254)}`;
    const rows = [0, 20, 45].map((minute) =>
      interactiveRow(world, dice, {
        ...signInOf(world, dice, start + minute * 60_000, user),
        code: "0",
        isMultifactor: true,
        risk: "none",
        riskState: "none",
        isDeviceEnforced: false,
        ip,
        place: { ...user.place, asn: "64509" },
        userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Firefox/144.0",
        device: undefined,
      }),
    );
    return { subject: user.upn, start, end: start + 2_700_000, rows: new Map([["SigninLogs", rows]]) };
  },
};
export default attack;
