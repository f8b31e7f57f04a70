import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Diagnostic, UsageError } from "../../src/core/errors.ts";
import { loadPacks, packsRoot, parsePack } from "../../src/packs/load.ts";

const VALID = `id: XX-01
name: A criterion
description: What it measures.
tables: [SigninLogs, [AuditLogs, AzureActivity]]
query: |
  let Rows = SigninLogs;
  Rows | summarize Numerator = countif(ResultType == "0"), Denominator = count()
zt:
  kind: criterion
  pillar: identities
  stage: intermediate
  thresholds:
    initial: 0.5
    intermediate: {value: 0.9, source: S, cite: "a source"}
  offenders: |
    Rows | summarize Failed = count() by UserPrincipalName
  next: "Do this."
  fixtures:
    good: {tables: {SigninLogs: [{$repeat: 2, ResultType: "0"}]}, numerator: 2, denominator: 2}
    bad: {tables: {SigninLogs: [{ResultType: "1"}]}, numerator: 0, denominator: 1}
    empty: {tables: {}, numerator: 0, denominator: 0}
`;

const parse = (source: string, file = "queries/identities/XX-01.yaml"): readonly Diagnostic[] => {
  const diagnostics: Diagnostic[] = [];
  parsePack(source, file, diagnostics, { fixtures: true });
  return diagnostics;
};

const folder = mkdtempSync(join(tmpdir(), "ztlens-packs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe("a pack file", () => {
  test("becomes a criterion with its defaults", () => {
    const diagnostics: Diagnostic[] = [];
    const pack = parsePack(VALID, "queries/identities/XX-01.yaml", diagnostics, { fixtures: true });
    expect(diagnostics).toEqual([]);
    expect(pack).toMatchObject({
      kind: "criterion",
      pillar: "identities",
      tables: ["SigninLogs", ["AuditLogs", "AzureActivity"]],
      thresholds: { initial: 0.5, intermediate: 0.9 },
      sources: { intermediate: { source: "S", cite: "a source" } },
      direction: "atLeast",
      minimum: 30,
      window: 30,
      slicing: 7,
      fixtures: { good: { numerator: 2 } },
    });
  });

  test("its offenders run after the let statements of its query", () => {
    const pack = parsePack(VALID, "queries/identities/XX-01.yaml", []);
    expect(pack?.kind === "criterion" && pack.offendersQuery).toBe(
      "let Rows = SigninLogs;\nRows | summarize Failed = count() by UserPrincipalName",
    );
    expect(pack?.fixtures).toBeUndefined();
  });

  test.each([
    ["a YAML mistake", VALID.replace("tables: [SigninLogs,", "tables: [SigninLogs"), 4, /flow|comma|Missing/i],
    [
      "an unknown field",
      VALID.replace("  stage: inter", "  stagee: x\n  stage: inter"),
      11,
      /zt\.stagee is not a field/,
    ],
    ["a wrong literal", VALID.replace("stage: intermediate", "stage: expert"), 11, /zt\.stage/],
    ["a missing field", VALID.replace('  next: "Do this."\n', ""), 9, /zt\.next/],
    ["a threshold above 1", VALID.replace("initial: 0.5", "initial: 50"), 13, /initial/],
    ["a falling ladder", VALID.replace("initial: 0.5", "initial: 0.95"), 14, /easier/],
    [
      "no threshold at the stage",
      VALID.replace("stage: intermediate", "stage: initial").replace("    initial: 0.5\n", ""),
      13,
      /No threshold/,
    ],
    ["an id that is not the file name", VALID.replace("id: XX-01", "id: XX-02"), 1, /not the file name/],
    ["a pillar that is not the folder", VALID.replace("pillar: identities", "pillar: data"), 10, /not the folder/],
    ["a table name with a space", VALID.replace("[SigninLogs, [", '["Signin Logs", ['), 4, /tables\.0/],
    ["a duplicate key", VALID.replace("name: A criterion", "name: A\nname: B"), 3, /unique/i],
  ])("with %s is refused where it stands", (_, source, line, message) => {
    const [first] = parse(source);
    expect(first).toMatchObject({
      file: "queries/identities/XX-01.yaml",
      line,
    });
    expect(first?.message).toMatch(message);
    expect(first?.hint).toBeTruthy();
    expect(first?.column).toBeGreaterThan(0);
  });
});

describe("a folder of packs", () => {
  test("is loaded in the order of the pillars, and a second pack of the same id is refused", () => {
    write("devices/B-01.yaml", VALID.replace("XX-01", "B-01").replace("pillar: identities", "pillar: devices"));
    write("identities/C-01.yaml", VALID.replace("XX-01", "C-01"));
    expect(loadPacks(folder).criteria.map(({ id }) => id)).toEqual(["C-01", "B-01"]);
    write("data/C-01.yaml", VALID.replace("XX-01", "C-01").replace("pillar: identities", "pillar: data"));
    expect(() => loadPacks(folder)).toThrow(UsageError);
  });

  test("that does not exist is refused", () => {
    expect(() => loadPacks(join(folder, "nowhere"))).toThrow(/no folder/);
  });
});

describe("the shipped packs", () => {
  const { criteria, signals } = loadPacks(packsRoot(), { fixtures: true });

  test("load without a mistake, with a criterion of every pillar at every stage up to optimal", () => {
    const pillars = new Set(criteria.map(({ pillar }) => pillar));
    expect(pillars.size).toBe(6);
    expect(new Set(signals.map(({ pillar }) => pillar))).toEqual(pillars);
  });

  test.each([...criteria, ...signals].map((pack) => [pack.id, pack] as const))("%s ships its fixtures", (_, pack) => {
    expect(Object.keys(pack.fixtures ?? {})).toEqual(["good", "bad", "empty"]);
    // The window of a pack is its own member; a longer one may hold a shorter look-back.
    if (pack.window <= 30) expect(pack.query).not.toMatch(/\bago\(30d\)/);
  });

  test.each(criteria.map((pack) => [pack.id, pack] as const))("%s says where its numbers come from", (_, pack) => {
    expect(Object.keys(pack.sources)).toEqual(Object.keys(pack.thresholds));
    expect(pack.offendersQuery).toContain("Failed");
    expect(pack.next.length).toBeGreaterThan(40);
  });

  test("give the same packs without their fixtures", () => {
    const bare = loadPacks(packsRoot());
    expect(bare.criteria).toEqual(criteria.map(({ fixtures: _, ...pack }) => pack));
  });

  test("name files that exist", () => {
    for (const { file, id } of [...criteria, ...signals]) expect(readFileSync(file, "utf8")).toContain(`id: ${id}`);
  });
});
