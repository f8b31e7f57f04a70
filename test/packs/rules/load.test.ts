import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { savedFunctionsOf } from "../../../src/backends/embedded/functions.ts";
import { parseSpan } from "../../../src/core/durations.ts";
import { TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../../src/core/ticks.ts";
import { loadRules } from "../../../src/packs/rules/load.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, content: unknown): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
  return file;
}

const GUID = "11111111-2222-4333-8444-555555555555";

const YAML = `id: ${GUID}
name: Spray
kind: Scheduled
severity: high
queryFrequency: 15m
queryPeriod: 1h
triggerOperator: GreaterThan
triggerThreshold: "3"
suppressionEnabled: true
suppressionDuration: 2h
relevantTechniques: [T1110.003]
query: |
  SigninLogs
  | where ResultType == "50126"
entityMappings:
  - entityType: IP
    fieldMappings: [{ identifier: Address, columnName: IPAddress }]
eventGroupingSettings: { aggregationKind: AlertPerResult }
unheardOf: { by: us }
`;

const properties = {
  displayName: "Exported",
  enabled: false,
  severity: "Low",
  query: '[[1] SigninLogs | where UserDisplayName == "x"',
  queryFrequency: "PT30M",
  queryPeriod: "P14D",
  triggerOperator: "LessThan",
  triggerThreshold: 5,
  suppressionDuration: "PT5H",
  suppressionEnabled: false,
  techniques: ["T1078"],
  subTechniques: ["T1078.004"],
  entityMappings: null,
};

