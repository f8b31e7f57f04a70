import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { interactiveRow, signInOf } from "../tables/sign-ins.ts";
import type { Attack } from "../types.ts";

/** Leaked pairs of names and passwords are tried from a botnet, a few per address. */
const attack: Attack = {
  name: "credential-stuffing",
  pillar: "identities",
  detector: "credential-stuffing",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 3);
    const app = world.apps[5] ?? dice.pick(world.apps);
    const rows = Array.from({ length: 160 }, (_, index) =>
      interactiveRow(world, dice, {
        ...signInOf(world, dice, start + index * 3000),
        app,
        code: "50126",
        isMultifactor: false,
        isEnforced: false,
        isDeviceEnforced: false,
        risk: "none",
        riskState: "none",
        ip: `198.18.${100 + (index % 70)}.${dice.int(1, 254)}`,
        place: FAR_AWAY,
        userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
        device: undefined,
      }),
    );
    return { subject: app.name, start, end: start + 160 * 3000, rows: new Map([["SigninLogs", rows]]) };
  },
};
export default attack;
