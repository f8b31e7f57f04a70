import { describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { QueryBackend } from "../../src/backends/types.ts";
import type { CriterionResult } from "../../src/core/assessment.ts";
import { parseIsoDatetime } from "../../src/core/ticks.ts";
import { evaluateCriterion } from "../../src/maturity/criterion.ts";
import { columnsIn, measure } from "../../src/maturity/measure.ts";
import type { CriterionDefinition } from "../../src/maturity/types.ts";
import { FIXTURE_AS_OF, fixtureRows } from "../../src/packs/fixtures.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { preparePacks } from "../../src/packs/prepared.ts";
import type { Fixture } from "../../src/packs/schema.ts";
import type { JsonObject } from "../../src/tables/shape.ts";

const { criteria } = loadPacks(undefined, { fixtures: true });
const prepared = preparePacks(loadPacks()).queries;
const LONG = 4_000;

/** An engine with a fixture's rows, without one column of one table. */
async function engine(fixture: Fixture, without?: readonly [table: string, column: string]): Promise<EmbeddedBackend> {
  const backend = await EmbeddedBackend.open({ paths: [], prepared });
  for (const [table, rows] of fixtureRows(fixture)) {
    const kept = rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !(table === without?.[0] && name === without[1]))),
    );
    if (kept.length > 0) await backend.addRows(table, kept as JsonObject[]);
  }
  return backend;
}

async function judge(
  definition: CriterionDefinition,
  backend: EmbeddedBackend,
  { fixture, present, asked = backend }: { fixture: Fixture; present?: readonly string[]; asked?: QueryBackend },
): Promise<CriterionResult> {
  const tables = await backend.tables();
  const asOf = parseIsoDatetime(fixture.asOf ?? FIXTURE_AS_OF) ?? 0n;
  const states = { presentTables: present ?? [...tables.keys()], staleTables: [], columns: columnsIn(tables) };
  return evaluateCriterion(definition, await measure(definition, { backend: asked, asOf, states }, false));
}

describe.each(criteria.map((pack) => [pack.id, pack] as const))("%s without a verdict", (_, pack) => {
  const good = pack.fixtures?.good as Fixture;
  const empty = pack.fixtures?.empty as Fixture;
  const wide: CriterionDefinition = { ...pack, window: LONG };
  const numerator =
    good.numerator ??
    good[`numerator${pack.stage.charAt(0).toUpperCase()}${pack.stage.slice(1)}` as "numeratorInitial"];

  test("no rows, no table, no column, too few rows, half an answer", async () => {
    const bare = await engine(empty);
    const allTables = [...pack.tables.flat(), ...fixtureRows(good).keys()];
    expect(await judge(wide, bare, { fixture: empty, present: allTables })).toMatchObject({
      state: "insufficient",
      stage: "not_assessable",
      denominator: 0,
    });
    expect(await judge(wide, bare, { fixture: empty, present: [] })).toMatchObject({
      state: "absent",
      stage: "not_assessable",
      numerator: null,
      denominator: null,
    });
    await bare.close();

    const full = await engine(good);
    const demanding = { ...wide, minimum: (good.denominator ?? 0) + 1 };
    const counted = { numerator, denominator: good.denominator, stage: "not_assessable" };
    expect(await judge(demanding, full, { fixture: good, present: allTables })).toMatchObject({
      ...counted,
      state: "insufficient",
    });
    const cut: QueryBackend = {
      ...full,
      tables: () => full.tables(),
      stream: (kql, options) => full.stream(kql, options),
      close: () => full.close(),
      query: async (kql, options) => ({ ...(await full.query(kql, options)), partial: "The result was cut at 64 MB." }),
    };
    const half = await judge(wide, full, { fixture: good, present: allTables, asked: cut });
    expect(half).toMatchObject({ ...counted, state: "partial" });
    expect(half.reason).toContain("cut at 64 MB");
    await full.close();
  });

  test.each(Object.entries(pack.columns).map(([table, [column = ""]]) => [table, column] as const))(
    "%s without its column %s",
    async (table, column) => {
      const lacking = await engine(good, [table, column]);
      const result = await judge(wide, lacking, { fixture: good });
      expect(result).toMatchObject({ state: "absent", stage: "not_assessable", numerator: null, denominator: null });
      expect(result.reason).toContain(`${table}.${column}`);
      await lacking.close();
    },
  );
});