describe("rules load as they are", () => {
  test("from the YAML of a repository", () => {
    const { rules, diagnostics, found } = loadRules([put("yaml/spray.yaml", `\ufeff${YAML}`)]);
    expect(diagnostics).toEqual([]);
    expect(found).toBe(1);
    expect(rules).toMatchObject([
      {
        id: GUID,
        name: "Spray",
        kind: "Scheduled",
        enabled: true,
        severity: "High",
        frequency: 15n * TICKS_PER_MINUTE,
        period: TICKS_PER_HOUR,
        trigger: { operator: "gt", threshold: 3 },
        suppression: 2n * TICKS_PER_HOUR,
        grouping: "AlertPerResult",
        techniques: ["T1110.003"],
        entityMappings: [{ type: "IP", fields: [{ identifier: "Address", column: "IPAddress" }] }],
        queryPosition: { line: 13, column: 3 },
      },
    ]);
  });

  test("NRT runs every minute over a minute", () => {
    const text = YAML.replace("Scheduled", "NRT").replaceAll(/^(queryF|queryP|trigger).*\n/gm, "");
    const [rule] = loadRules([put("nrt/nrt.yaml", text)]).rules;
    expect(rule).toMatchObject({
      kind: "NRT",
      frequency: TICKS_PER_MINUTE,
      period: TICKS_PER_MINUTE,
      trigger: { operator: "gt", threshold: 0 },
    });
  });

  test("from an ARM template, in which expressions and nesting are followed", () => {
    const file = put("arm/exported.json", {
      parameters: { frequency: { defaultValue: "PT1H" } },
      variables: { rule: { id: GUID } },
      resources: [
        {
          type: "Microsoft.OperationalInsights/workspaces/providers/contentTemplates",
          properties: {
            mainTemplate: {
              resources: [
                {
                  type: "Microsoft.SecurityInsights/AlertRuleTemplates",
                  name: "[variables('rule').id]",
                  kind: "Scheduled",
                  properties: { ...properties, queryFrequency: "[parameters('frequency')]" },
                },
                { type: "Microsoft.SecurityInsights/metadata", properties: { query: "none" } },
              ],
            },
          },
        },
      ],
    });
    const { rules, diagnostics } = loadRules([file]);
    expect(diagnostics).toEqual([]);
    expect(rules).toMatchObject([
      {
        id: GUID,
        name: "Exported",
        enabled: false,
        query: '[1] SigninLogs | where UserDisplayName == "x"',
        frequency: TICKS_PER_HOUR,
        period: 14n * TICKS_PER_DAY,
        trigger: { operator: "lt", threshold: 5 },
        techniques: ["T1078", "T1078.004"],
        entityMappings: [],
      },
    ]);
    expect(rules[0]).not.toHaveProperty("suppression");
  });

  test("texts that a template puts together", () => {
    const query = (text: string) => ({
      type: "Microsoft.SecurityInsights/alertRules",
      kind: "Scheduled",
      name: GUID,
      properties: { ...properties, query: text },
    });
    const template = (text: string) => ({ variables: { T: "SigninLogs" }, resources: [query(text)] });
    const texts = [
      "[concat(variables('T'), ' | where a == ''x, y'' and u has ''', environment().suffixes.keyvaultDns, '''')]",
      "[concat(parameters('none'), ' | take 1')]",
      "[concat('T | where b == \"', environment().authentication.audiences[1], 'x\"')]",
    ];
    const queries = texts.map((text, i) => loadRules([put(`concat/${i}.json`, template(text))]).rules[0]?.query);
    expect(queries).toEqual([
      "SigninLogs | where a == 'x, y' and u has '.vault.azure.net'",
      texts[1],
      'T | where b == "https://management.azure.com/x"',
    ]);
  });

  test("from the portal's export and from answers of the REST API", () => {
    const name = `[concat(parameters('workspace'),'/Microsoft.SecurityInsights/${GUID}')]`;
    const type = "Microsoft.OperationalInsights/workspaces/providers/alertRules";
    const portal = put("portal/rules.json", { resources: [{ name, type, kind: "Scheduled", properties }] });
    const answer = {
      value: [
        { name: GUID, type: "Microsoft.SecurityInsights/alertRules", kind: "NRT", properties },
        { name: GUID, type: "Microsoft.SecurityInsights/alertRules", kind: "Fusion", properties: { displayName: "F" } },
      ],
    };
    expect(loadRules([portal]).rules).toMatchObject([{ id: GUID, name: "Exported" }]);
    expect(loadRules([put("rest/rules.json", answer)]).rules).toMatchObject([{ id: GUID, kind: "NRT" }]);
  });

  test("from a folder, in which everything else is passed over", () => {
    put("clone/Detections/a.yaml", YAML);
    put("clone/Detections/again.yaml", YAML.replace("Spray", "Twin"));
    put("clone/Detections/moved.yaml", `id: ${GUID}\nname: Moved\ndescription: kind of elsewhere`);
    put("clone/Hunting Queries/h.yaml", "kind: Scheduled\nname: H\nquery: SigninLogs\n");
    put("clone/Parsers/p.yaml", "ParserName: imX\nParserQuery: SigninLogs | take 1;\n");
    put("clone/Solutions/S/Analytic Rules/s.yaml", YAML.replace(GUID, GUID.replace("1111", "2222")));
    put("clone/Solutions/S/Package/mainTemplate.json", {
      resources: [{ type: "x/alertRules", kind: "Scheduled", name: "x", properties }],
    });
    put("clone/data.json", { queryFrequency: "none" });
    const { rules, functions, diagnostics } = loadRules([join(folder, "clone")]);
    expect(rules.map(({ name, file }) => [name, file.slice(folder.length)])).toEqual([
      ["Spray", "/clone/Detections/a.yaml"],
      ["Spray", "/clone/Solutions/S/Analytic Rules/s.yaml"],
    ]);
    expect([...functions.keys()]).toEqual(["imX"]);
    expect(diagnostics).toMatchObject([{ code: "RULE003", severity: "warning" }]);
  });
});

describe("what cannot be loaded is named with its place and stops nothing else", () => {
  test.each([
    ["a YAML mistake", "kind: Scheduled\nquery: [\n", "RULE001", 3],
    ["no schedule", YAML.replace("queryPeriod: 1h\n", ""), "RULE002", 1],
    ["no such operator", YAML.replace("GreaterThan", "over"), "RULE002", 7],
    ["an empty query", YAML.replace(/query: \|[\s\S]*?(?=entity)/, "query: ''\n"), "RULE002", 12],
    ["a mapping without a column", YAML.replace(", columnName: IPAddress", ""), "RULE002", 17],
  ])("%s", (name, text, code, line) => {
    const dir = join(folder, "bad", name);
    put(join("bad", name, "a.yaml"), text);
    put(join("bad", name, "b.yaml"), YAML);
    const { rules, diagnostics, found } = loadRules([dir]);
    expect(diagnostics).toMatchObject([{ code, line, severity: "error", file: join(dir, "a.yaml") }]);
    expect(rules).toHaveLength(1);
    expect(found).toBe(2);
  });

  test("a path without rules is an error", () => {
    expect(() => loadRules([join(folder, "nowhere")])).toThrow(/no file or folder/);
    expect(() => loadRules([put("plain.yaml", "a: 1\n")])).toThrow(/holds no analytic rule/);
  });
});

