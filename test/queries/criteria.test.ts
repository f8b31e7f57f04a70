import { describe, expect, test } from "vitest";
import { loadPacks } from "../../src/packs/load.ts";
import type { Fixture } from "../../src/packs/schema.ts";
import type { CriterionPack } from "../../src/packs/types.ts";
import { type Answer, engineWith } from "./engine.ts";

const { criteria } = loadPacks(undefined, { fixtures: true });

const NUMERATORS = {
  numerator: "Numerator",
  numeratorInitial: "NumeratorInitial",
  numeratorIntermediate: "NumeratorIntermediate",
  numeratorOptimal: "NumeratorOptimal",
} as const;

/** What a fixture says that its query answers. */
const expected = (fixture: Fixture): Answer =>
  Object.fromEntries([
    ...Object.entries(NUMERATORS).flatMap(([field, column]) => {
      const value = fixture[field as keyof typeof NUMERATORS];
      return value === undefined ? [] : [[column, value]];
    }),
    ["Denominator", fixture.denominator],
  ]) as Answer;

async function check(pack: CriterionPack, fixture: Fixture): Promise<void> {
  const engine = await engineWith(fixture);
  try {
    const { columns, rows } = await engine.query(pack.query);
    expect(
      columns.filter(({ name }) => /^(Numerator|Denominator)/.test(name)).every(({ type }) => type === "long"),
    ).toBe(true);
    expect(Object.fromEntries(columns.map(({ name }, i) => [name, rows[0]?.[i]]))).toEqual(expected(fixture));
    const [answer, ...more] = await engine.rows(pack.query);
    expect(more).toEqual([]);
    expect(answer).toEqual(expected(fixture));
    if (pack.offendersQuery === undefined) return;
    const offenders = await engine.rows(pack.offendersQuery);
    expect(offenders).toHaveLength(fixture.offenders ?? -1);
    const failed = offenders.reduce((sum, row) => sum + Number(row.Failed), 0);
    const { numerator = 0, denominator = 0 } = fixture;
    // The offenders account for every failure: an exception on one of them can then be applied.
    expect(failed).toBe(pack.direction === "atLeast" ? denominator - numerator : numerator);
    const counts = offenders.map((row) => Number(row.Failed));
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  } finally {
    await engine.close();
  }
}

describe.each(criteria.map((pack) => [pack.id, pack] as const))("%s", (_, pack) => {
  test.each(["good", "bad", "empty"] as const)("counts its %s fixture", async (kind) => {
    const fixture = pack.fixtures?.[kind];
    expect(fixture).toBeDefined();
    if (fixture) await check(pack, fixture);
  });
});
