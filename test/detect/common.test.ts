import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Alert } from "../../src/core/alert.ts";
import { TICKS_PER_MINUTE } from "../../src/core/ticks.ts";
import { familiesOf } from "../../src/detect/common.ts";
import { detect } from "../../src/detect/detect.ts";
import type { AnalyticRule } from "../../src/packs/rules/types.ts";
import { ruleFrom, scatteredSignIns } from "./support.ts";

interface Family {
  readonly kept: number;
  readonly query: string;
}

/** Rules that have work in common raise the alerts that each raises alone. */
const families = parse(readFileSync(new URL("common.yaml", import.meta.url), "utf8")) as readonly Family[];
const LITERALS = [1, 2, 3, 5, 8];
const VARIANTS = [
  { queryFrequency: "1h", queryPeriod: "1h" },
  { queryFrequency: "30m", queryPeriod: "3h", eventGroupingSettings: { aggregationKind: "AlertPerResult" } },
  { queryFrequency: "1h", queryPeriod: "2h", suppressionEnabled: true, suppressionDuration: "4h" },
  { queryFrequency: "1h", queryPeriod: "90m", triggerOperator: "lt", triggerThreshold: 3 },
];

let ids = 0;
function rulesOf({ query }: Family): AnalyticRule[] {
  return VARIANTS.flatMap((variant) =>
    LITERALS.map((n) =>
      ruleFrom({
        id: `00000000-0000-4000-8000-${String(ids++).padStart(12, "0")}`,
        name: `at least ${n}`,
        kind: "Scheduled",
        severity: "Medium",
        triggerOperator: "gt",
        triggerThreshold: 0,
        query: query
          .replaceAll("$m", `${n * 20}`)
          .replaceAll("$n", `${n}`)
          .replaceAll("$u", `u${n}`),
        entityMappings: [
          { entityType: "Account", fieldMappings: [{ identifier: "FullName", columnName: "UserPrincipalName" }] },
        ],
        ...variant,
      }),
    ),
  );
}

let backend: EmbeddedBackend;
let kept: string[] = [];
let forgotten: string[] = [];
beforeAll(async () => {
  backend = await EmbeddedBackend.open({ paths: [] });
  const rows = scatteredSignIns(300, 900);
  await backend.addRows("SigninLogs", rows);
  await backend.addRows(
    "AuditLogs",
    rows.slice(0, 90).map(({ TimeGenerated, UserPrincipalName: OperationName }) => ({ TimeGenerated, OperationName })),
  );
  const { keep, forget } = backend;
  backend.keep = async (...given) => {
    const table = await keep.apply(backend, given);
    kept.push(table);
    return table;
  };
  backend.forget = async (table) => {
    forgotten.push(table);
    await forget.call(backend, table);
  };
});
afterAll(() => backend.close());

const delay = 5n * TICKS_PER_MINUTE;
const plain = (alerts: readonly Alert[]) =>
  alerts.map(({ incident: _, ...alert }) => alert).sort((a, b) => (a.id < b.id ? -1 : 1));

describe("rules of one family", () => {
  test.each(families)("$query", async (family) => {
    [kept, forgotten] = [[], []];
    const rules = rulesOf(family);
    const together = await detect({ rules, backend, delay });
    expect(kept).toHaveLength(family.kept);
    expect(forgotten.sort()).toEqual(kept.sort());
    const alone: Alert[] = [];
    for (const rule of rules) alone.push(...(await detect({ rules: [rule], backend, delay })).alerts);
    expect(kept).toHaveLength(family.kept);
    expect(alone.length).toBeGreaterThan(0);
    expect(plain(together.alerts)).toEqual(plain(alone));
    expect(together.coverage.map(({ outcome }) => outcome)).toEqual(rules.map(() => "run"));
  });
});

test("a family has one query but for its literals, and one schedule", () => {
  const rule = (query: string, frequency = 1n) => ({ kind: "Scheduled", frequency, period: 1n, query }) as AnalyticRule;
  const rules = [
    rule("T | where a == 'x' and n > 5"),
    rule("T | where b == 'x' and n > 5"),
    rule("T | where a == @'y\\' and n > 1h"),
    rule("T | where a == 'x' and n > 5", 2n),
    rule('T | where a == "it\'s" and n > 5'),
  ];
  expect(familiesOf(rules)).toEqual([[0, 2, 4], [1], [3]]);
  expect(familiesOf(Array.from({ length: 20 }, (_, i) => rule(`T | take ${i}`))).map(({ length }) => length)).toEqual([
    16, 4,
  ]);
});
