import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import type { Assessment } from "../../src/core/assessment.ts";
import { OWN_RULES } from "../../src/publish/rules/own.ts";
import { contoso, flawless } from "../outputs/fixtures.ts";
import { type Answer, type Workspace, workspaceOf } from "./workspace.ts";

const NOW = "2026-11-20T13:00:00.0000000Z";
const of = (assessment: Assessment, day: number): Assessment => ({
  ...assessment,
  window: { start: `2026-10-${day}T12:00:00.0000000Z`, end: `2026-11-${day}T12:00:00.0000000Z` },
});

let workspace: Workspace;
beforeAll(async () => {
  workspace = await workspaceOf(
    [
      {
        assessment: of({ ...flawless, anomalies: contoso.anomalies.slice(0, 2) }, 19),
        runTime: "2026-11-19T12:30:00.0000000Z",
      },
      { assessment: of(contoso, 20), runTime: "2026-11-20T12:30:00.0000000Z" },
      { assessment: of(flawless, 15), scope: "branch", runTime: "2026-11-15T12:30:00.0000000Z" },
    ],
    NOW,
  );
});
afterAll(() => workspace.close());

const alerts = async (name: string): Promise<readonly Answer[]> => {
  const rule = OWN_RULES.find(({ file }) => file === name);
  if (!rule) throw new Error(`there is no rule ${name}`);
  const { columns, rows } = await workspace.query(rule.query);
  const names = columns.map((column) => column.name);
  for (const column of Object.values(rule.customDetails)) expect(names).toContain(column);
  for (const [, column] of stringify(rule.override).matchAll(/\{\{(\w+)\}\}/g)) expect(names).toContain(column);
  return rows;
};

test("a pillar that falls is told, and one that stays is not", async () => {
  const fallen = contoso.pillars.filter(
    ({ pillar, stage }) => stage !== flawless.pillars.find((p) => p.pillar === pillar)?.stage,
  );
  expect((await alerts("maturity-dropped")).map(({ Pillar, Stage }) => `${Pillar} ${Stage}`).sort()).toEqual(
    fallen.map(({ pillar, stage }) => `${pillar} ${stage}`).sort(),
  );
});

test("a criterion whose table went away is told", async () => {
  const lost = contoso.pillars.flatMap(({ criteria }) =>
    criteria.filter(({ state }) => state === "absent" || state === "stale"),
  );
  expect((await alerts("telemetry-lost")).map(({ CriterionId }) => CriterionId).sort()).toEqual(
    lost.map(({ id }) => id).sort(),
  );
});

test("a scope that was not assessed is told", async () => {
  expect((await alerts("run-missing")).map(({ Scope }) => Scope)).toEqual(["branch"]);
});

test("an anomaly is told once", async () => {
  expect((await alerts("anomaly-found")).map(({ AnomalyId }) => AnomalyId).sort()).toEqual(
    contoso.anomalies
      .slice(2)
      .map(({ id }) => id)
      .sort(),
  );
});
