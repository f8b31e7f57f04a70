import { describe, expect, test } from "vitest";
import { CONTEXT_COLUMNS, FACET_STATES, FACETS, SUBJECT_TYPES } from "../../src/core/signal.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { engineWith } from "./engine.ts";

const { signals } = loadPacks(undefined, { fixtures: true });

const facetColumn = (facet: string): string => `${facet.charAt(0).toUpperCase()}${facet.slice(1)}`;
const REQUIRED: Readonly<Record<string, string>> = {
  TimeGenerated: "datetime",
  EventId: "string",
  Subject: "string",
  SubjectType: "string",
  Resource: "string",
  ...Object.fromEntries(FACETS.map((facet) => [facetColumn(facet), "string"])),
};

describe.each(signals.map((pack) => [pack.id, pack] as const))("%s", (_, pack) => {
  test.each(["good", "bad", "empty"] as const)("describes the events of its %s fixture", async (kind) => {
    const fixture = pack.fixtures?.[kind];
    if (!fixture) throw new Error(`no ${kind} fixture`);
    const engine = await engineWith(fixture);
    try {
      const { columns } = await engine.query(pack.query);
      const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
      expect(types).toEqual({ ...types, ...REQUIRED });
      const allowed: Readonly<Record<string, string>> = { ...REQUIRED, ...CONTEXT_COLUMNS };
      for (const { name, type } of columns) expect(type, name).toBe(allowed[name]);
      const rows = await engine.rows(pack.query);
      expect(rows).toHaveLength(fixture.events ?? -1);
      expect(new Set(rows.map((row) => row.EventId)).size).toBe(rows.length);
      for (const row of rows) {
        expect(SUBJECT_TYPES).toContain(row.SubjectType);
        expect(row.Subject).not.toBe("");
        for (const facet of FACETS) expect(FACET_STATES, facet).toContain(row[facetColumn(facet)]);
      }
      const facets = rows.flatMap((row) => FACETS.map((facet) => row[facetColumn(facet)]));
      if (kind === "good") expect(facets).not.toContain("failed");
      // Rows that are no access have no facet at all.
      if (kind === "bad" && facets.some((state) => state !== "na")) expect(facets).toContain("failed");
    } finally {
      await engine.close();
    }
  });
});
