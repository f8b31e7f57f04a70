import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { QueryResult, Value } from "../../src/core/kusto.ts";
import { parseIsoDatetime } from "../../src/core/ticks.ts";
import { FIXTURE_AS_OF, fixtureRows } from "../../src/packs/fixtures.ts";
import type { Fixture } from "../../src/packs/schema.ts";
import type { JsonObject } from "../../src/tables/shape.ts";

export type Answer = Readonly<Record<string, Value>>;

export interface Run {
  query(kql: string): Promise<QueryResult>;
  /** Rows as objects. */
  rows(kql: string): Promise<Answer[]>;
  close(): Promise<void>;
}

/** An engine that holds the rows of a fixture, at the fixture's clock. */
export async function engineWith(fixture: Fixture): Promise<Run> {
  const backend = await EmbeddedBackend.open({ paths: [] });
  for (const [table, rows] of fixtureRows(fixture))
    if (rows.length > 0) await backend.addRows(table, rows as JsonObject[]);
  const now = parseIsoDatetime(fixture.asOf ?? FIXTURE_AS_OF);
  const query = (kql: string): Promise<QueryResult> => backend.query(kql, now === undefined ? {} : { now });
  return {
    query,
    rows: async (kql) => {
      const { columns, rows } = await query(kql);
      return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
    },
    close: () => backend.close(),
  };
}
