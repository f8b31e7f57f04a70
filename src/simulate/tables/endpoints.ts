import { inShare } from "../dice.ts";
import { HOUR, iso, type Row, type Source } from "../types.ts";
import type { Machine, World } from "../world.ts";

/** Whether a machine's monitoring agent reports; the hosts are counted first. */
export const hasAgent = (world: World, index: number): boolean =>
  inShare(index, Math.max(0.2, world.knobs.infrastructure.logged));

function heartbeat(world: World, time: number, { name, resourceId }: Machine, columns: Row): Row {
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    Computer: `${name}.contoso.com`,
    ...columns,
    Category: "Azure Monitor Agent",
    Version: "1.35.4",
    SubscriptionId: world.subscriptionId,
    ResourceId: resourceId,
    _ResourceId: resourceId,
    Type: "Heartbeat",
  };
}

const sources: readonly Source[] = [
  {
    table: "DeviceInfo",
    everyHours: 12,
    *rows(world, dice, time) {
      for (const { device, ip } of world.fleet) {
        if (!device.isKnown) continue;
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          DeviceId: device.id.replaceAll("-", ""),
          DeviceName: `${device.name.toLowerCase()}.contoso.com`,
          AadDeviceId: device.id,
          OSPlatform: device.os.replace(" ", ""),
          JoinType: "AAD Joined",
          OnboardingStatus: device.isProtected ? "Onboarded" : "Can be onboarded",
          SensorHealthState: device.isProtected ? "Active" : "Inactive",
          ExposureLevel: device.isProtected ? "Low" : "High",
          IsInternetFacing: false,
          PublicIP: ip,
          ReportId: dice.int(1, 1e9),
          Type: "DeviceInfo",
        };
      }
    },
  },
  {
    table: "IntuneDevices",
    everyHours: 24,
    *rows(world, dice, time) {
      for (const { device, upn } of world.fleet) {
        if (!device.isKnown) continue;
        yield {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time + dice.int(0, HOUR)),
          OperationName: "Devices",
          DeviceId: device.id,
          ReferenceId: device.id,
          DeviceName: device.name,
          UPN: upn,
          OS: device.os,
          CompliantState: device.isCompliant ? "Compliant" : "Noncompliant",
          Ownership: "Corporate",
          ManagedBy: "Intune",
          LastContact: iso(time - (device.isStale ? 1000 : dice.int(1, 40)) * HOUR)
            .replace("T", " ")
            .replace("Z", "0000"),
          EncryptionStatusString: device.isProtected ? "True" : "False",
          JailBroken: "False",
          GraphDeviceIsManaged: true,
          Type: "IntuneDevices",
        };
      }
    },
  },
  {
    table: "DeviceLogonEvents",
    daily: ({ users }) => users.length * 3,
    rhythm: "office",
    rows: (world, dice, time) => {
      const { device, upn } = dice.pick(world.users);
      if (!device.isKnown) return [];
      const isWeak = dice.chance(device.isCompliant ? 0.01 : 0.3);
      return [
        {
          TenantId: world.workspaceId,
          TimeGenerated: iso(time),
          DeviceId: device.id.replaceAll("-", ""),
          DeviceName: `${device.name.toLowerCase()}.contoso.com`,
          ActionType: dice.chance(0.02) ? "LogonFailed" : "LogonSuccess",
          LogonType: isWeak ? "RemoteInteractive" : "Interactive",
          AccountDomain: "contoso",
          AccountName: upn.split("@")[0],
          Protocol: isWeak ? "NTLM" : "Kerberos",
          RemoteIPType: isWeak ? "Private" : "",
          RemoteIP: isWeak ? "10.9.0.7" : "",
          ReportId: dice.int(1, 1e9),
          Type: "DeviceLogonEvents",
        },
      ];
    },
  },
  {
    table: "Heartbeat",
    everyHours: 1,
    *rows(world, dice, time) {
      for (const [index, host] of world.hosts.entries()) {
        if (!hasAgent(world, index)) continue;
        for (let minute = 0; minute < 60; minute += 10) {
          const at = time + minute * 60_000 + dice.int(0, 5000);
          yield heartbeat(world, at, host, { ComputerIP: host.ip, OSType: "Linux" });
        }
      }
    },
  },
  {
    table: "Heartbeat",
    everyHours: 6,
    *rows(world, dice, time) {
      for (const [index, desktop] of world.desktops.entries()) {
        if (!hasAgent(world, world.hosts.length + index)) continue;
        yield heartbeat(world, time + dice.int(0, HOUR), desktop, { ComputerIP: "", OSType: "Windows" });
      }
    },
  },
];
export default sources;
