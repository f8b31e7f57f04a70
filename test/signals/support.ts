import type { ColumnBatch } from "../../src/backends/types.ts";
import type { Value } from "../../src/core/kusto.ts";

export type Row = Readonly<Record<string, Value>>;

export const row = (changes: Row = {}): Row => ({
  TimeGenerated: "2026-05-01T08:00:00.0000000Z",
  EventId: "e1",
  Subject: "ann@contoso.com",
  SubjectType: "user",
  Resource: "portal",
  Identity: "verified",
  Device: "verified",
  Context: "unknown",
  Policy: "verified",
  Session: "na",
  Encryption: "na",
  ...changes,
});

/** Rows as the columns of a query's answer; the columns are those of all rows. */
export function batchOf(rows: readonly Row[], without: readonly string[] = []): ColumnBatch {
  const names = [...new Set(rows.flatMap((cells) => Object.keys(cells)))].filter((name) => !without.includes(name));
  return {
    rowCount: rows.length,
    columns: new Map(names.map((name) => [name, rows.map((cells) => cells[name] ?? null)])),
  };
}
