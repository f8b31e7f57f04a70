import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "../support/modules.ts";
import { jsonLines, ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const commands = readdirSync(join(root, "src/commands"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -3));

describe("the command line", () => {
  test("--help lists every command", async () => {
    const { code, out } = await ztlens(["--help"]);
    expect(code).toBe(0);
    for (const name of commands) expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
  });

  test.each(commands.filter((name) => name !== "demo"))("%s --help shows examples", async (name) => {
    const sub = name === "evidence" ? ["evidence", "verify"] : [name];
    const { code, out } = await ztlens([...sub, "--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Examples:");
  });

  test.each([
    ["no such command", ["nothing"]],
    ["no such option", ["query", "--nothing"]],
    ["a path that does not exist", ["query", "-d", join(folder, "nowhere"), "print 1"]],
    ["no query", ["query"]],
    ["a time that is none", ["query", "--as-of", "yesterday", "print 1"]],
    ["a gate that is none", ["replay", folder, "--fail-on", "identities=perfect"]],
  ])("exits 2 on %s", async (_, args) => {
    const { code, out, err } = await ztlens(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).not.toBe("");
  });

  test("stdout carries data alone: nothing to assess says so on stderr", async () => {
    const { code, out, err } = await ztlens(["replay", folder]);
    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain("nothing to assess");
  });
});

describe("check", () => {
  test("names file, line and column, and what the engine cannot run", async () => {
    writeFileSync(join(folder, "good.kql"), "SigninLogs | where ResultType == '0' | count");
    writeFileSync(join(folder, "bad.kql"), "SigninLogs\n| where Nowhere == 1");
    writeFileSync(
      join(folder, "rule.yaml"),
      "id: r1\nname: A rule\nquery: |\n  SigninLogs\n  | where ResultTyp == '0'\n  | evaluate python(typeof(*), 'x')\n",
    );
    const { code, out } = await ztlens(["check", folder, "-o", "jsonl"]);
    const results = jsonLines<{
      file: string;
      id: string | null;
      ok: boolean;
      errors: { line: number; column: number }[];
      unsupported: string[];
    }>(out);
    expect(code).toBe(2);
    expect(results.map(({ file, ok }) => [file.slice(folder.length + 1), ok])).toEqual([
      ["bad.kql", false],
      ["good.kql", true],
      ["rule.yaml", false],
    ]);
    expect(results[0]?.errors[0]).toMatchObject({ line: 2, column: 9 });
    expect(results[2]).toMatchObject({ id: "r1" });
    expect(results[2]?.errors[0]).toMatchObject({ line: 5, column: 11 });
  });
});
