import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonLine } from "../core/text/json.ts";
import { RESULT_TABLES, type ResultTableName } from "../tables/results.ts";
import type { RunRows } from "./rows.ts";

/** The tables in the order in which they are sent: the row that completes a run comes last. */
export const SENDING_ORDER: readonly ResultTableName[] = [
  ...RESULT_TABLES.map(({ name }) => name).filter((name) => name !== "ZtRun_CL"),
  "ZtRun_CL",
];

/** All rows as one stream of JSON lines, each with its table in `Type`, as in a workspace. */
export const rowLines = (rows: RunRows): string =>
  SENDING_ORDER.flatMap((table) => rows[table].map((row) => `${jsonLine({ Type: table, ...row })}\n`)).join("");

/**
 * Adds a run to a folder that ztlens can query: one folder per table, one file per run. Publishing a run again replaces
 * its files.
 */
export function writeRows(folder: string, rows: RunRows): void {
  for (const table of SENDING_ORDER) {
    const [first] = rows[table];
    if (!first) continue;
    const directory = join(folder, table);
    mkdirSync(directory, { recursive: true });
    const file = join(directory, `${fileTime(String(first.WindowEnd))}-${first.RunId}.ndjson`);
    writeFileSync(`${file}.tmp`, rows[table].map((row) => `${jsonLine(row)}\n`).join(""));
    renameSync(`${file}.tmp`, file);
  }
}

/** `20260630T175959Z`: no character that a file system refuses. */
export const fileTime = (iso: string): string => `${iso.replace(/\..*$/, "").replaceAll(/[^0-9T]/g, "")}Z`;
