import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readsOfQuery } from "../../src/packs/catalogue.ts";
import { jsonLines, ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-query-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signIns = ["0", "0", "50126"].map((ResultType, i) => ({
  Type: "SigninLogs",
  TimeGenerated: `2026-01-0${i + 1}T10:00:00.1234567Z`,
  UserPrincipalName: `user${i % 2}@contoso.com`,
  ResultType,
}));
writeFileSync(join(folder, "signins.ndjson"), signIns.map((row) => `${JSON.stringify(row)}\n`).join(""));

interface Answer {
  readonly id: unknown;
  readonly columns?: readonly { name: string; type: string }[];
  readonly rows?: readonly unknown[][];
  readonly error?: { code: string; message: string; line?: number; column?: number };
}

describe("query", () => {
  test("answers with Kusto types in JSON", async () => {
    const kql = "SigninLogs | summarize n = count(), newest = max(TimeGenerated) by ResultType | sort by n desc";
    const { code, out } = await ztlens(["query", "-d", folder, "-o", "json", kql]);
    expect(JSON.parse(out)).toEqual({
      columns: [
        { name: "ResultType", type: "string" },
        { name: "n", type: "long" },
        { name: "newest", type: "datetime" },
      ],
      rows: [
        ["0", 2, "2026-01-02T10:00:00.1234567Z"],
        ["50126", 1, "2026-01-03T10:00:00.1234567Z"],
      ],
    });
    expect(code).toBe(0);
  });

  test("now() is the newest TimeGenerated, or --as-of", async () => {
    const kql = "print now()";
    const newest = await ztlens(["query", "-d", folder, "-o", "csv", kql]);
    expect(newest.out).toContain("2026-01-03T10:00:00.1234567Z");
    const given = await ztlens(["query", "-d", folder, "-o", "csv", "--as-of", "2025-12-31", kql]);
    expect(given.out).toContain("2025-12-31T00:00:00.0000000Z");
  });

  test("--last leaves out older rows", async () => {
    const { out } = await ztlens(["query", "-d", folder, "-o", "jsonl", "--last", "36h", "SigninLogs | count"]);
    expect(jsonLines(out)).toEqual([{ Count: 2 }]);
  });

  test("reads only files whose folders lie in the window of --last", async () => {
    const blob = (day: string): string =>
      `export/am-heartbeat/WorkspaceResourceId=/y=2026/m=01/d=${day}/h=00/m=00/PT05M.json`;
    for (const day of ["01", "02", "03"]) {
      mkdirSync(join(folder, dirname(blob(day))), { recursive: true });
      const row = { TimeGenerated: `2026-01-${day}T00:01:00Z`, Computer: day, Type: "Heartbeat" };
      writeFileSync(join(folder, blob(day)), day === "01" ? "not even JSON" : JSON.stringify(row));
    }
    const kql = "Heartbeat | summarize make_list(Computer)";
    const { code, out } = await ztlens(["query", "-d", join(folder, "export"), "-o", "jsonl", "--last", "36h", kql]);
    expect(jsonLines(out)).toEqual([{ list_Computer: ["02", "03"] }]);
    expect(code).toBe(0);
    rmSync(join(folder, "export"), { recursive: true });
  });

  test.each([
    ["SigninLogs | count", []],
    ["SigninLogs | summarize count() by ResultType", ["ResultType"]],
    ["SigninLogs | where UserPrincipalName has 'a' | project TimeGenerated", ["TimeGenerated", "UserPrincipalName"]],
    ["SigninLogs | take 1", undefined],
    ["SigninLogs | project-away ResultType", undefined],
    ["union SigninLogs, AuditLogs | count", []],
    ["search 'ada'", undefined],
    ["Mine_CL | count", undefined],
  ])("%s reads %s", (kql, columns) => {
    const reads = readsOfQuery(kql);
    expect(reads && [...(reads.get("SigninLogs") ?? [])].sort()).toEqual(columns);
  });

  test.each([
    ["syntax error", "SigninLogs | where | count", 1],
    ["unknown column", "SigninLogs\n| where Nothing == 1", 2],
    ["unknown table", "Nowhere | count", 1],
    ["unsupported feature", "SigninLogs\n| evaluate python(typeof(*), 'x')", 2],
  ])("refuses with a position: %s", async (_, kql, line) => {
    const { code, out, err } = await ztlens(["query", "-d", folder, kql]);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(new RegExp(`(^|\\n)${line}:\\d+: error `));
  });

  test("a batch answers every line in order and outlives bad ones", async () => {
    const lines = [
      { id: "a", query: "SigninLogs | count" },
      { id: 2, query: "SigninLogs | where Nothing == 1" },
      "not an object",
      { id: "d", query: "print x = 9007199254740993, y = dynamic({'k': [1, null]}), z = 1h" },
      { query: "print 1" },
    ];
    const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
    const { code, out } = await ztlens(["query", "--batch", "-d", folder], text);
    const answers = jsonLines<Answer>(out);
    expect(code).toBe(0);
    expect(answers.map(({ id }) => id)).toEqual(["a", 2, null, "d", null]);
    expect(answers[0]?.rows).toEqual([[3]]);
    expect(answers[1]?.error).toMatchObject({ line: 1, column: 20 });
    expect(answers[2]?.error).toMatchObject({ code: "BATCH001" });
    expect(answers[3]?.rows).toEqual([["9007199254740993", { k: [1, null] }, "01:00:00"]]);
    expect(answers[4]?.rows).toEqual([[1]]);
  });

  test("a store keeps what was loaded", async () => {
    const store = join(folder, "kept.duckdb");
    const args = ["query", "--store", store, "-o", "jsonl", "SigninLogs | count"];
    expect(jsonLines((await ztlens([...args, "-d", join(folder, "signins.ndjson")])).out)).toEqual([{ Count: 3 }]);
    expect(jsonLines((await ztlens(args)).out)).toEqual([{ Count: 3 }]);
    expect(jsonLines((await ztlens([...args, "-d", join(folder, "signins.ndjson")])).out)).toEqual([{ Count: 3 }]);
  });

  test("one process serves a long batch", async () => {
    const count = 1000;
    const input = Array.from({ length: count }, (_, i) => JSON.stringify({ id: i, query: `print ${i}` })).join("\n");
    const { out } = await ztlens(["query", "--batch"], input);
    expect(jsonLines<Answer>(out).map(({ id, rows }) => [id, rows?.[0]?.[0]])).toEqual(
      Array.from({ length: count }, (_, i) => [i, i]),
    );
  });
});
