import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AnalyticRule } from "../packs/rules/types.ts";
import type { Packs } from "../packs/types.ts";
import { armText } from "./deploy/arm.ts";
import { resourceGroupLocation } from "./deploy/model.ts";
import { queryPack } from "./deploy/queries.ts";
import { huntingYaml, ruleYaml } from "./rules/yaml.ts";

const fileName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

const queryPackText = (packs: Packs): string =>
  armText({
    description: "ztlens: all queries as a query pack",
    parameters: [
      { name: "location", type: "string", description: "Region of the query pack", value: resourceGroupLocation },
    ],
    resources: queryPack(packs),
    outputs: {},
  });

/** What other tools take, by path: a query pack for Log Analytics, hunting queries and analytic rules for Sentinel. */
export function exportedFiles(packs: Packs, rules: readonly AnalyticRule[]): Map<string, string> {
  return new Map([
    ["query-pack.json", queryPackText(packs)],
    ...[...packs.criteria, ...packs.signals].map((pack): [string, string] => [
      `hunting/${pack.pillar}/${pack.id}.yaml`,
      huntingYaml(pack),
    ]),
    ...rules.map((rule): [string, string] => [`analytics/${fileName(rule.name)}.yaml`, ruleYaml(rule)]),
  ]);
}

/** Writes the files below a folder, over those of an earlier export. */
export function writeExport(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
