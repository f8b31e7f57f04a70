import { expect, test } from "vitest";
import { fixtureRows } from "../../src/packs/fixtures.ts";

test("rows are repeated, counted and placed relative to the clock", () => {
  const rows = fixtureRows({
    asOf: "2026-01-02T00:00:00Z",
    tables: {
      T: [
        {
          $repeat: 2,
          $at: "-1d",
          $every: "6h",
          Id: "u{n}",
          Nested: { seen: "@-2h", list: ["x{n}", 5] },
        },
        { Id: 7 },
      ],
    },
  });
  expect(rows.get("T")).toEqual([
    {
      TimeGenerated: "2026-01-01T00:00:00.000Z",
      Id: "u1",
      Nested: { seen: "2026-01-01T22:00:00.000Z", list: ["x1", 5] },
    },
    {
      TimeGenerated: "2025-12-31T18:00:00.000Z",
      Id: "u2",
      Nested: { seen: "2026-01-01T22:00:00.000Z", list: ["x2", 5] },
    },
    { TimeGenerated: "2026-01-01T23:00:00.000Z", Id: 7 },
  ]);
});

test("a row may set its own TimeGenerated", () => {
  const rows = fixtureRows({
    tables: { T: [{ TimeGenerated: "2020-01-01T00:00:00Z" }] },
  });
  expect(rows.get("T")?.[0]?.TimeGenerated).toBe("2020-01-01T00:00:00Z");
});

test("a span that is none is refused", () => {
  expect(() => fixtureRows({ tables: { T: [{ $at: "yesterday" }] } })).toThrow(/not a span/);
});
