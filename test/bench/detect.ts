import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Score, scoreSeed } from "./detect-score.ts";
import { measure } from "./process.ts";
import type { TenantResult } from "./tenant.ts";

/**
 * Simulated tenants with every attack and harmless oddities, through the shipped signal queries and detectors:
 *   npm run bench:detect -- [users] [days] [seeds]
 * Thresholds were tuned on seed 1; the others are reported apart. Writes detect.json, which the README shows.
 */
const [users = "5000", days = "30", seeds = "1,2,3"] = process.argv.slice(2);
const TUNED_ON = 1;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ztlens-detect-"));
const results: TenantResult[] = [];

try {
  for (const seed of seeds.split(",")) {
    const out = join(folder, `${seed}.json`);
    const { seconds, peakMiB, exitCode } = await measure([here("detect-seed.ts"), seed, users, days, out]);
    if (exitCode !== 0) throw new Error(`Seed ${seed} ended with exit code ${exitCode}.`);
    const result = JSON.parse(readFileSync(out, "utf8")) as TenantResult;
    results.push(result);
    process.stdout.write(
      `seed ${seed}: ${result.rows} rows, ${seconds.toFixed(0)} s, peak ${peakMiB?.toFixed(0) ?? "?"} MiB\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const scores = results.map(scoreSeed);
const recallOf = ({ verdicts }: Score): number =>
  verdicts.filter(({ minutes }) => minutes !== null).length / verdicts.length;
for (const score of scores) {
  const missed = score.verdicts.filter(({ minutes }) => minutes === null).map(({ attack }) => attack);
  process.stdout.write(
    `seed ${score.seed}: recall ${recallOf(score).toFixed(3)}, ${score.findings} findings, ${score.falseFindings.length} false ` +
      `(${score.falsePerDayPer1000.toFixed(3)} per day and 1,000 users), missed: ${missed.join(", ") || "none"}\n`,
  );
  for (const { subject, start, detectors, reason } of score.falseFindings)
    process.stdout.write(`  false: ${start.slice(0, 16)} ${subject} ${detectors.join("+")}: ${reason.slice(0, 160)}\n`);
}

const median = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0 ? null : (sorted[Math.floor((sorted.length - 1) / 2)] as number);
};

const scenarios = (scores[0]?.verdicts ?? []).map(({ attack, pillar, expected }) => {
  const own = scores.flatMap(({ verdicts }) => verdicts.filter((verdict) => verdict.attack === attack));
  const told = Map.groupBy(
    own.flatMap(({ detectors }) => detectors),
    (name) => name,
  );
  return {
    attack,
    pillar,
    expected,
    found: own.filter(({ minutes }) => minutes !== null).length,
    minutes: median(own.flatMap(({ minutes }) => (minutes === null ? [] : [minutes]))),
    detectors: Object.fromEntries([...told].map(([name, times]) => [name, times.length]).sort()),
  };
});

const summary = {
  users: Number(users),
  days: Number(days),
  seeds: scores.map((score, i) => ({
    seed: score.seed,
    tuned: score.seed === TUNED_ON,
    rows: results[i]?.rows ?? 0,
    recall: recallOf(score),
    findings: score.findings,
    falseFindings: score.falseFindings.length,
    falsePerDayPer1000: score.falsePerDayPer1000,
  })),
  scenarios,
};
writeFileSync(here("detect.json"), `${JSON.stringify(summary, null, 2)}\n`);
