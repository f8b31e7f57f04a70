import { describe, expect, test } from "vitest";
import rarePrivilegedOperation from "../../../src/analyzer/detectors/rare-privileged-operation.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect } from "../support.ts";

const operation = (day: number, Operation: string, Subject = "ann", changes: Row = {}): Row =>
  at(Math.round(day * DAY), { Operation, Subject, ResultCode: "Success", Resource: "sub-1", ...changes });

const routine = Array.from({ length: 200 }, (_, i) =>
  operation(i / 10, "Microsoft.Compute/virtualMachines/start/action"),
);
const find = (...rows: Row[]) => detect(rarePrivilegedOperation, "infrastructure", rows);
const ASSIGN = "Microsoft.Authorization/roleAssignments/write";
const ELEVATE = "Microsoft.Authorization/elevateAccess/action";

describe("rare privileged operation", () => {
  test("the first role assignment of a caller in a tenant that never had one", () => {
    const anomalies = find(...routine, operation(18, ASSIGN), operation(18.1, ASSIGN));
    expect(anomalies).toHaveLength(1);
    expect(anomalies[0]?.reason).toMatch(
      /^First Microsoft.Authorization\/roleAssignments\/write by this caller in 18 d \(181 other operations\), used never before in the tenant, on sub-1\.$/,
    );
  });

  test("one that hands over the tenant is told after a day, and is worth more", () => {
    const [elevate] = find(...routine, operation(2, ELEVATE));
    const [assign] = find(...routine, operation(18, ASSIGN));
    expect(elevate?.reason).toMatch(/in 2 d/);
    expect(elevate?.score).toBeGreaterThan((assign?.score ?? 0) - 1);
  });

  test("a caller who often acts is more surprising than a new one", () => {
    const [known] = find(...routine, operation(19, ASSIGN, "ann"));
    const [fresh] = find(...routine, operation(19, ASSIGN, "bob"));
    expect(known?.score).toBeGreaterThan(fresh?.score ?? Infinity);
  });

  test.each([
    ["while learning", [...routine, operation(13, ASSIGN)]],
    ["an everyday operation", [...routine, operation(18, "Microsoft.Compute/virtualMachines/read", "bob")]],
    ["a refused one", [...routine, operation(18, ASSIGN, "ann", { ResultCode: "Failed" })]],
    ["what the caller does anyway", [...routine, operation(3, ASSIGN), operation(18, ASSIGN)]],
    [
      "what the tenant does often",
      [...routine, ...[1, 2, 3, 4].map((day) => operation(day, ASSIGN, "pipeline")), operation(18, ASSIGN)],
    ],
    ["the same in other letter case", [...routine, operation(3, ASSIGN.toUpperCase()), operation(18, ASSIGN)]],
  ])("is not seen: %s", (_name, rows) => expect(find(...rows)).toEqual([]));
});
