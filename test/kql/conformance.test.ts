import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { QueryResult } from "../../src/core/kusto.ts";
import { type ConformanceCase, judge } from "./conformance-compare.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-conformance-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = fileURLToPath(new URL("./conformance.ts", import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });

const line = (id: string, feature: string, query: string, rows?: unknown[][], type = "long"): string => {
  const expected = rows && { columns: [{ name: "x", type }], rows };
  return `${JSON.stringify({ id, oracle: "somebody", feature, query, ordered: true, ...(expected && { expected }) })}\n`;
};

describe("npm run conformance", () => {
  test("counts verdicts by feature and tells what differs", () => {
    const file = join(folder, "cases.jsonl");
    const failed = join(folder, "failed.jsonl");
    writeFileSync(
      file,
      line("right", "print", "print x = 1", [[1]]) +
        line("other", "print", "print x = 2", [[1]]) +
        line("name", "print", "print y = 1", [[1]]) +
        line("more", "range", "range x from 1 to 2 step 1", [[1]]) +
        line("wide", "range", "print x = 1, y = 2", [[1]]) +
        line("no", "where", "print x = 1 | where", [[1]]) +
        line("refused", "where", "print x = nothing") +
        line("answered", "where", "print x = 1"),
    );
    writeFileSync(join(folder, "own.yaml"), '- { name: a, query: "print 1", rows: [[1]] }\n');
    const { status, stdout } = run(folder, "--fail", failed);
    const table = stdout.split("\n").map((text) => text.trim().split(/\s{2,}/));
    expect(table[0]).toEqual(["cases", "ok", "names", "values", "rows", "columns", "error", "answered"]);
    expect(table).toContainEqual(["print", "3", "1", "1", "1", "0", "0", "0", "0"]);
    expect(table).toContainEqual(["range", "2", "0", "0", "0", "1", "1", "0", "0"]);
    expect(table).toContainEqual(["where", "3", "1", "0", "0", "0", "0", "1", "1"]);
    expect(stdout).toContain("3 of 9 right (33.33 %)");
    expect(status).toBe(1);
    const ids = readFileSync(failed, "utf8")
      .trim()
      .split("\n")
      .map((text) => (JSON.parse(text) as { id: string }).id);
    expect(ids).toEqual(["other", "name", "more", "wide", "no", "answered"]);
  });

  test("says so where there is no case", () => {
    const { status, stderr } = run(fileURLToPath(new URL("./functions/", import.meta.url)));
    expect(status).toBe(2);
    expect(stderr).toContain("No case was found");
  });
});

describe("judge", () => {
  const answer = (
    type: "real" | "dynamic" | "datetime" | "string",
    ...values: QueryResult["rows"][number]
  ): QueryResult => ({
    columns: [{ name: "x", type }],
    rows: values.map((value) => [value]),
  });
  const given = (type: string, values: readonly unknown[], more: Partial<ConformanceCase> = {}): ConformanceCase => ({
    id: "c",
    query: "T",
    expected: { columns: [{ name: "x", type }], rows: values.map((value) => [value]) },
    ...more,
  });

  test.each([
    ["a number within the tolerance", given("real", [0.1]), answer("real", 0.1 + 1e-14), "ok"],
    ["a number without", given("real", [0.1]), answer("real", 0.1001), "values"],
    ["a number as a documentation rounds it", given("real", [0.1], { compare: "docs" }), answer("real", 0.1001), "ok"],
    ["null is no number", given("real", [0]), answer("real", null), "values"],
    [
      "times in any precision",
      given("datetime", ["2026-01-01 00:00:00"]),
      answer("datetime", "2026-01-01T00:00:00.0000000Z"),
      "ok",
    ],
    ["bags in any order of keys", given("dynamic", [{ a: 1, b: [2] }]), answer("dynamic", { b: [2], a: 1 }), "ok"],
    ["arrays in their order", given("dynamic", [[1, 2]]), answer("dynamic", [2, 1]), "values"],
    [
      "sets in any order",
      given("dynamic", [[1, 2]], { query: "T | summarize make_set(x)" }),
      answer("dynamic", [2, 1]),
      "ok",
    ],
    ["rows in any order", given("string", ["a", "b"]), answer("string", "b", "a"), "ok"],
    [
      "ordered rows in their order",
      given("string", ["a", "b"], { ordered: true }),
      answer("string", "b", "a"),
      "values",
    ],
    ["each row once", given("string", ["a", "b"]), answer("string", "a", "a"), "values"],
  ] as const)("%s", (_, wanted, found, verdict) => {
    expect(judge(wanted, found)).toBe(verdict);
  });
});
