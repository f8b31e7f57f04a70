import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Anomaly } from "../../src/core/assessment.ts";
import { render as jsonl } from "../../src/outputs/jsonl.ts";
import { contoso } from "../outputs/fixtures.ts";
import { root } from "../support/modules.ts";
import { ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-explain-"));
const kept = join(folder, "result.jsonl");
const logs = join(folder, "SigninLogs.json");
const queries = join(folder, "queries");
/** One address that fails on eight accounts within four minutes. */
const spray = Array.from({ length: 8 }, (_, i) => ({
  TimeGenerated: `2026-06-30T10:0${Math.floor(i / 2)}:1${i}Z`,
  Id: `s${i}`,
  UserPrincipalName: `user${i}@contoso.com`,
  IPAddress: "203.0.113.9",
  ResultType: "50126",
}));
beforeAll(() => {
  const [{ id, subject, time, detector, pillar, reason }] = contoso.anomalies as [Anomaly];
  const finding = { id: "f1nd1ng", subject, start: time, end: time, pillars: [pillar], detectors: [detector], reason };
  writeFileSync(kept, jsonl({ ...contoso, findings: [{ ...finding, anomalies: [id], pValue: null }] }));
  writeFileSync(logs, spray.map((row) => `${JSON.stringify(row)}\n`).join(""));
  for (const name of ["entra-sign-ins", "ID-02"])
    cpSync(join(root, `queries/identities/${name}.yaml`), join(queries, `identities/${name}.yaml`));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("explains a criterion and an anomaly of a kept result", async () => {
  const criterion = await ztlens(["explain", "id-01", "-r", kept, "--workspace", "/subscriptions/x", "--rows", "2"]);
  expect(criterion.code).toBe(0);
  for (const part of ["ARITHMETIC", "Wilson 95 %", "ROWS (38 offenders)", "QUERY", "https://portal.azure.com/#/blade/"])
    expect(criterion.out).toContain(part);
  const id = contoso.anomalies[0]?.id ?? "";
  const anomaly = await ztlens(["explain", id.slice(0, 12), "-r", kept]);
  const finding = await ztlens(["explain", "f1nd", "-r", kept]);
  expect(finding.out).toBe(anomaly.out);
  expect(anomaly.code).toBe(0);
  for (const part of ["DEVIATION", "BASELINE", "PEERS", "WOULD BE NORMAL", "QUERY"])
    expect(anomaly.out).toContain(part);
});

test("explains an anomaly of exported logs with the events around it", async () => {
  const packs = ["--queries", queries];
  const replayed = await ztlens(["replay", logs, ...packs, "-o", "json", "--allow-partial"]);
  const { anomalies } = JSON.parse(replayed.out) as { anomalies: { id: string; detector: string }[] };
  const found = anomalies.find(({ detector }) => detector === "password-spray");
  const { code, out } = await ztlens(["explain", found?.id ?? "none", "-d", logs, ...packs, "-o", "json"]);
  expect(code).toBe(0);
  const told = JSON.parse(out);
  expect(told).toMatchObject({ kind: "anomaly", id: found?.id, normal: expect.stringContaining("accounts") });
  expect(told.events.rows).toHaveLength(8);
  expect(told.activity.events.at(-1)).toBe(8);
});

test.each([
  ["neither logs nor a result", ["explain", "ID-01"]],
  ["both", ["explain", "ID-01", "-r", "x", "-d", "y"]],
  ["nothing of that name", ["explain", "XX-99", "-r", kept]],
  ["a name that several have", ["explain", "", "-r", kept]],
])("exits 2 on %s", async (_name, args) => {
  const { code, out, err } = await ztlens(args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).not.toBe("");
});
