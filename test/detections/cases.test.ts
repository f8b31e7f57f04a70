import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Detection } from "../../src/core/alert.ts";
import { PILLARS } from "../../src/core/maturity.ts";
import { parseIsoDatetime } from "../../src/core/ticks.ts";
import { checkPaths } from "../../src/packs/check.ts";
import { FIXTURE_AS_OF, fixtureRows } from "../../src/packs/fixtures.ts";
import { detectionsRoot, loadRules } from "../../src/packs/rules/load.ts";
import type { Fixture } from "../../src/packs/schema.ts";
import type { JsonObject } from "../../src/tables/shape.ts";
import { detectOver } from "../detect/support.ts";

interface Cases {
  /** An identifier of an entity of the alert. */
  readonly finds: string;
  readonly hit: Fixture["tables"];
  readonly miss: Fixture["tables"];
}

const here = (path: string): string => join(import.meta.dirname, path);
const { rules, diagnostics } = loadRules([detectionsRoot()]);
const caseFile = (file: string): string => here(`${basename(dirname(file))}/${basename(file)}`);

function run(rule: (typeof rules)[number], tables: Fixture["tables"]): Promise<Detection> {
  const rows = Object.fromEntries(fixtureRows({ tables })) as Record<string, JsonObject[]>;
  return detectOver(rows, { rules: [rule], delay: 0n, to: parseIsoDatetime(FIXTURE_AS_OF) ?? 0n });
}

test("every detection loads, and each pillar has its share", () => {
  expect(diagnostics).toEqual([]);
  const pillars = Map.groupBy(rules, ({ file }) => basename(dirname(file)));
  for (const pillar of PILLARS) expect(pillars.get(pillar)?.length, pillar).toBeGreaterThanOrEqual(6);
  expect(rules.length).toBeGreaterThanOrEqual(40);
});

test("every detection keeps the conventions of Azure-Sentinel's repository", async () => {
  const findings: string[] = [];
  for await (const { file, ok, errors, warnings = [], unsupported } of checkPaths([detectionsRoot()]))
    for (const { code, message, line } of [
      ...errors,
      ...warnings,
      ...(ok ? [] : unsupported.map((u) => ({ code: "", message: u, line: 1 }))),
    ])
      findings.push(`${basename(file)}:${line} ${code} ${message}`);
  expect(findings).toEqual([]);
});

test("every case belongs to a detection", () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".yaml"),
  );
  expect(files.filter((name) => !existsSync(join(detectionsRoot(), name)))).toEqual([]);
});

describe.each(rules.map((rule) => ({ name: basename(rule.file, ".yaml"), rule })))("$name", ({ rule }) => {
  const cases = parse(readFileSync(caseFile(rule.file), "utf8")) as Cases;

  test("finds what it is there for, once", async () => {
    const { alerts, coverage } = await run(rule, cases.hit);
    expect(coverage).toMatchObject([{ outcome: "run", reason: "" }]);
    expect(alerts).toHaveLength(1);
    const identifiers = alerts.flatMap(({ entities }) =>
      entities.flatMap((entity) => Object.values(entity.identifiers)),
    );
    expect(
      identifiers.some((identifier) => identifier.includes(cases.finds)),
      identifiers.join(", "),
    ).toBe(true);
    expect(alerts[0]?.title).not.toContain("{{");
    expect(alerts[0]?.title).not.toBe(rule.name);
  });

  test("is silent where it should be", async () => {
    const { alerts, coverage } = await run(rule, cases.miss);
    expect(coverage).toMatchObject([{ outcome: "run", reason: "" }]);
    expect(alerts.map(({ title }) => title)).toEqual([]);
  });
});
