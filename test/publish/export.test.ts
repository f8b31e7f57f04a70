import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { loadPacks } from "../../src/packs/load.ts";
import { lintRule } from "../../src/packs/rules/lint.ts";
import { loadRules } from "../../src/packs/rules/load.ts";
import { readSources } from "../../src/packs/rules/source.ts";
import { exportedFiles, writeExport } from "../../src/publish/export.ts";
import { OWN_RULES } from "../../src/publish/rules/own.ts";
import { shippedRules } from "../../src/publish/rules/shipped.ts";
import { isoSpan, shortSpan } from "../../src/publish/rules/spans.ts";
import { HOSTILE } from "../hostile/corpus.ts";

const packs = loadPacks();
const rules = shippedRules();
const files = exportedFiles(packs, rules);
const folder = mkdtempSync(join(tmpdir(), "ztlens-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const below = (start: string): [string, string][] => [...files].filter(([path]) => path.startsWith(start));

test("a query becomes a hunting query with the same text", () => {
  const all = [...packs.criteria, ...packs.signals];
  expect(below("hunting/")).toHaveLength(all.length);
  for (const pack of all) {
    const hunting = parse(files.get(`hunting/${pack.pillar}/${pack.id}.yaml`) ?? "") as Record<string, unknown>;
    expect(hunting).toMatchObject({ query: pack.query, tactics: pack.tactics, relevantTechniques: pack.techniques });
    expect(hunting.id).toMatch(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    for (const connector of hunting.requiredDataConnectors as { dataTypes: string[] }[])
      expect(connector.dataTypes.length).toBeGreaterThan(0);
  }
});

test("a rule becomes a template that the repository's checks accept, and is the same rule when it is read back", () => {
  expect(below("analytics/")).toHaveLength(rules.length);
  for (const [path, text] of below("analytics/")) {
    const [source] = readSources(text, path, []);
    expect(source && lintRule(source), path).toEqual([]);
  }
  writeExport(folder, files);
  const read = loadRules([join(folder, "analytics")]);
  expect(read.diagnostics).toEqual([]);
  const byId = (list: typeof rules) =>
    new Map(
      list.map((rule) => [
        rule.id,
        { ...rule, file: "", position: 0, queryPosition: 0, description: rule.description.trim() },
      ]),
    );
  expect(byId(read.rules.filter(({ id }) => OWN_RULES.some((own) => own.id === id)))).toEqual(byId([...OWN_RULES]));
  expect(read.rules).toHaveLength(rules.length);
});

test("ids do not change between exports, and files are the same", () => {
  expect(exportedFiles(loadPacks(), shippedRules())).toEqual(files);
});

test("hostile text stays a value of its key", () => {
  const [pack] = packs.criteria;
  if (!pack) throw new Error("there is no criterion");
  for (const text of HOSTILE.filter((one) => one.isWellFormed() && !one.includes("\r"))) {
    const [, written = ""] =
      [...exportedFiles({ criteria: [{ ...pack, query: `x${text}`, name: text }], signals: [] }, [])].find(([path]) =>
        path.startsWith("hunting/"),
      ) ?? [];
    const read = parse(written) as Record<string, unknown>;
    expect([read.query, read.name]).toEqual([`x${text}`, `${pack.id} ${text}`]);
  }
});

test.each([
  [300n, "5m", "PT5M"],
  [3600n, "1h", "PT1H"],
  [5400n, "90m", "PT90M"],
  [86_400n, "1d", "P1D"],
  [1_209_600n, "14d", "P14D"],
])("a span of %i s", (seconds, short, iso) => {
  expect([shortSpan(seconds * 10_000_000n), isoSpan(seconds * 10_000_000n)]).toEqual([short, iso]);
});

test("a span finer than a minute is refused", () =>
  expect(() => isoSpan(10_000_000n)).toThrow("no whole number of minutes"));
