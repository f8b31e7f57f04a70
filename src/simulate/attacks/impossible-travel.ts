import { FAR_AWAY } from "../register.ts";
import { interactiveRow, signInOf } from "../tables/sign-ins.ts";
import { type Attack, DAY, HOUR } from "../types.ts";

/** A stolen session: the user signs in at home and, 40 minutes later, on the other side of the world. */
const attack: Attack = {
  name: "impossible-travel",
  pillar: "identities",
  detector: "impossible-travel",
  inject: (world, dice, { end }) => {
    const user = dice.pick(world.users);
    const start = Math.floor((end - 2 * DAY) / DAY) * DAY + 10 * HOUR;
    const granted = { code: "0", isMultifactor: true, risk: "none", riskState: "none" } as const;
    const home = { ...signInOf(world, dice, start, user), ...granted };
    const stolen = {
      ...home,
      time: start + 40 * 60_000,
      ip: `${FAR_AWAY.prefix}.${dice.int(1, 254)}`,
      place: FAR_AWAY,
      userAgent: "python-requests/2.32",
      device: undefined,
      isDeviceEnforced: false,
    };
    const rows = [home, stolen].map((signIn) => interactiveRow(world, dice, signIn));
    return { subject: user.upn, start, end: stolen.time, rows: new Map([["SigninLogs", rows]]) };
  },
};
export default attack;
