import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { interactiveRow, signInOf } from "../tables/sign-ins.ts";
import type { Attack } from "../types.ts";

/** Somebody who has the password sends prompts at night until the user gives in. */
const attack: Attack = {
  name: "mfa-fatigue",
  pillar: "identities",
  detector: "mfa-fatigue",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 2);
    const user = dice.pick(world.users);
    const rows = Array.from({ length: 7 }, (_, index) =>
      interactiveRow(world, dice, {
        ...signInOf(world, dice, start + index * 110_000, user),
        code: index === 6 ? "0" : "500121",
        isMultifactor: true,
        risk: "none",
        riskState: "none",
        isDeviceEnforced: false,
        ip: `${FAR_AWAY.prefix}.${dice.int(1, 254)}`,
        place: FAR_AWAY,
        userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/145.0",
        device: undefined,
      }),
    );
    return { subject: user.upn, start, end: start + 6 * 110_000, rows: new Map([["SigninLogs", rows]]) };
  },
};
export default attack;
