import { describe, expect, test } from "vitest";
import complianceFlip from "../../../src/analyzer/detectors/compliance-flip.ts";
import logTampering from "../../../src/analyzer/detectors/log-tampering.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect, HOUR, MINUTE } from "../support.ts";

describe("compliance flip", () => {
  const report = (offset: number, Device: string, Resource = "management"): Row =>
    at(offset, { Subject: "laptop", SubjectType: "device", Device, Resource });
  const access = (offset: number, changes: Row = {}): Row =>
    at(offset, { DeviceId: "laptop", ResultCode: "0", ...changes });
  const find = (...rows: Row[]) =>
    detect(
      complianceFlip,
      "devices",
      rows.map((row) => ({ DeviceId: "", ...row })),
    );
  const fallen = [report(0, "verified"), report(DAY, "failed")];

  test("access after a device fell out of compliance, told once", () => {
    const [anomaly, ...others] = find(...fallen, access(DAY + 3 * HOUR), access(DAY + 4 * HOUR));
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "laptop", time: "2026-05-05T03:00:00.000Z" });
    expect(anomaly?.reason).toBe(
      "ann@contoso.com got access on this device 3 h after it fell out of compliance (limit 24 h; 1 fall in 2 reports).",
    );
  });

  test("falling again and again", () => {
    const rows = Array.from({ length: 8 }, (_, i) => report(i * 12 * HOUR, i % 2 === 0 ? "verified" : "failed"));
    expect(find(...rows).map(({ reason }) => reason)).toEqual([
      "Fell out of compliance 3 times within 7 d (limit 3), in 6 reports.",
    ]);
  });

  test.each([
    ["access two days later", [...fallen, access(3 * DAY)]],
    ["refused access", [...fallen, access(DAY + HOUR, { ResultCode: "53000" })]],
    ["access on another device", [...fallen, access(DAY + HOUR, { DeviceId: "desktop" })]],
    ["a device that recovered", [...fallen, report(DAY + HOUR, "verified"), access(DAY + 2 * HOUR)]],
    ["a device that never was compliant", [report(0, "failed"), access(HOUR)]],
    ["an unknown state in between", [report(0, "verified"), report(HOUR, "unknown"), access(2 * HOUR)]],
    [
      "two sensors that disagree",
      Array.from({ length: 20 }, (_, i) =>
        report(i * HOUR, i % 2 === 0 ? "verified" : "failed", i % 2 === 0 ? "management" : "antivirus"),
      ),
    ],
  ])("is not seen in %s", (_name, rows) => expect(find(...rows)).toEqual([]));
});

describe("log tampering", () => {
  const DELETE = "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE";
  const operation = (offset: number, Operation: string, changes: Row = {}): Row =>
    at(offset, { Operation, Subject: "mallory", Resource: "kv-1", ResultCode: "Success", ...changes });
  const usual = Array.from({ length: 300 }, (_, i) =>
    operation(i * HOUR, "Microsoft.Compute/virtualMachines/write", { Subject: "pipeline" }),
  );
  const find = (...rows: Row[]) => detect(logTampering, "infrastructure", rows);

  test("diagnostic settings deleted on several resources are one anomaly", () => {
    const wave = [0, 1, 2].map((i) => operation(10 * DAY + i * MINUTE, DELETE, { Resource: `kv-${i}` }));
    const [anomaly, ...others] = find(...usual, ...wave);
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "mallory", time: "2026-05-14T00:00:00.000Z" });
    expect(anomaly?.reason).toMatch(
      /DELETE and 2 more operations that end logging, on 3 resources within an hour; the caller did so 0 times before \(routine from 10\), the tenant in 3 of 24\d operations\./,
    );
  });

  test.each([
    ["a refused attempt", [operation(10 * DAY, DELETE, { ResultCode: "Failed" })]],
    ["the announcement alone", [operation(10 * DAY, DELETE, { ResultCode: "Start" })]],
    ["other deletions", [operation(10 * DAY, "Microsoft.Compute/virtualMachines/delete")]],
  ])("is not seen in %s", (_name, rows) => expect(find(...usual, ...rows)).toEqual([]));

  test("what a pipeline does every day becomes routine", () => {
    const daily = Array.from({ length: 12 }, (_, day) => operation(day * DAY + HOUR, DELETE, { Subject: "pipeline" }));
    expect(find(...usual, ...daily)).toHaveLength(10);
  });
});
