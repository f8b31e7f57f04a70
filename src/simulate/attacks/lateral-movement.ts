import { momentOf } from "../moment.ts";
import { type Attack, iso } from "../types.ts";

/** A stolen account tries its luck on one machine after the other. */
const attack: Attack = {
  name: "lateral-movement",
  pillar: "devices",
  detector: "lateral-movement",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 22);
    const account = dice.pick(world.users).upn.split("@")[0] ?? "";
    const targets = world.users.filter(({ device }) => device.isKnown).slice(0, 25);
    const rows = targets.map(({ device }, index) => ({
      TenantId: world.workspaceId,
      TimeGenerated: iso(start + index * 70_000),
      DeviceId: device.id.replaceAll("-", ""),
      DeviceName: `${device.name.toLowerCase()}.contoso.com`,
      ActionType: "LogonSuccess",
      LogonType: "Network",
      AccountDomain: "contoso",
      AccountName: account,
      Protocol: "NTLM",
      RemoteIPType: "Private",
      RemoteIP: "10.9.0.66",
      ReportId: dice.int(1, 1e9),
      Type: "DeviceLogonEvents",
    }));
    return {
      subject: `contoso\\${account}`.toLowerCase(),
      start,
      end: start + rows.length * 70_000,
      rows: new Map([["DeviceLogonEvents", rows]]),
    };
  },
};
export default attack;
