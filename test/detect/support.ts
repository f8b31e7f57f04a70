import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Detection } from "../../src/core/alert.ts";
import { type DetectOptions, detect } from "../../src/detect/detect.ts";
import { ruleOf } from "../../src/packs/rules/rule.ts";
import type { AnalyticRule } from "../../src/packs/rules/types.ts";
import type { JsonObject } from "../../src/tables/shape.ts";

/** A rule from the fields of a file. */
export function ruleFrom(fields: Readonly<Record<string, unknown>>): AnalyticRule {
  const at = { line: 1, column: 1 };
  const source = { locate: () => at, locateKey: () => at, position: () => at, queryPosition: () => at };
  const problems: { message: string }[] = [];
  const rule = ruleOf({ file: "rule.yaml", raw: fields, isArm: false, ...source }, problems as never);
  if (!rule) throw new Error(problems.map(({ message }) => message).join("\n"));
  return rule;
}

/** Runs rules over rows. */
export async function detectOver(
  tables: Readonly<Record<string, readonly JsonObject[]>>,
  options: Omit<DetectOptions, "backend">,
): Promise<Detection> {
  const backend = await EmbeddedBackend.open({ paths: [] });
  try {
    for (const [table, rows] of Object.entries(tables)) await backend.addRows(table, rows);
    return await detect({ ...options, backend });
  } finally {
    await backend.close();
  }
}

/** Sign-ins of nine users from seven addresses, in no order, over the first minutes of 10 January 2026. */
export const scatteredSignIns = (count: number, minutes: number) =>
  Array.from({ length: count }, (_, i) => ({
    TimeGenerated: new Date(Date.UTC(2026, 0, 10, 0, (i * i * 7) % minutes, (i * 13) % 60)).toISOString(),
    UserPrincipalName: `u${(i * 5) % 9}`,
    IPAddress: `10.0.0.${(i * 3) % 7}`,
    ResultType: i % 3 === 0 ? "50126" : "0",
    CorrelationId: `c${i}`,
  }));
