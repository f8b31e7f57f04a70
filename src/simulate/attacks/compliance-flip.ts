import { momentOf } from "../moment.ts";
import { type Attack, HOUR, iso } from "../types.ts";

/** Protection of a laptop is switched off; it falls out of compliance, and its user goes on working. */
const attack: Attack = {
  name: "compliance-flip",
  pillar: "devices",
  detector: "compliance-flip",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 9);
    const healthy = world.users.filter(({ device }) => device.isKnown && device.isCompliant && device.isProtected);
    const { device, upn } = dice.pick(healthy.length > 0 ? healthy : world.users);
    const report = {
      TenantId: world.workspaceId,
      TimeGenerated: iso(start),
      OperationName: "Devices",
      DeviceId: device.id,
      ReferenceId: device.id,
      DeviceName: device.name,
      UPN: upn,
      OS: device.os,
      CompliantState: "Noncompliant",
      Ownership: "Corporate",
      ManagedBy: "Intune",
      LastContact: iso(start - HOUR)
        .replace("T", " ")
        .replace("Z", "0000"),
      EncryptionStatusString: "False",
      JailBroken: "False",
      GraphDeviceIsManaged: true,
      Type: "IntuneDevices",
    };
    const logon = {
      TenantId: world.workspaceId,
      TimeGenerated: iso(start + HOUR),
      DeviceId: device.id.replaceAll("-", ""),
      DeviceName: `${device.name.toLowerCase()}.contoso.com`,
      ActionType: "LogonSuccess",
      LogonType: "Interactive",
      AccountDomain: "contoso",
      AccountName: upn.split("@")[0],
      Protocol: "Kerberos",
      RemoteIPType: "",
      RemoteIP: "",
      ReportId: dice.int(1, 1e9),
      Type: "DeviceLogonEvents",
    };
    return {
      subject: device.name.toLowerCase(),
      start,
      end: start + HOUR,
      rows: new Map([
        ["IntuneDevices", [report]],
        ["DeviceLogonEvents", [logon]],
      ]),
    };
  },
};
export default attack;
