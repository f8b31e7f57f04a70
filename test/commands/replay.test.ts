import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { PILLARS } from "../../src/core/maturity.ts";
import { replay } from "../../src/maturity/replay.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { type Manifest, simulate } from "../../src/simulate/simulate.ts";
import { ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-replay-"));
/** Small enough to replay many times; too small for every bound to reach Optimal. */
const SMALL = { users: 40, rows: 20_000, attacks: [] };
const manifests = new Map<string, Manifest>();

beforeAll(async () => {
  await simulate({ out: join(folder, "good"), profile: "good", users: 100 });
  manifests.set("small", await simulate({ out: join(folder, "small"), profile: "good", seed: 3, ...SMALL }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stages = ({ pillars }: Assessment): string[] => pillars.map(({ stage }) => stage);
const criteria = ({ pillars }: Assessment) => pillars.flatMap((pillar) => pillar.criteria);

describe("replay of a simulated tenant", () => {
  test("every row is accounted for", async () => {
    const assessment = await replay({ paths: [join(folder, "small")] });
    const rows = new Map(
      assessment.inputs.map(({ file, accepted }) => [file.slice(file.lastIndexOf("/") + 1), accepted]),
    );
    expect(rows).toEqual(new Map(manifests.get("small")?.files.map(({ file, rows: count }) => [file, count])));
    for (const { read, accepted, quarantined, skipped } of assessment.inputs) {
      expect(read).toBe(accepted + quarantined + skipped);
    }
  });

  test("the same input gives the same assessment", async () => {
    const [first, second] = await Promise.all([1, 2].map(() => replay({ paths: [join(folder, "small")] })));
    expect(second).toEqual(first);
  });

  test("without a table exactly its criteria are absent", async () => {
    const all = tablesThatMatter();
    expect(all.length).toBeGreaterThan(20);
    // A replay each: some of them here, all of them with ZTLENS_LONG=1.
    const tables = process.env.ZTLENS_LONG ? all : all.filter((_, i) => i % 12 === 0);
    for (const [table, ids] of tables) {
      const file = join(folder, "small", `${table}.ndjson`);
      renameSync(file, `${file}.away`);
      const assessment = await replay({ paths: [join(folder, "small", "*.ndjson")] });
      renameSync(`${file}.away`, file);
      const absent = criteria(assessment).filter(({ state }) => state === "absent");
      expect({ table, absent: absent.map(({ id }) => id) }).toEqual({ table, absent: ids });
      for (const { numerator, denominator, stage } of absent) {
        expect([numerator, denominator, stage]).toEqual([null, null, "not_assessable"]);
      }
    }
  }, 900_000);

  test("the command prints the contract, and its exit code says what is missing", async () => {
    const report = join(folder, "report.html");
    const gates = ["--fail-on", "optimal", "--report", report];
    const complete = await ztlens(["replay", join(folder, "good"), "-o", "json", ...gates]);
    expect(complete.code).toBe(0);
    const answer = JSON.parse(complete.out) as Assessment;
    expect(Object.keys(answer)).toEqual([
      "asOf",
      "window",
      "pillars",
      "anomalies",
      "findings",
      "inputs",
      "organisation",
    ]);
    expect(stages(answer)).toEqual(PILLARS.map(() => "optimal"));
    expect(readFileSync(report, "utf8")).toMatch(/^<!doctype html>/i);

    const part = await ztlens(["replay", join(folder, "small", "SigninLogs.ndjson"), "-o", "json"]);
    expect(part.code).toBe(3);
    expect(() => JSON.parse(part.out)).not.toThrow();
    expect(part.err).toMatch(/^DATA HEALTH\n.*\n(?:.*\n)*.*\? no data +Devices/);
    const allowed = await ztlens([
      "replay",
      join(folder, "small", "SigninLogs.ndjson"),
      "-o",
      "csv",
      "--allow-partial",
    ]);
    expect(allowed.code).toBe(0);
    expect(allowed.err).not.toContain("DATA HEALTH");

    const gated = await ztlens(["replay", join(folder, "small", "SigninLogs.ndjson"), "--fail-on", "network=initial"]);
    expect(gated.code).toBe(1);
    expect(gated.out).toContain("DATA HEALTH");
  });
});

/** Each table whose loss leaves some requirement without any table, with the criteria that have such a requirement. */
function tablesThatMatter(): [string, string[]][] {
  const present = new Set(manifests.get("small")?.files.map(({ table }) => table));
  return [...present].flatMap((lost): [string, string[]][] => {
    const ids = loadPacks()
      .criteria.filter(({ tables }) =>
        tables.some((group) => [group].flat().every((table) => table === lost || !present.has(table))),
      )
      .map(({ id }) => id);
    return ids.length > 0 ? [[lost, ids]] : [];
  });
}
