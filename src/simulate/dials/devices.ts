import { aside, enforced, grants, withPolicies } from "../changes.ts";
import { type Dial, drop, edit, type Scene, timeOf } from "../dial.ts";
import { DAY, HOUR, iso, type Row } from "../types.ts";

const detail = (columns: (device: { deviceId?: string }, row: Row) => object) =>
  edit((row) => {
    const device = (row.DeviceDetail ?? {}) as { deviceId?: string };
    return { DeviceDetail: { ...device, ...columns(device, row) } };
  });

const deviceResult = (result: string) =>
  edit((row) => {
    const changed = withPolicies(row, (policies) =>
      policies.map((policy) => (grants(policy, "RequireCompliantDevice") ? { ...policy, result } : policy)),
    );
    // Whatever else was enforced stays so.
    return row.ConditionalAccessStatus === "success" ? enforced({ ...row, ...changed }) : changed;
  });

const state = (columns: Row) =>
  edit((row, { end }) =>
    // That a device was noncompliant before is what other criteria ask.
    row.CompliantState === "Noncompliant" && timeOf(row) < end - DAY ? {} : columns,
  );

const contact = (hours: number) =>
  edit((row) => ({
    LastContact: iso(timeOf(row) - hours * HOUR)
      .replace("T", " ")
      .replace("Z", "0000"),
  }));

const ATTEMPTS = ["0", "53000", "53001", "53003"];

const noncompliant = new WeakMap<object, ReadonlySet<string>>();

/** Whether a row is an attempt by a device that is known to be noncompliant. */
function isAttempt(row: Row, { world }: Scene): boolean {
  let ids = noncompliant.get(world);
  if (!ids) {
    const bad = world.users.filter(({ device }) => device.isKnown && !device.isCompliant);
    ids = new Set(bad.map(({ device }) => device.id));
    noncompliant.set(world, ids);
  }
  const { deviceId = "" } = (row.DeviceDetail ?? {}) as { deviceId?: string };
  return ATTEMPTS.includes(row.ResultType as string) && ids.has(deviceId);
}

/** The inventory's first report comes within the first day: before it, nothing is known of a device. */
const isEarly = (row: Row, { start }: Scene): boolean => timeOf(row) < start + DAY;

const fresh = (row: Row): boolean =>
  Date.parse(String(row.LastContact).replace(" ", "T").slice(0, 19)) > timeOf(row) - 30 * DAY;

export default {
  "DV-01": {
    rules: [
      {
        table: "SigninLogs",
        of: { ResultType: "0" },
        yes: detail(({ deviceId }, { UserId }) => ({ deviceId: deviceId || UserId })),
        no: detail(() => ({ deviceId: "" })),
      },
    ],
  },
  "DV-02": {
    rules: [
      {
        table: "SigninLogs",
        of: { ResultType: "0" },
        yes: detail(() => ({ isManaged: true })),
        no: detail(() => ({ isManaged: false })),
      },
    ],
  },
  "DV-03": {
    rules: [
      {
        table: "SigninLogs",
        of: { ResultType: "0" },
        yes: detail(() => ({ isCompliant: true })),
        no: detail(() => ({ isCompliant: false, trustType: "Azure AD registered" })),
      },
    ],
  },
  "DV-04": {
    rules: [
      { table: "SigninLogs", of: { ResultType: "0" }, yes: deviceResult("success"), no: deviceResult("notApplied") },
    ],
  },
  "DV-05": {
    rules: [
      {
        table: "IntuneDevices",
        of: fresh,
        by: "DeviceId",
        yes: state({ CompliantState: "Compliant" }),
        no: state({ CompliantState: "InGracePeriod" }),
      },
    ],
  },
  "DV-06": {
    rules: [{ table: "IntuneDevices", of: {}, by: "DeviceId", yes: contact(1000), no: contact(20) }],
  },
  "DV-07": {
    rules: [
      {
        table: "DeviceInfo",
        of: {},
        by: "DeviceId",
        yes: { OnboardingStatus: "Onboarded", SensorHealthState: "Active" },
        no: { OnboardingStatus: "Can be onboarded", SensorHealthState: "Inactive" },
      },
    ],
  },
  "DV-08": {
    rules: [
      {
        table: "IntuneDevices",
        of: (row) => row.Ownership !== "Personal" && fresh(row),
        by: "DeviceId",
        yes: { EncryptionStatusString: "True" },
        no: { EncryptionStatusString: "False" },
      },
    ],
  },
  "DV-09": {
    rules: [
      {
        table: "DeviceTvmSoftwareVulnerabilities",
        of: {},
        by: "DeviceId",
        yes: { CveId: "CVE-2025-1001", VulnerabilitySeverityLevel: "Critical" },
        no: edit((row) => ({ CveId: `CVE-2026-${1000 + Math.floor(timeOf(row) / (7 * DAY))}` })),
      },
    ],
  },
  "DV-10": {
    rules: [
      {
        table: "DeviceTvmSecureConfigurationAssessment",
        of: { IsApplicable: true },
        by: (row) => `${row.DeviceId} ${row.ConfigurationId}`,
        yes: { IsCompliant: true },
        no: { IsCompliant: false },
      },
    ],
  },
  "DV-11": {
    rules: [
      { table: "SigninLogs", of: (row, scene) => isEarly(row, scene) && isAttempt(row, scene), every: drop },
      { table: "SigninLogs", of: isAttempt, yes: edit(aside), no: { ResultType: "53000" } },
    ],
  },
  "DV-12": {
    rules: [
      {
        table: "OfficeActivity",
        of: { Operation: ["FileDownloaded", "FileSyncDownloadedFull", "FileSyncDownloadedPartial"] },
        yes: { IsManagedDevice: false },
        no: { IsManagedDevice: true },
      },
    ],
  },
} satisfies Readonly<Record<string, Dial>>;
