import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Alert } from "../../src/core/alert.ts";
import { parseSpan } from "../../src/core/durations.ts";
import { detectOver, ruleFrom } from "./support.ts";

interface Case {
  readonly name: string;
  readonly rule: Readonly<Record<string, unknown>>;
  readonly query?: string;
  readonly options?: { readonly delay?: string; step?: string; keepRepeats?: boolean; markPartial?: boolean };
  readonly rows: readonly string[];
  readonly alerts: readonly string[] | number;
  readonly last?: string;
  readonly outcome?: string;
}

const cases = parse(readFileSync(new URL("cases.yaml", import.meta.url), "utf8")) as readonly Case[];
const DAY = "2026-01-10";

/** `10:30 ann fails received 11:10` */
function rowOf(text: string) {
  const match = /^(\S+) (\S+)( fails)?(?: received (\S+))?$/.exec(text);
  const [, time, user, fails, received] = match ?? [];
  const iso = (clockTime = ""): string => `${DAY}T${clockTime.length === 5 ? `${clockTime}:00` : clockTime}Z`;
  return {
    TimeGenerated: iso(time),
    UserPrincipalName: user ?? "",
    ResultType: fails ? "50126" : "0",
    ...(received !== undefined && { _TimeReceived: iso(received) }),
  };
}

const clock = (iso: string): string =>
  iso
    .replace("T", " ")
    .replace(`${DAY} `, "")
    .replace(/(?::00)?\.0{7}Z$/, "");

function textOf(alert: Alert, markPartial: boolean): string {
  const users = alert.entities.map(({ identifiers }) => Object.values(identifiers).join(" ")).join(" ");
  return [
    `${clock(alert.windowStart)} → ${clock(alert.windowEnd)}`,
    `${alert.rowCount} ${alert.rowCount === 1 ? "row" : "rows"}`,
    ...(users === "" ? [] : [users]),
    ...(alert.repeats > 0 ? [`repeated ${alert.repeats}`] : []),
    ...(alert.partialLookback && markPartial ? ["partial"] : []),
  ].join(", ");
}

describe("a rule raises the alerts that Sentinel would have raised", () => {
  test.each(cases)("$name", async ({ rule, query, options = {}, rows, alerts, last, outcome = "run" }) => {
    const { delay = "5m", step, keepRepeats, markPartial = false } = options;
    const fields = {
      name: "case",
      kind: "Scheduled",
      severity: "Medium",
      query: query ?? "SigninLogs | project TimeGenerated, UserPrincipalName | sort by TimeGenerated asc",
      entityMappings: [
        { entityType: "Account", fieldMappings: [{ identifier: "FullName", columnName: "UserPrincipalName" }] },
      ],
      ...rule,
    };
    const detection = await detectOver(
      { SigninLogs: rows.map(rowOf) },
      {
        rules: [ruleFrom(fields)],
        delay: parseSpan(delay) ?? 0n,
        ...(step !== undefined && { step: step === "once" ? "once" : (parseSpan(step) ?? 0n) }),
        ...(keepRepeats !== undefined && { keepRepeats }),
      },
    );
    expect(detection.coverage).toMatchObject([{ outcome }]);
    const found = detection.alerts.map((alert) => textOf(alert, markPartial));
    if (typeof alerts === "number") expect(found).toHaveLength(alerts);
    else expect(found).toEqual(alerts);
    if (last !== undefined) expect(found.at(-1)).toContain(last);
  });
});
