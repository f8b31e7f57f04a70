import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { writeBundle } from "../../src/evidence/bundle.ts";
import type { Comparison } from "../../src/maturity/compare.ts";
import { render } from "../../src/outputs/jsonl.ts";
import { contoso } from "../outputs/fixtures.ts";
import { ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-compare-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The same tenant a month later: multifactor authentication is everywhere. */
const later: Assessment = {
  ...contoso,
  asOf: "2026-12-20T12:00:00.0000000Z",
  pillars: contoso.pillars.map((pillar) => ({
    ...pillar,
    criteria: pillar.criteria.map((criterion) =>
      criterion.id === "ID-01"
        ? { ...criterion, state: "met" as const, stage: "optimal" as const, numerator: criterion.denominator, value: 1 }
        : criterion,
    ),
  })),
};

describe("compare", () => {
  test("reads JSON Lines and bundles, and says what changed", async () => {
    writeFileSync(join(folder, "before.jsonl"), render(contoso));
    writeBundle(join(folder, "after"), later);
    const { code, out } = await ztlens(["compare", join(folder, "before.jsonl"), join(folder, "after"), "-o", "json"]);
    const { before, after, criteria } = JSON.parse(out) as Comparison;
    expect([code, before, after]).toEqual([0, contoso.asOf, later.asOf]);
    expect(criteria.filter(({ kind }) => kind !== "unchanged")).toMatchObject([{ id: "ID-01", kind: "improved" }]);
    const table = await ztlens(["compare", join(folder, "before.jsonl"), join(folder, "after")]);
    expect(table.out).toMatch(/^improved +ID-01 /m);
    expect(table.out).toMatch(/^From .*: 1 of \d+ criteria changed$/m);
  });

  test("refuses what is no result", async () => {
    writeFileSync(join(folder, "other.jsonl"), '{"type":"other"}\n');
    const { code, err } = await ztlens(["compare", join(folder, "other.jsonl"), join(folder, "after")]);
    expect(code).toBe(2);
    expect(err).toContain("is no result");
  });
});
