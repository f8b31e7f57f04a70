import { describe, expect, test } from "vitest";
import type { Column, Value } from "../../src/core/kusto.ts";
import { parseIsoDatetime } from "../../src/core/ticks.ts";
import { tableStates } from "../../src/maturity/availability.ts";
import { readCounts, readOffenders } from "../../src/maturity/measurement.ts";

const result = (names: string, ...rows: Value[][]) => ({
  columns: names.split(" ").map((name): Column => ({ name, type: "long" })),
  rows,
});

describe("the row of a criterion query", () => {
  test.each([
    ["counts", result("Numerator Denominator", [3, 7]), { numerator: 3, denominator: 7 }],
    ["column order", result("Denominator Extra Numerator", [7, 1, 3]), { numerator: 3, denominator: 7 }],
    [
      "targets per stage",
      result("Denominator NumeratorInitial NumeratorOptimal", [7, 5, 2]),
      { numerator: null, denominator: 7, perStage: { initial: 5, optimal: 2 } },
    ],
    ["no row", result("Numerator Denominator"), { numerator: null, denominator: null }],
    [
      "the backend's own reason",
      { ...result("Numerator Denominator", [3, 7]), partial: "truncated" },
      { numerator: 3, denominator: 7, partial: "truncated" },
    ],
  ])("%s", (_name, given, expected) => expect(readCounts(given)).toEqual(expected));

  test.each([
    ["two rows", result("Numerator Denominator", [3, 7], [4, 8]), /2 rows/],
    ["null", result("Numerator Denominator", [3, null]), /Denominator/],
    ["a fraction", result("Numerator Denominator", [0.5, 7]), /Numerator/],
    ["negative", result("Numerator Denominator", [3, -7]), /Denominator/],
    ["beyond 2^53", result("Numerator Denominator", [3, "9007199254740993"]), /Denominator/],
    ["no such column", result("Hits Denominator", [3, 7]), /Numerator/],
  ])("%s is partial", (_name, given, reason) => expect(readCounts(given).partial).toMatch(reason));

  test("offenders become records", () => {
    expect(readOffenders(result("User Events", ["bob", 3]))).toEqual([{ User: "bob", Events: 3 }]);
  });
});

describe("freshness", () => {
  const at = (text: string): bigint => parseIsoDatetime(text) as bigint;
  const tables = new Map([
    ["SigninLogs", { rows: 5, newest: at("2026-05-29") }],
    ["IdentityInfo", { rows: 5, newest: at("2026-05-20") }],
    ["Usage", { rows: 5, newest: at("2026-05-31") }],
    ["AuditLogs", { rows: 0, newest: null }],
    ["Custom_CL", { rows: 2, newest: null }],
  ]);

  test("a table is stale when its newest row is older than its cadence allows", () => {
    expect(tableStates(tables, at("2026-06-01"))).toEqual({
      presentTables: ["SigninLogs", "IdentityInfo", "Usage", "Custom_CL"],
      staleTables: ["SigninLogs"],
      unreadable: new Map(),
    });
  });

  test("the cadence can be overridden", () => {
    const { staleTables } = tableStates(tables, at("2026-06-01"), { SigninLogs: 5, Usage: 0.5 });
    expect(staleTables).toEqual(["Usage"]);
  });
});
