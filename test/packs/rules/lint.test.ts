import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type CheckResult, checkPaths } from "../../../src/packs/check.ts";

interface Cases {
  readonly rule: string;
  readonly cases: readonly { readonly name: string; from: string; to: string; finds: readonly string[] }[];
}

const { rule, cases } = parse(readFileSync(new URL("lint.yaml", import.meta.url), "utf8")) as Cases;
const folder = mkdtempSync(join(tmpdir(), "ztlens-lint-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function check(...texts: readonly string[]): Promise<CheckResult[]> {
  const files = texts.map((text, i) => {
    const file = join(folder, `rule-${i}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const results: CheckResult[] = [];
  for await (const result of checkPaths(files)) results.push(result);
  return results;
}

describe("rules are held to the conventions of their repository", () => {
  test.each(cases)("$name", async ({ from, to, finds }) => {
    expect(rule).toContain(from);
    const [result] = await check(rule.replace(from, to));
    const found = [...(result?.errors ?? []), ...(result?.warnings ?? [])].map(
      ({ code, line, column, severity }) => `${code} ${line}:${column}${severity === "warning" ? " warning" : ""}`,
    );
    expect(found).toEqual(finds);
    expect(result?.ok).toBe(finds.every((finding) => finding.endsWith("warning")));
  });

  test("an id belongs to one rule", async () => {
    const [first, second] = await check(rule, rule.replace("Old protocol", "Another"));
    expect(first?.errors).toEqual([]);
    expect(second?.errors).toMatchObject([{ code: "RULE106", line: 1, column: 5 }]);
    expect(second?.errors[0]?.message).toContain("rule-0.yaml");
  });
});
