import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { interactiveRow, signInOf } from "../tables/sign-ins.ts";
import type { Attack } from "../types.ts";

/** A user types a code that a phisher asked for; the phisher's session begins. */
const attack: Attack = {
  name: "device-code",
  pillar: "identities",
  detector: "device-code",
  onRequest: true,
  inject: (world, dice, span) => {
    const time = momentOf(dice, span, 13);
    const user = dice.pick(world.users);
    const signIn = {
      ...signInOf(world, dice, time, user),
      code: "0",
      isMultifactor: true,
      risk: "none",
      riskState: "none",
      isDeviceEnforced: false,
      ip: `${FAR_AWAY.prefix}.${dice.int(1, 254)}`,
      place: {
        ...FAR_AWAY,
        country: user.place.country,
        latitude: user.place.latitude,
        longitude: user.place.longitude,
      },
      userAgent: "Python/3.12 MSAL",
      device: undefined,
    } as const;
    const flow = { AuthenticationProtocol: "deviceCode", OriginalTransferMethod: "deviceCodeFlow" };
    const rows = [{ ...interactiveRow(world, dice, signIn), ...flow }];
    return { subject: user.upn, start: time, end: time, rows: new Map([["SigninLogs", rows]]) };
  },
};
export default attack;
