import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { InputReport } from "../../../src/core/assessment.ts";
import { type Files, lines, withLoaded } from "./support.ts";

/** Files larger than the head that a look at a file takes: each is loaded by a statement of its own. */
const ROWS = 6_000;
const TABLES = ["AuditLogs", "AzureActivity", "SigninLogs"] as const;
const START = Date.UTC(2026, 4, 1);

const row = (table: string, i: number) => ({
  TimeGenerated: new Date(START + i * 1000).toISOString(),
  OperationName: `operation ${i % 7} ${"x".repeat(120)}`,
  CorrelationId: `c${i}`,
  Type: table,
  _ItemId: `${table}-${i}`,
});

/** Rows that overlap with those of the file before; each table has a file with a row that no statement can load, and a packed one. */
function overlapping(): Files {
  const files: Record<string, string | Buffer> = {};
  for (const [i, from] of [0, 4_000, 8_000, 12_000].entries())
    for (const table of TABLES) {
      const all: unknown[] = Array.from({ length: ROWS }, (_, j) => row(table, from + j));
      if (i === 1) all[5_000] = { TimeGenerated: "no time", Type: table };
      const name = `${i}-${table}.ndjson`;
      if (i === 2) files[`${name}.gz`] = gzipSync(lines(...all));
      else files[name] = lines(...all);
    }
  return files;
}

const books = ({ file, table, accepted, quarantined, duplicates = 0 }: InputReport): string =>
  `${file.replace(/^.*\//, "")}: ${table} ${accepted} + ${quarantined}, ${duplicates} twice`;

describe("Files that are loaded beside each other", () => {
  test.each([1, 2, 4])("keep the books as if one came after the other, with %i threads", async (threads) => {
    await withLoaded(
      overlapping(),
      async ({ inputs, rows }) => {
        expect(inputs.map(books)).toEqual([
          ...TABLES.map((table) => `0-${table}.ndjson: ${table} ${ROWS} + 0, 0 twice`),
          ...TABLES.map((table) => `1-${table}.ndjson: ${table} 3999 + 1, 2000 twice`),
          ...TABLES.map((table) => `2-${table}.ndjson.gz: ${table} 4001 + 0, 1999 twice`),
          ...TABLES.map((table) => `3-${table}.ndjson: ${table} 4000 + 0, 2000 twice`),
        ]);
        const found = await rows(
          "union withsource=T AuditLogs, AzureActivity, SigninLogs | summarize Rows = count(), Ids = count_distinct(CorrelationId) by T | sort by T asc",
        );
        expect(found).toEqual(TABLES.map((table) => [table, 18_000, 18_000]));
      },
      { threads },
    );
  });
});