test.each([
  ["5m", 5n * TICKS_PER_MINUTE],
  ["14d", 14n * TICKS_PER_DAY],
  ["PT1H", TICKS_PER_HOUR],
  ["P1DT2H", 26n * TICKS_PER_HOUR],
  ["P2W", 14n * TICKS_PER_DAY],
  ["1.02:00:00", 26n * TICKS_PER_HOUR],
  ["05:00:00", 5n * TICKS_PER_HOUR],
  ["P", undefined],
  ["PT", undefined],
  ["soon", undefined],
])("the span %s", (text, ticks) => {
  expect(parseSpan(text)).toBe(ticks);
});

test("a parser file gives its workspace and its built-in function, with typed defaults", () => {
  const text = `
ParserName: vimThing
EquivalentBuiltInParser: _Im_Thing
ParserParams:
  - { Name: starttime, Type: datetime, Default: datetime(null) }
  - { Name: names, Type: dynamic, Default: "dynamic([])" }
  - { Name: result, Type: string, Default: "*" }
  - { Name: pack, Type: bool, Default: false }
  - { Name: T, Type: "table:(*)" }
ParserQuery: |
  SigninLogs
  | take 1;
`;
  const source =
    "(starttime:datetime=datetime(null), names:dynamic=dynamic([]), result:string='*', pack:bool=false, T:(*)) {\nSigninLogs\n| take 1\n}";
  expect(savedFunctionsOf(text, "vimThing.yaml")).toEqual([
    { name: "vimThing", source },
    { name: "_Im_Thing", source },
  ]);
});

test("a table parameter says its columns with its name or its type", () => {
  const text = (name: string, type: string): string =>
    `FunctionName: f\nFunctionParams: [{ Name: "${name}", Type: "${type}" }]\nFunctionQuery: T | count`;
  expect(savedFunctionsOf(text("T:(k:long)", "table"), "f.yaml")[0]?.source).toContain("(T:(k:long))");
  expect(savedFunctionsOf(text("T", "table:(k:long)"), "f.yaml")[0]?.source).toContain("(T:(k:long))");
});

test("the saved searches of a template are functions where they have an alias", () => {
  const search = (name: string, functionAlias?: string, functionParameters?: string) => ({
    type: "Microsoft.OperationalInsights/workspaces/savedSearches",
    properties: { displayName: name, query: "print 1;\n", functionAlias, functionParameters },
  });
  const text = JSON.stringify({
    resources: [search("a", "Plain"), { resources: [search("b", "With", "x:long=1")] }, search("c")],
  });
  expect(savedFunctionsOf(text, "mainTemplate.json")).toEqual([
    { name: "Plain", source: "() {\nprint 1\n}" },
    { name: "With", source: "(x:long=1) {\nprint 1\n}" },
  ]);
});

test("the parsers of a solution are functions of its rules: a file of the name goes before the package", () => {
  put("solution/Analytic Rules/spray.yaml", YAML);
  put("solution/Parsers/JBossEvent.txt", "// how to save it\nJBossLogs_CL\n| take 1\n");
  put("solution/Parsers/Read me.txt", "Save it.");
  put("solution/notes.txt", "no function");
  put("solution/Package/mainTemplate.json", {
    resources: [
      { properties: { functionAlias: "JBossEvent", query: "JBossLogs_CL | take 2" } },
      { kind: "Scheduled", type: "x/alertRules", properties: { query: "print 1", queryFrequency: "PT1H" } },
    ],
  });
  const { rules, functions, diagnostics } = loadRules([join(folder, "solution")]);
  expect(diagnostics).toEqual([]);
  expect(rules.map(({ name }) => name)).toEqual(["Spray"]);
  expect([...functions.keys()]).toEqual(["JBossEvent"]);
  expect(functions.get("JBossEvent")).toContain("take 1");
});
