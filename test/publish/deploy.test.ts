import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "@cdktf/hcl2json";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { loadPacks } from "../../src/packs/load.ts";
import { loadRules } from "../../src/packs/rules/load.ts";
import type { Packs } from "../../src/packs/types.ts";
import { armText } from "../../src/publish/deploy/arm.ts";
import { bicepString, bicepText } from "../../src/publish/deploy/bicep.ts";
import { type DeploymentOptions, deploymentOf } from "../../src/publish/deploy/deployment.ts";
import { HOSTS } from "../../src/publish/deploy/hosts.ts";
import { hclString, terraformText } from "../../src/publish/deploy/terraform.ts";
import { OWN_RULES } from "../../src/publish/rules/own.ts";
import { RESULT_TABLES } from "../../src/tables/results.ts";
import { HOSTILE, XSS } from "../hostile/corpus.ts";

const packs = loadPacks();
const base: DeploymentOptions = { packs, rules: OWN_RULES };

type Json = Record<string, unknown>;
interface ArmResource extends Json {
  readonly type: string;
  readonly name: string;
  readonly properties: Json;
  readonly dependsOn?: readonly string[];
}

const template = (options: DeploymentOptions = base) =>
  JSON.parse(armText(deploymentOf(options))) as { parameters: Json; resources: ArmResource[]; outputs: Json };
const ofType = (resources: readonly ArmResource[], type: string): ArmResource[] =>
  resources.filter((one) => one.type === type);

/** The strings of hostile logs and packs, and what ends a string or starts an expression in one of the languages. */
const NASTY = [
  ...HOSTILE.filter((text) => text.isWellFormed()),
  ...XSS.slice(0, 20),
  ...[
    "${var.x}",
    "%{ if true }",
    "$${",
    "[parameters('x')]",
    "[[x",
    "'",
    "''",
    "'''",
    "\\'",
    '"',
    "\\",
    "\\n",
    "//",
    "/*",
    "#",
    "<<EOT",
    "${{ x }}",
    "$'{",
  ],
];

const nastyPacks: Packs = {
  criteria: packs.criteria
    .slice(0, 1)
    .map((pack) => ({ ...pack, query: NASTY.join("\n"), description: NASTY.join(" "), name: "[x]" })),
  signals: packs.signals.slice(0, 1).map((pack) => ({ ...pack, query: "[" })),
};
const nasty: DeploymentOptions = { packs: nastyPacks, rules: [] };

/** What each resource type cannot do without. Source: the resource schemas of Azure (bicep-types-az). */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.OperationalInsights/workspaces/tables": ["plan", "schema"],
  "Microsoft.Insights/dataCollectionRules": ["streamDeclarations", "destinations", "dataFlows"],
  "Microsoft.Authorization/roleAssignments": ["principalId", "roleDefinitionId"],
  "Microsoft.OperationalInsights/workspaces/savedSearches": ["category", "displayName", "query", "functionAlias"],
  "Microsoft.Insights/workbooks": ["displayName", "category", "serializedData"],
  "Microsoft.OperationalInsights/queryPacks": [],
  "Microsoft.OperationalInsights/queryPacks/queries": ["displayName", "body"],
  "Microsoft.SecurityInsights/alertRules": [
    "displayName",
    "enabled",
    "severity",
    "query",
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
    "suppressionDuration",
    "suppressionEnabled",
  ],
  "Microsoft.ManagedIdentity/userAssignedIdentities": [],
  "Microsoft.App/jobs": ["environmentId", "configuration", "template"],
  "Microsoft.Insights/dataCollectionEndpoints": ["networkAcls"],
};

