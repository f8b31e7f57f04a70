import { describe, expect, test } from "vitest";
import { jsonLines, ztlens } from "../support/ztlens.ts";

interface Line {
  readonly kind: string;
  readonly known: number | null;
  readonly names: readonly string[];
}

describe("check --support", () => {
  test("lists what runs, kind by kind, without what always refuses", async () => {
    const { code, out } = await ztlens(["check", "--support", "-o", "jsonl"]);
    const kinds = new Map(jsonLines<Line>(out).map((line) => [line.kind, line]));
    const names = (kind: string): ReadonlySet<string> => new Set(kinds.get(kind)?.names);
    expect(code).toBe(0);
    expect([...kinds.keys()]).toEqual(["tabular operators", "scalar functions", "aggregates", "plugins"]);
    expect([...names("tabular operators")]).toEqual(expect.arrayContaining(["where", "range", "scan", "mv-expand"]));
    expect([...names("scalar functions")]).toEqual(expect.arrayContaining(["prev", "now", "pack_all", "strcat"]));
    expect([...names("aggregates")]).toEqual(expect.arrayContaining(["arg_max", "make_set"]));
    expect([...names("plugins")]).toEqual(expect.arrayContaining(["bag_unpack", "pivot"]));
    expect(names("tabular operators").has("reduce")).toBe(false);
    expect(names("plugins").has("python")).toBe(false);
    for (const { known, names: all } of kinds.values()) if (known !== null) expect(known).toBeGreaterThan(all.length);
  });

  test("prints one paragraph per kind", async () => {
    const { code, out } = await ztlens(["check", "--support"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^tabular operators \(\d+\)\n {2}as /);
    expect(out).toMatch(/\nscalar functions \(\d+ of \d+\)\n/);
  });

  test("wants a path otherwise", async () => {
    const { code, err } = await ztlens(["check"]);
    expect(code).toBe(2);
    expect(err).toContain("--support");
  });
});
