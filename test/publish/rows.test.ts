import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Assessment } from "../../src/core/assessment.ts";
import type { Value } from "../../src/core/kusto.ts";
import { isUnassessed } from "../../src/core/maturity.ts";
import { representable } from "../../src/evidence/exact.ts";
import { rowLines, writeRows } from "../../src/publish/files.ts";
import { type RunRows, resultRows } from "../../src/publish/rows.ts";
import { columnsOf } from "../../src/tables/catalogue.ts";
import { RESULT_TABLES } from "../../src/tables/results.ts";
import { ACTIVE, HOSTILE, XSS } from "../hostile/corpus.ts";
import { contoso, crowded, nothing, poisoned } from "../outputs/fixtures.ts";

const RUN_TIME = "2026-11-20T12:30:00.0000000Z";
const rowsOf = (assessment: Assessment, scope = "contoso", runTime = RUN_TIME): RunRows =>
  resultRows(assessment, { scope, runTime });
const all = (rows: RunRows): Readonly<Record<string, Value>>[] => RESULT_TABLES.flatMap(({ name }) => [...rows[name]]);
const criteria = contoso.pillars.flatMap((pillar) => pillar.criteria);

const folder = mkdtempSync(join(tmpdir(), "ztlens-rows-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the result tables", () => {
  test("keep to what Log Analytics allows", () => {
    for (const { name, columns } of RESULT_TABLES) {
      expect(name).toMatch(/^[A-Za-z]\w{0,59}_CL$/);
      expect(columns.length).toBeLessThanOrEqual(500);
      expect(columns[0]).toMatchObject({ name: "TimeGenerated", type: "datetime" });
      for (const column of columns) {
        expect(column.name).toMatch(/^[A-Za-z]\w{0,44}$/);
        expect(["_ResourceId", "id", "_SubscriptionId", "TenantId", "Type", "UniqueId", "Title"]).not.toContain(
          column.name,
        );
      }
    }
  });

  test("are known to the engine's catalogue", () => {
    for (const { name, columns } of RESULT_TABLES)
      expect(columnsOf(name)).toEqual(columns.map((column) => ({ name: column.name, type: column.type })));
  });
});

describe("the rows of a run", () => {
  const rows = rowsOf(contoso);

  test("have exactly the columns of their table", () => {
    for (const { name, columns } of RESULT_TABLES)
      for (const row of rows[name]) expect(Object.keys(row).sort()).toEqual(columns.map((c) => c.name).sort());
  });

  test("say what the assessment says", () => {
    expect(rows.ZtSignal_CL.map(({ Pillar, Stage, Verified }) => [Pillar, Stage, Verified])).toEqual(
      contoso.pillars.map((p) => [p.pillar, p.stage, p.continuousVerification.verified]),
    );
    expect(rows.ZtCriterion_CL.map((r) => [r.CriterionId, r.State, r.Numerator, r.Denominator, r.Low, r.High])).toEqual(
      criteria.map((c) => [c.id, c.state, c.numerator, c.denominator, c.low, c.high]),
    );
    expect(rows.ZtOffender_CL.map(({ Details }) => Details)).toEqual(criteria.flatMap((c) => c.offenders));
    expect(rows.ZtAnomaly_CL.map(({ AnomalyId }) => AnomalyId)).toEqual(contoso.anomalies.map(({ id }) => id));
    const [run] = rows.ZtRun_CL;
    expect(run).toMatchObject({
      Criteria: criteria.length,
      Unassessed: criteria.filter(({ state }) => isUnassessed(state)).length,
      Anomalies: contoso.anomalies.length,
      RecordsRead: contoso.inputs.reduce((sum, { read }) => sum + read, 0),
    });
    expect(Number(run?.Met) + Number(run?.NotMet) + Number(run?.Excepted) + Number(run?.Unassessed)).toBe(
      run?.Criteria,
    );
  });

  test("have ids of their own, and the same ones whenever they are made", () => {
    const ids = all(rows).map(({ ResultId }) => ResultId);
    expect(new Set(ids).size).toBe(ids.length);
    const later = rowsOf(contoso, "contoso", "2026-11-21T00:00:00.0000000Z");
    expect(all(later).map(({ ResultId, RunId }) => [ResultId, RunId])).toEqual(
      all(rows).map(({ ResultId, RunId }) => [ResultId, RunId]),
    );
    expect(new Set(all(rows).map(({ RunId }) => RunId)).size).toBe(1);
  });

  test("of another scope, window or result are another run", () => {
    const [run] = rows.ZtRun_CL;
    const changed = { ...contoso, anomalies: contoso.anomalies.slice(1) };
    const moved = { ...contoso, window: { ...contoso.window, end: "2026-11-20T13:00:00.0000000Z" } };
    const runOf = (other: Assessment, scope = "contoso") => rowsOf(other, scope).ZtRun_CL[0];
    expect(runOf(changed)?.RunId).not.toBe(run?.RunId);
    expect(runOf(changed)?.ResultId).toBe(run?.ResultId);
    expect(runOf(moved)?.ResultId).not.toBe(run?.ResultId);
    expect(runOf(contoso, "fabrikam")?.ResultId).not.toBe(run?.ResultId);
  });

  test("tell a run that did not see everything", () => {
    expect(rowsOf({ ...nothing, warnings: [] }).ZtRun_CL[0]?.Status).toBe("complete");
    expect(rowsOf({ ...nothing, warnings: ["network-flows: no events"] }).ZtRun_CL[0]?.Status).toBe("partial");
  });

  test("hold no field that the service would cut", () => {
    const huge = `${"é".repeat(60_000)}x`;
    const [pillar] = contoso.pillars;
    const [criterion] = pillar?.criteria ?? [];
    if (!pillar || !criterion) throw new Error("the sample has no criterion");
    const grown = { ...criterion, reason: huge, query: huge, offenders: [{ Name: huge, Quotes: '"'.repeat(60_000) }] };
    const grownRows = rowsOf({ ...contoso, pillars: [{ ...pillar, criteria: [grown] }] });
    for (const row of all(grownRows))
      for (const value of Object.values(row)) {
        const text = typeof value === "string" ? value : JSON.stringify(value);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
        expect(text).not.toContain("\ufffd");
      }
    expect(grownRows.ZtCriterion_CL[0]?.Reason).toMatch(/^é+… \[cut by ztlens\]$/);
    expect(Object.keys(grownRows.ZtOffender_CL[0]?.Details ?? {})).toEqual(["cut"]);
  });

  test("hold no credential", () => {
    const secret = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.sig`;
    const { ZtOffender_CL, ZtAnomaly_CL, ZtRun_CL } = rowsOf(poisoned([secret]));
    const text = JSON.stringify([
      ZtAnomaly_CL,
      ZtRun_CL,
      ZtOffender_CL.map(({ Entity, Details }) => [Entity, Details]),
    ]);
    expect(text.includes(secret)).toBe(false);
    expect(text).toContain("[redacted JWT]");
  });
});

describe("what is written", () => {
  const read = async (paths: readonly string[]): Promise<Map<string, Record<string, Value>[]>> => {
    const backend = await EmbeddedBackend.open({ paths: [...paths] });
    try {
      const tables = new Map<string, Record<string, Value>[]>();
      for (const { name } of RESULT_TABLES) {
        const { columns, rows } = await backend.query(name);
        const own = new Set(columnsOf(name)?.map((column) => column.name));
        tables.set(
          name,
          rows.map((row) =>
            Object.fromEntries(columns.flatMap((c, i) => (own.has(c.name) ? [[c.name, row[i] ?? null]] : []))),
          ),
        );
      }
      return tables;
    } finally {
      await backend.close();
    }
  };
  const byId = (rows: readonly Readonly<Record<string, Value>>[]) =>
    rows.toSorted((a, b) => (String(a.ResultId) < String(b.ResultId) ? -1 : 1));

  test.each([
    ["a sample", contoso],
    ["many offenders", crowded(500)],
    ["hostile text", poisoned([...HOSTILE.filter((text) => !text.includes("\0")), ...XSS.slice(0, 50)])],
  ])("as files gives the same rows back, of %s", async (name, assessment) => {
    const rows = rowsOf(assessment);
    const target = join(folder, name);
    writeRows(target, rows);
    writeRows(target, rows);
    const tables = await read([target]);
    for (const table of RESULT_TABLES) expect(byId(tables.get(table.name) ?? [])).toEqual(byId([...rows[table.name]]));
    expect(readdirSync(join(target, "ZtRun_CL"))).toHaveLength(1);
  });

  test("as one stream finds its tables again", async () => {
    const rows = rowsOf(contoso);
    const file = join(folder, "stream.ndjson");
    writeFileSync(file, rowLines(rows));
    const tables = await read([file]);
    for (const { name } of RESULT_TABLES) expect(byId(tables.get(name) ?? [])).toEqual(byId([...rows[name]]));
  });

  test("is one row per line whatever a log holds, the row of the run last", () => {
    const rows = rowsOf(representable(poisoned([...HOSTILE, ...XSS])) as Assessment);
    const lines = rowLines(rows).trimEnd().split("\n");
    expect(lines).toHaveLength(all(rows).length);
    for (const line of lines) expect(ACTIVE.test(line)).toBe(false);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ Type: "ZtRun_CL" });
  });
});
