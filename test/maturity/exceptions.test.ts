import { describe, expect, test } from "vitest";
import type { Exception } from "../../src/core/assessment.ts";
import { UsageError } from "../../src/core/errors.ts";
import { isActive } from "../../src/maturity/exceptions.ts";
import { parseExceptions } from "../../src/maturity/ledger.ts";
import { evaluate, measured } from "./support.ts";

const exception = (changes: Partial<Exception> = {}): Exception => ({
  criterion: "ID-01",
  reason: "Break-glass account",
  owner: "ciso@contoso.com",
  expires: "2026-06-30",
  ...changes,
});
const context = (...exceptions: Exception[]) => ({ asOf: "2026-06-01T00:00:00Z", exceptions });
const breakGlass = exception({ entity: "Glass@contoso.com" });

const offenders = [
  { User: "glass@contoso.com", Country: "CH", Sessions: 3, Events: 60 },
  { User: "bob@contoso.com", Country: "CH", Sessions: 9, Events: 5 },
];

describe("exceptions", () => {
  test.each([
    ["2026-06-30", "2026-06-30T23:59:59Z", true],
    ["2026-06-30", "2026-07-01T00:00:00Z", false],
    ["2026-06-30T12:00:00Z", "2026-06-30T12:00:00Z", false],
    ["2026-06-30T12:00:00Z", "2026-06-30T11:59:59Z", true],
  ])("expiring %s counts at %s: %s", (expires, asOf, active) => {
    expect(isActive(exception({ expires }), asOf)).toBe(active);
  });

  test("on a criterion: excepted at every stage, with what it would be without", () => {
    const result = evaluate({}, measured(10, 100), context(exception()));
    expect(result).toMatchObject({ state: "excepted", stage: "optimal", numerator: 10, denominator: 100 });
    expect(result.exceptions?.without).toEqual({
      state: "not_met",
      stage: "traditional",
      numerator: 10,
      denominator: 100,
      value: 0.1,
    });
    expect(result.reason).toMatch(
      /Excepted by ciso@contoso.com until 2026-06-30: Break-glass account\. Without the exception: 10 of 100/,
    );
  });

  test("on an unassessed criterion: excepted, and says what is missing", () => {
    const result = evaluate({}, measured(null, null, { presentTables: [] }), context(exception()));
    expect(result).toMatchObject({ state: "excepted", stage: "optimal", exceptions: { without: { state: "absent" } } });
  });

  test("changes nothing where nothing needs it, once expired, and on other criteria", () => {
    const plain = evaluate({}, measured(10_000, 10_000));
    expect(evaluate({}, measured(10_000, 10_000), context(exception()))).toEqual(plain);
    const failing = evaluate({}, measured(10, 100));
    expect(evaluate({}, measured(10, 100), context(exception({ criterion: "ID-02" })))).toEqual(failing);
    const late = evaluate({}, measured(10, 100), context(exception({ expires: "2026-05-31" })));
    expect(late).toMatchObject({ state: "not_met", stage: "traditional" });
    expect(late.reason).toMatch(/Expired exception: ciso@contoso.com until 2026-05-31/);
  });

  test("on an entity: its failures leave the denominator", () => {
    const result = evaluate({}, measured(935, 1000, { offenders }), context(breakGlass));
    expect(result).toMatchObject({ state: "excepted", stage: "intermediate", numerator: 935, denominator: 940 });
    expect(result.exceptions?.without).toMatchObject({ state: "met", stage: "initial", denominator: 1000 });
    expect(result.offenders).toEqual([offenders[1]]);
  });

  test("on an entity, at most: its failures leave both counts", () => {
    const changes = { direction: "atMost", thresholds: { initial: 0.05, intermediate: 0.02, optimal: 0 } } as const;
    const result = evaluate(changes, measured(65, 1000, { offenders }), context(breakGlass));
    expect(result).toMatchObject({ state: "excepted", stage: "intermediate", numerator: 5, denominator: 940 });
  });

  test("on an entity whose rows do not add up: not applied, and said", () => {
    const result = evaluate({}, measured(900, 1000, { offenders }), context(breakGlass));
    expect(result).toMatchObject({ state: "met", stage: "initial", denominator: 1000 });
    expect(result.reason).toMatch(/do not add up/);
  });

  test("never turns missing data into a verdict", () => {
    const result = evaluate({}, measured(935, 1000, { offenders, staleTables: ["SigninLogs"] }), context(breakGlass));
    expect(result.state).toBe("stale");
  });
});

describe("the ledger", () => {
  test("reads what is complete", () => {
    expect(parseExceptions([exception(), breakGlass], "ztlens.yaml")).toEqual([exception(), breakGlass]);
  });

  test.each([
    ["no owner", [{ criterion: "ID-01", reason: "x", expires: "2026-01-01" }], /exceptions\[0\]\.owner/],
    ["no expiry date", [exception({ expires: "soon" })], /exceptions\[0\]\.expires: expected an ISO 8601 date/],
    ["an unknown field", [{ ...exception(), forever: true }], /forever/],
    ["no list", { a: 1 }, /exceptions/],
  ])("refuses %s", (_name, value, message) => {
    try {
      parseExceptions(value, "ztlens.yaml");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect((error as UsageError).diagnostics.map((diagnostic) => diagnostic.message).join("\n")).toMatch(message);
    }
  });
});
