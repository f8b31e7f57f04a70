import { momentOf } from "../moment.ts";
import { FAR_AWAY } from "../register.ts";
import { nonInteractiveRow, signInOf } from "../tables/sign-ins.ts";
import type { Attack } from "../types.ts";

/** A session cookie is stolen from a browser and used from another network while the user works on. */
const attack: Attack = {
  name: "token-replay",
  pillar: "identities",
  detector: "token-replay",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 9);
    const user = dice.pick(world.users);
    const granted = { code: "0", isMultifactor: true, risk: "none", riskState: "none" } as const;
    const session = { SessionId: dice.uuid() };
    const at = (time: number) => ({ ...signInOf(world, dice, time, user), ...granted });
    const stolen = { place: FAR_AWAY, userAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0", device: undefined };
    const ip = `${FAR_AWAY.prefix}.${dice.int(1, 254)}`;
    const signIns = [
      at(start),
      { ...at(start + 1_500_000), ...stolen, ip, isDeviceEnforced: false },
      at(start + 1_900_000),
      { ...at(start + 2_400_000), ...stolen, ip, isDeviceEnforced: false },
    ];
    const rows = signIns.map((signIn) => ({ ...nonInteractiveRow(world, dice, signIn), ...session }));
    return {
      subject: user.upn,
      start,
      end: start + 2_400_000,
      rows: new Map([["AADNonInteractiveUserSignInLogs", rows]]),
    };
  },
};
export default attack;
