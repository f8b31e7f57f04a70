import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Assessment } from "../../src/core/assessment.ts";
import type { Column, Value } from "../../src/core/kusto.ts";
import { parseIsoDatetime } from "../../src/core/ticks.ts";
import { writeRows } from "../../src/publish/files.ts";
import { withFunctions } from "../../src/publish/functions.ts";
import { resultRows } from "../../src/publish/rows.ts";

export interface Published {
  readonly assessment: Assessment;
  readonly scope?: string;
  readonly runTime: string;
}

export type Answer = Readonly<Record<string, Value>>;

/** An engine over what `publish` wrote, in which the saved functions can be called. */
export interface Workspace {
  query(kql: string): Promise<{ readonly columns: readonly Column[]; readonly rows: readonly Answer[] }>;
  close(): Promise<void>;
}

/** `now` is the clock of the queries. */
export async function workspaceOf(runs: readonly Published[], now: string): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), "ztlens-workspace-"));
  for (const { assessment, scope = "hq", runTime } of runs)
    writeRows(folder, resultRows(assessment, { scope, runTime }));
  const backend = await EmbeddedBackend.open({ paths: [folder] });
  const ticks = parseIsoDatetime(now);
  return {
    query: async (kql) => {
      const { columns, rows } = await backend.query(withFunctions(kql), ticks === undefined ? {} : { now: ticks });
      return {
        columns,
        rows: rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null]))),
      };
    },
    close: async () => {
      await backend.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
