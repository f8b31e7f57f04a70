import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { jsonLine } from "../../src/core/text/json.ts";
import { parseIsoDatetime, TICKS_PER_HOUR } from "../../src/core/ticks.ts";
import { openSchema } from "../../src/detect/detect.ts";
import { compileWindows } from "../../src/kql/windows.ts";
import { scatteredSignIns } from "./support.ts";

/** Queries of every kind of plan; each is answered for all windows in one statement and once more for each window. */
const queries = parse(readFileSync(new URL("windows.yaml", import.meta.url), "utf8")) as readonly string[];
const START = parseIsoDatetime("2026-01-10T00:00:00Z") ?? 0n;

let backend: EmbeddedBackend;
beforeAll(async () => {
  backend = await EmbeddedBackend.open({ paths: [] });
  const rows = scatteredSignIns(400, 1440);
  await backend.addRows("SigninLogs", rows);
  await backend.addRows(
    "AuditLogs",
    rows.slice(0, 90).map(({ TimeGenerated, UserPrincipalName, CorrelationId }) => ({
      TimeGenerated,
      OperationName: UserPrincipalName,
      CorrelationId,
    })),
  );
});
afterAll(() => backend.close());

const text = (rows: readonly unknown[]): string[] => rows.map((row) => jsonLine(row)).sort();

describe.each([
  ["windows side by side", TICKS_PER_HOUR, TICKS_PER_HOUR],
  ["overlapping windows", TICKS_PER_HOUR, 5n * TICKS_PER_HOUR],
  ["windows with gaps", 2n * TICKS_PER_HOUR, TICKS_PER_HOUR],
])("%s", (_, step, period) => {
  test.each(queries)("%s", async (query) => {
    const windows = { first: START, step, period, count: 15 };
    const compiled = compileWindows(query, { schema: openSchema(backend.schema), windows });
    if (compiled.kind !== "windowed") throw new Error(`${compiled.kind} ${JSON.stringify(compiled)}`);
    const { over, at } = compiled.query;
    if (!over) throw new Error("The query is not computed for all windows at once.");
    const found = Map.groupBy((await backend.run(over(0, windows.count))).rows, ([window]) => Number(window));
    const part = Map.groupBy((await backend.run(over(4, 5))).rows, ([window]) => Number(window) + 4);
    const occupied = compiled.query.occupied();
    const busy = occupied && new Set((await backend.run(occupied)).rows.map(([window]) => Number(window)));
    const idle: number[] = [];
    for (let run = 0; run < windows.count; run++) {
      const { rows } = await backend.run(at(START + BigInt(run) * step));
      const together = (found.get(run) ?? []).map((row) => row.slice(1));
      expect(text(together), `window ${run}`).toEqual(text(rows));
      if (run >= 4 && run < 9) expect(text((part.get(run) ?? []).map((row) => row.slice(1)))).toEqual(text(rows));
      if (busy && !busy.has(run)) idle.push(rows.length);
    }
    for (const count of idle) expect(count).toBe(idle[0]);
  });
});
