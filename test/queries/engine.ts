import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { QueryResult, Value } from "../../src/core/kusto.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../../src/core/ticks.ts";
import { FIXTURE_AS_OF, fixtureRows } from "../../src/packs/fixtures.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { preparePacks } from "../../src/packs/prepared.ts";
import type { Fixture } from "../../src/packs/schema.ts";
import type { JsonObject } from "../../src/tables/shape.ts";

export type Answer = Readonly<Record<string, Value>>;

export interface Run {
  /** Compiles the text. */
  query(kql: string): Promise<QueryResult>;
  /** Rows as objects, from the prepared plan of a shipped query where the run's window is wide enough for the fixture. */
  rows(kql: string): Promise<Answer[]>;
  close(): Promise<void>;
}

const prepared = preparePacks(loadPacks());

/** An engine that holds the rows of a fixture, at the fixture's clock. */
export async function engineWith(fixture: Fixture): Promise<Run> {
  const backend = await EmbeddedBackend.open({ paths: [], prepared: prepared.queries });
  for (const [table, rows] of fixtureRows(fixture))
    if (rows.length > 0) await backend.addRows(table, rows as JsonObject[]);
  const now = parseIsoDatetime(fixture.asOf ?? FIXTURE_AS_OF);
  if (now === undefined) throw new RangeError(`${fixture.asOf} is no time`);
  const timespan = { start: now - 5_000n * TICKS_PER_DAY, end: now + 5_000n * TICKS_PER_DAY };
  return {
    query: (kql) => backend.query(kql, { now }),
    rows: async (kql) => {
      const { columns, rows } = await backend.query(kql, { now, timespan });
      return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
    },
    close: () => backend.close(),
  };
}
