import { expect, test } from "vitest";
import { detectOver, ruleFrom } from "./support.ts";

test("a rule over AzureDiagnostics sees the rows of tables of their own", async () => {
  const rule = ruleFrom({
    name: "refused",
    kind: "Scheduled",
    severity: "Low",
    query: "AzureDiagnostics | where httpStatusCode_d == 403 | project TimeGenerated, CallerIPAddress",
    queryFrequency: "1h",
    queryPeriod: "1h",
    triggerOperator: "gt",
    triggerThreshold: 0,
  });
  const row = (minute: number, HttpStatusCode: number) => ({
    TimeGenerated: `2026-01-10T10:${minute}:00Z`,
    OperationName: "SecretGet",
    CallerIpAddress: "203.0.113.9",
    HttpStatusCode,
  });
  const { alerts, coverage } = await detectOver(
    { AZKVAuditLogs: [row(10, 403), row(20, 200)] },
    { rules: [rule], delay: 0n },
  );
  expect(coverage).toMatchObject([{ outcome: "run" }]);
  expect(alerts).toMatchObject([{ rowCount: 1, rows: [{ CallerIPAddress: "203.0.113.9" }] }]);
});
