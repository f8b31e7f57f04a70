import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { jsonLines, ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-detect-"));
afterAll(() => rmSync(folder, { recursive: true }));

const RULE = `id: 11111111-2222-4333-8444-555555555555
name: Known address
kind: Scheduled
severity: High
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
query: |
  let bad = _GetWatchlist('addresses') | project Address;
  Recent | where IPAddress in (bad) | project TimeGenerated, UserPrincipalName, IPAddress
entityMappings:
  - entityType: Account
    fieldMappings: [{ identifier: FullName, columnName: UserPrincipalName }]
`;

function put(name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

test("runs rules with what lies beside them, says what became of each, and keeps its exit codes", async () => {
  put("rules/known.yaml", RULE);
  put("rules/absent.yaml", RULE.replace("11111111", "22222222").replace("Recent", "AuditLogs"));
  put("watchlists/addresses.csv", "Address\n198.18.0.9\n");
  put("functions/Recent.kql", "SigninLogs | where ResultType == '0'");
  const rows = [
    { TimeGenerated: "2026-01-10T10:10:00Z", UserPrincipalName: "ann", IPAddress: "198.18.0.9", ResultType: "0" },
    { TimeGenerated: "2026-01-10T10:20:00Z", UserPrincipalName: "bob", IPAddress: "203.0.113.7", ResultType: "0" },
  ];
  put("data/SigninLogs.ndjson", rows.map((row) => JSON.stringify({ ...row, Type: "SigninLogs" })).join("\n"));
  const at = (name: string): string => join(folder, name);
  const common = ["detect", "-r", at("rules"), "-d", at("data"), "--functions", at("functions")];
  const beside = ["--watchlists", at("watchlists")];
  const run = await ztlens([
    ...common,
    ...beside,
    "-o",
    "jsonl",
    "--coverage",
    at("coverage.jsonl"),
    "--report",
    at("a.html"),
  ]);
  expect(run.err).toBe("");
  expect(jsonLines(run.out)).toMatchObject([
    { ruleName: "Known address", rowCount: 1, entities: [{ type: "Account", identifiers: { FullName: "ann" } }] },
  ]);
  expect(run.code).toBe(0);
  expect(jsonLines(readFileSync(at("coverage.jsonl"), "utf8"))).toMatchObject([
    { outcome: "no data", absentTables: ["AuditLogs"] },
    { outcome: "run", alerts: 1, tables: ["SigninLogs", "addresses"] },
  ]);
  expect(readFileSync(at("a.html"), "utf8")).toContain("Known address");
  const gate = await ztlens([...common, ...beside, "--fail-on", "medium"]);
  expect(gate.code).toBe(1);
  expect(gate.out).toContain("Known address");
  put("rules/broken.yaml", RULE.replace("11111111", "33333333").replace("queryPeriod: 1h\n", ""));
  const partial = await ztlens([...common, ...beside, "-o", "csv"]);
  expect(partial.code).toBe(3);
  expect(partial.err).toContain("broken.yaml:1:1: error RULE002: queryPeriod is missing");
});
