import { FAR_AWAY } from "../register.ts";
import { interactiveRow, signInOf } from "../tables/sign-ins.ts";
import { type Attack, DAY, HOUR } from "../types.ts";

/** One address tries one password against many accounts within twelve minutes. */
const attack: Attack = {
  name: "password-spray",
  pillar: "identities",
  detector: "password-spray",
  inject: (world, dice, { end }) => {
    const start = Math.floor((end - DAY) / DAY) * DAY + 13 * HOUR;
    const ip = `${FAR_AWAY.prefix}.99`;
    const victims = world.users.slice(0, 60);
    const rows = victims.map((user, index) =>
      interactiveRow(world, dice, {
        ...signInOf(world, dice, start + index * 12_000, user),
        code: index % 9 === 8 ? "50053" : "50126",
        isMultifactor: false,
        isEnforced: false,
        isDeviceEnforced: false,
        ip,
        place: FAR_AWAY,
        userAgent: "BAV2ROPC",
        device: undefined,
      }),
    );
    return { subject: ip, start, end: start + victims.length * 12_000, rows: new Map([["SigninLogs", rows]]) };
  },
};
export default attack;
