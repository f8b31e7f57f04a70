import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadRules } from "../../packs/rules/load.ts";
import type { AnalyticRule } from "../../packs/rules/types.ts";
import { OWN_RULES } from "./own.ts";

/** The rules over the published results, then the shipped detections, ordered by id. */
export function shippedRules(): AnalyticRule[] {
  const folder = fileURLToPath(new URL("../../../detections", import.meta.url));
  if (!existsSync(folder)) return [...OWN_RULES];
  const { rules } = loadRules([folder]);
  return [...OWN_RULES, ...rules.toSorted((a, b) => (a.id < b.id ? -1 : 1))];
}
