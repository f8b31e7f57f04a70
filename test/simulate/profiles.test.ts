import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { PILLARS } from "../../src/core/maturity.ts";
import { replay } from "../../src/maturity/replay.ts";
import { PROFILE_LEVELS, type Profile } from "../../src/simulate/levels.ts";
import { type Manifest, simulate } from "../../src/simulate/simulate.ts";

const STAGE_OF_LEVEL = ["traditional", "initial", "intermediate", "optimal"] as const;

const root = mkdtempSync(join(tmpdir(), "ztlens-profiles-"));
afterAll(() => rmSync(root, { recursive: true }));

async function assess(profile: Profile, users = 100) {
  const out = join(root, profile);
  const manifest = await simulate({ out, profile, users });
  return { manifest, assessment: await replay({ paths: [out] }) };
}

/** Each attack is found by the detector that the ground truth names. */
function expectFound({ attacks }: Manifest, { anomalies }: Assessment): void {
  const found = new Set(anomalies.map(({ detector, subject }) => `${detector} ${subject}`));
  expect(attacks.filter(({ detector, subject }) => !found.has(`${detector} ${subject}`))).toEqual([]);
}

describe("the profiles of the simulated tenant", () => {
  test("good is Optimal on every pillar, and every criterion is measured and met", { timeout: 300_000 }, async () => {
    const { assessment, manifest } = await assess("good");
    const unmet = assessment.pillars.flatMap(({ criteria }) =>
      criteria.filter(({ stage }) => stage !== "optimal").map(({ id, state, reason }) => `${id} ${state}: ${reason}`),
    );
    expect(unmet).toEqual([]);
    expect(assessment.pillars.map(({ stage }) => stage)).toEqual(PILLARS.map(() => "optimal"));
    expect(assessment.inputs.reduce((sum, { read }) => sum + read, 0)).toBeGreaterThanOrEqual(manifest.rows);
    expectFound(manifest, assessment);
  });

  test.each(["bad", "mixed"] as const)("%s stands where its levels say", { timeout: 300_000 }, async (profile) => {
    const { assessment, manifest } = await assess(profile, profile === "mixed" ? 200 : 100);
    const expected = PILLARS.map((pillar) => [pillar, STAGE_OF_LEVEL[PROFILE_LEVELS[profile][pillar]]]);
    expect(assessment.pillars.map(({ pillar, stage }) => [pillar, stage])).toEqual(expected);
    if (profile === "bad") expectFound(manifest, assessment);
  });
});