describe("the ARM template", () => {
  const { resources, parameters, outputs } = template({ ...base, withJob: true, privateLink: true });

  test("has what each resource type requires", () => {
    for (const { type, name, properties = {} } of resources) {
      const required = REQUIRED[type];
      expect(required, type).toBeDefined();
      expect(Object.keys(properties), name).toEqual(expect.arrayContaining([...(required ?? [])]));
    }
    expect(new Set(resources.map(({ type }) => type))).toEqual(new Set(Object.keys(REQUIRED)));
    const text = JSON.stringify({ resources, outputs });
    for (const [, name = ""] of text.matchAll(/parameters\('(\w+)'\)/g))
      expect(Object.keys(parameters)).toContain(name);
    expect(resources.length).toBeLessThan(800);
    expect(Buffer.byteLength(text)).toBeLessThan(4_000_000);
  });

  test("depends only on what it deploys, without a circle", () => {
    const inner = (value: string): string => value.slice(1, -1);
    const ids = new Set(resources.flatMap(({ dependsOn = [] }) => dependsOn).map(inner));
    const own = resources.map((one) => {
      const names = one.name.startsWith("[format(")
        ? one.name.slice(1, -2).split(", ").slice(1).join(", ")
        : one.name.startsWith("[")
          ? inner(one.name)
          : `'${one.name}'`;
      return one.scope === undefined
        ? `resourceId('${one.type}', ${names})`
        : `extensionResourceId(${inner(String(one.scope))}, '${one.type}', ${names})`;
    });
    for (const id of ids) expect(own).toContain(id);
    const done = new Set<string>();
    const waiting = resources.map((one, i) => [own[i] ?? "", (one.dependsOn ?? []).map(inner)] as const);
    while (done.size < waiting.length) {
      const ready = waiting.filter(([id, before]) => !done.has(id) && before.every((one) => done.has(one)));
      expect(ready.length).toBeGreaterThan(0);
      for (const [id] of ready) done.add(id);
    }
  });

  test("declares every column of every table once, in table and stream", () => {
    const tables = ofType(resources, "Microsoft.OperationalInsights/workspaces/tables");
    const [rule] = ofType(resources, "Microsoft.Insights/dataCollectionRules");
    const streams = rule?.properties.streamDeclarations as Record<
      string,
      { columns: { name: string; type: string }[] }
    >;
    expect(tables).toHaveLength(RESULT_TABLES.length);
    for (const [i, { name, columns }] of RESULT_TABLES.entries()) {
      const schema = tables[i]?.properties.schema as { name: string; columns: { name: string; type: string }[] };
      expect(schema.name).toBe(name);
      expect(schema.columns.map((column) => column.name)).toEqual(columns.map((column) => column.name));
      for (const { type } of schema.columns)
        expect(["boolean", "dateTime", "dynamic", "guid", "int", "long", "real", "string"]).toContain(type);
      const stream = streams[`Custom-${name}`];
      expect(stream?.columns.map((column) => column.name)).toEqual(columns.map((column) => column.name));
      for (const { type } of stream?.columns ?? [])
        expect(["string", "int", "long", "real", "boolean", "dynamic", "datetime"]).toContain(type);
    }
  });

  test("gives the rule its own endpoint, or one behind Private Link", () => {
    const [own] = ofType(template().resources, "Microsoft.Insights/dataCollectionRules");
    expect(own).toMatchObject({ kind: "Direct" });
    expect(own?.properties).not.toHaveProperty("dataCollectionEndpointId");
    const [link] = ofType(resources, "Microsoft.Insights/dataCollectionRules");
    expect(link).not.toHaveProperty("kind");
    expect(link?.properties.dataCollectionEndpointId).toContain("dataCollectionEndpoints");
  });

  test("grants two roles and no more", () => {
    const roles = ofType(resources, "Microsoft.Authorization/roleAssignments").map(({ scope, properties }) => [
      scope,
      properties.roleDefinitionId,
    ]);
    expect(roles.map(([scope, role]) => `${scope} ${role}`)).toEqual([
      expect.stringMatching(/workspaces'.*73c42c96-874c-492b-b04d-ab87d138a893/),
      expect.stringMatching(/dataCollectionRules'.*3913510d-42f4-4e42-8a64-420c390055eb/),
    ]);
  });

  test("holds every query of the packs, and the rules as they are", () => {
    const bodies = ofType(resources, "Microsoft.OperationalInsights/queryPacks/queries").map(
      ({ properties }) => properties.body,
    );
    expect(bodies).toEqual([...packs.criteria, ...packs.signals].map(({ query }) => query));
    const folder = mkdtempSync(join(tmpdir(), "ztlens-arm-"));
    const file = join(folder, "template.json");
    writeFileSync(file, armText(deploymentOf(base)));
    const { rules } = loadRules([file]);
    rmSync(folder, { recursive: true });
    const facts = (all: typeof OWN_RULES) =>
      all.map(({ name, query, severity, frequency, period, trigger, customDetails, override, tactics }) => ({
        name,
        query,
        severity,
        frequency,
        period,
        trigger,
        customDetails,
        override,
        tactics,
      }));
    expect(facts(rules).toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
      facts(OWN_RULES).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  });

  test("takes no text for an expression", () => {
    const [criterion, signal] = ofType(template(nasty).resources, "Microsoft.OperationalInsights/queryPacks/queries");
    expect(criterion?.properties.body).toBe(NASTY.join("\n"));
    expect(signal?.properties.body).toBe("[[");
  });
});

describe("Terraform", () => {
  const read = async (options: DeploymentOptions) => {
    const json = (await parse("main.tf", terraformText(deploymentOf(options)))) as {
      resource: { azapi_resource: Record<string, [{ type: string; body: { properties: Json } }]> };
      variable: Json;
      output: Json;
    };
    return { ...json, resources: Object.values(json.resource.azapi_resource).map(([one]) => one) };
  };

  test.each([
    ["plain", base],
    ["with a job behind Private Link", { ...base, withJob: true, privateLink: true }],
  ])("is read by a parser of HCL and deploys what ARM deploys: %s", async (_name, options) => {
    const { resources, output, variable } = await read(options);
    const arm = template(options);
    // The parser sorts by name.
    expect(resources.map(({ type }) => type.replace(/@.*/, "")).sort()).toEqual(
      arm.resources.map(({ type }) => type).sort(),
    );
    expect(Object.keys(output)).toEqual(["ingestion_endpoint", "rule_id"]);
    expect(Object.keys(variable)).toHaveLength(Object.keys(arm.parameters).length + 1);
    const bodies = (list: readonly { type: string; properties?: Json }[]) =>
      list
        .filter(({ type }) => type.startsWith("Microsoft.OperationalInsights/queryPacks/queries"))
        .map(({ properties }) => String(properties?.body))
        .sort();
    expect(bodies(resources.map(({ type, body }) => ({ type, properties: body.properties })))).toEqual(
      bodies(arm.resources),
    );
    const tables = resources.filter(({ type }) => type.startsWith("Microsoft.OperationalInsights/workspaces/tables@"));
    const byName = (list: readonly unknown[]) =>
      new Map(list.map((one) => [(one as Json).name, (one as Json).columns]));
    expect(byName(tables.map(({ body }) => body.properties.schema))).toEqual(
      byName(
        ofType(arm.resources, "Microsoft.OperationalInsights/workspaces/tables").map(
          ({ properties }) => properties.schema,
        ),
      ),
    );
  });

  test("takes no text for a template", async () => {
    // HCL itself brings text into the form NFC and breaks up long runs of marks.
    for (const text of NASTY.filter((one) => !one.includes("\u0301"))) {
      const written = hclString(text);
      expect(written).toMatch(/^"[\x20-\x7e]*"$/);
      const { locals } = (await parse("x.tf", `locals {\n  x = ${written}\n}\n`)) as { locals: [{ x: string }] };
      // The parser gives templates back as they are written, with the sign doubled that escapes them.
      const single = (one: string): string => one.replace(/([$%])\1*\{/g, "$1{");
      expect(single(locals[0].x)).toBe(single(text));
    }
    expect((await read(nasty)).resources).toHaveLength(template(nasty).resources.length);
  });
});

/** A Bicep string back to its text. */
function unescaped(written: string): string {
  return written
    .slice(1, -1)
    .replace(/\\(?:u\{([0-9a-f]+)\}|(.))/g, (_, code: string | undefined, character: string) => {
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return { n: "\n", r: "\r", t: "\t" }[character] ?? character;
    });
}

/** Code with its strings taken out, and the strings. */
function withoutStrings(bicep: string): { code: string; strings: string[] } {
  const strings: string[] = [];
  const code = bicep.replace(/'(?:\\.|[^'\\])*'/g, (text) => {
    strings.push(text);
    return "''";
  });
  return { code, strings };
}

const PARSER = process.env.ZTLENS_BICEP_PARSER;

interface SyntaxNode {
  readonly hasError: boolean;
  descendantsOfType(type: string): SyntaxNode[];
}

/** Parses with the tree-sitter grammar of Bicep; `ZTLENS_BICEP_PARSER` is a folder with its two npm packages. */
async function parseBicep(text: string): Promise<SyntaxNode> {
  const require = createRequire(join(PARSER ?? "", "package.json"));
  const { Parser, Language } = require("web-tree-sitter");
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(require.resolve("tree-sitter-bicep/tree-sitter-bicep.wasm")));
  // The grammar can take // and /* inside a string for a comment, which Bicep does not; the files hold no comments.
  return parser.parse(text.replace(/\/(?=[/*])/g, "-")).rootNode;
}

describe("Bicep", () => {
  test("is balanced, and declares what ARM declares", () => {
    const text = bicepText(deploymentOf({ ...base, withJob: true }));
    const { code, strings } = withoutStrings(text);
    for (const [open, close] of ["{}", "[]", "()"])
      expect(code.split(open ?? "").length).toBe(code.split(close ?? "").length);
    const arm = template({ ...base, withJob: true });
    expect(code.match(/^resource \w+ '' = \{$/gm)).toHaveLength(arm.resources.length);
    expect([...text.matchAll(/^resource \w+ '([^@]+)@[^']+' = /gm)].map(([, type]) => type)).toEqual(
      arm.resources.map(({ type }) => type),
    );
    expect([...text.matchAll(/^param (\w+) /gm)].map(([, name]) => name)).toEqual(Object.keys(arm.parameters));
    const texts = new Set(strings.map(unescaped));
    for (const { query } of packs.criteria) expect(texts.has(query)).toBe(true);
    for (const key of code.matchAll(/\b(\w+)\.(?:id|properties)\b/g)) expect(code).toMatch(`resource ${key[1]} `);
  });

  test("takes no text for an expression", () => {
    for (const text of NASTY) {
      const written = bicepString(text);
      expect(unescaped(written)).toBe(text);
      expect(written).toMatch(/^'(?:\\[\\'nrt$]|\\u\{[0-9a-f]+\}|(?!\$\{)[\x20-\x26\x28-\x5b\x5d-\x7e])*'$/);
    }
  });

  test.skipIf(!PARSER)("is read by a parser of Bicep (ZTLENS_BICEP_PARSER)", async () => {
    for (const options of [{ ...base, withJob: true, privateLink: true }, nasty]) {
      const root = await parseBicep(bicepText(deploymentOf(options)));
      expect(root.hasError).toBe(false);
      expect(root.descendantsOfType("resource_declaration").length).toBe(template(options).resources.length + 1);
    }
    expect((await parseBicep("resource x 'y' = {\n  a: 'b\n}\n")).hasError).toBe(true);
  });
});

test("the same input gives the same files", () => {
  for (const write of [armText, bicepText, terraformText])
    expect(write(deploymentOf(base))).toBe(write(deploymentOf({ ...base, packs: loadPacks() })));
});

describe("the hosts of the job", () => {
  test("Kubernetes and GitHub Actions are YAML with what the identity needs", () => {
    const [, account, map, , job] = parseAllDocuments(HOSTS.kubernetes()).map((one) => one.toJS() as Json);
    expect(account).toMatchObject({
      kind: "ServiceAccount",
      metadata: { annotations: { "azure.workload.identity/client-id": expect.any(String) } },
    });
    expect(map).toMatchObject({ kind: "ConfigMap" });
    expect(job).toMatchObject({
      kind: "CronJob",
      spec: {
        concurrencyPolicy: "Forbid",
        jobTemplate: { spec: { template: { metadata: { labels: { "azure.workload.identity/use": "true" } } } } },
      },
    });
    const [workflow] = parseAllDocuments(HOSTS.github()).map((one) => one.toJS() as Json);
    expect(workflow).toMatchObject({ permissions: { "id-token": "write" }, on: { schedule: [{ cron: "0 3 * * *" }] } });
  });

  test.each(Object.entries(HOSTS))("%s runs one command, and holds no secret", (_name, write) => {
    expect(write()).toContain('ztlens run --workspace "$WORKSPACE"');
    expect(write()).not.toMatch(/secret(?!s:)|password/i);
    expect(write()).toBe(write());
  });
});
