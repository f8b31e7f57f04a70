import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { interactiveRow, signInOf } from "../tables/sign-ins.ts";
import type { Attack } from "../types.ts";

/** One account, forty passwords in four minutes, and then the right one. */
const attack: Attack = {
  name: "password-guessing",
  pillar: "identities",
  detector: "password-guessing",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 1);
    const user = dice.pick(world.users);
    const foreign = {
      isMultifactor: false,
      isEnforced: false,
      isDeviceEnforced: false,
      risk: "none",
      riskState: "none",
      ip: `${FAR_AWAY.prefix}.${dice.int(1, 254)}`,
      place: FAR_AWAY,
      userAgent: "python-requests/2.32",
      device: undefined,
    } as const;
    const rows = Array.from({ length: 41 }, (_, index) =>
      interactiveRow(world, dice, {
        ...signInOf(world, dice, start + index * 6000, user),
        ...foreign,
        code: index === 40 ? "0" : "50126",
      }),
    );
    return { subject: user.upn, start, end: start + 40 * 6000, rows: new Map([["SigninLogs", rows]]) };
  },
};
export default attack;
