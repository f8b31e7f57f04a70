import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { PILLARS } from "../../src/core/maturity.ts";
import { replay } from "../../src/maturity/replay.ts";
import { type Manifest, simulate } from "../../src/simulate/simulate.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-truth-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A packs folder with the signal queries alone: the criteria have tests of their own. */
function signalPacks(): string {
  const target = join(folder, "packs");
  const shipped = new URL("../../queries/", import.meta.url).pathname;
  for (const pillar of PILLARS) {
    mkdirSync(join(target, pillar), { recursive: true });
    const signals = readdirSync(join(shipped, pillar)).filter((name) => !/^[A-Z]{2}-\d\d\.yaml$/.test(name));
    for (const name of signals) cpSync(join(shipped, pillar, name), join(target, pillar, name));
  }
  return target;
}

const HOUR = 3_600_000;

async function run(name: string, attacks?: readonly string[]): Promise<readonly [Manifest, Assessment]> {
  const out = join(folder, name);
  const manifest = await simulate({ out, users: 40, days: 9, seed: 3, profile: "good", ...(attacks && { attacks }) });
  return [manifest, await replay({ paths: [out], packs: signalPacks() })];
}

describe("a simulated tenant, from exported logs to anomalies", async () => {
  const [manifest, { anomalies }] = await run("attacked");

  test.each(manifest.attacks)("$attack is found by $detector", ({ detector, pillar, subject, start, end }) => {
    const found = anomalies.filter((anomaly) => anomaly.detector === detector && anomaly.subject === subject);
    expect(found.map((anomaly) => anomaly.pillar)).toContain(pillar);
    for (const { time } of found) {
      expect(Date.parse(time)).toBeGreaterThanOrEqual(Date.parse(start) - HOUR);
      expect(Date.parse(time)).toBeLessThanOrEqual(Date.parse(end) + HOUR);
    }
  });

  test("every anomaly lies within an attack of its pillar", () => {
    const stray = anomalies.filter(({ pillar, time }) => {
      const at = Date.parse(time);
      const own = manifest.attacks.filter((attack) => attack.pillar === pillar);
      return !own.some(({ start, end }) => at >= Date.parse(start) - HOUR && at <= Date.parse(end) + HOUR);
    });
    expect(stray).toEqual([]);
  });

  test("the same tenant without attacks has none", async () => {
    const [, quiet] = await run("quiet", []);
    expect(quiet.anomalies).toEqual([]);
  });
});
