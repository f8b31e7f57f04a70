import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Alert, Detection } from "../../src/core/alert.ts";
import { detect } from "../../src/detect/detect.ts";
import { fixtureRows } from "../../src/packs/fixtures.ts";
import { detectionsRoot, loadRules } from "../../src/packs/rules/load.ts";
import type { Fixture } from "../../src/packs/schema.ts";
import { simulate } from "../../src/simulate/simulate.ts";
import type { JsonObject } from "../../src/tables/shape.ts";

/**
 * The shipped detections over a quiet simulated tenant: false alarms per day. Then the attack of every detection (the
 * rows of its case) is put into the same month, beside the simulated ones: which detections find theirs.
 *   npm run bench:detections -- [days] [users]
 */
const [days = "30", users = "200"] = process.argv.slice(2);
const MOST_PER_DAY = 0.2;
const { rules } = loadRules([detectionsRoot()]);

interface Attack {
  readonly finds: string;
  readonly hit: Fixture["tables"];
}

const attackOf = (file: string): Attack =>
  parse(
    readFileSync(join(import.meta.dirname, "../detections", basename(dirname(file)), basename(file)), "utf8"),
  ) as Attack;

const names = (alert: Alert): string =>
  alert.entities.flatMap(({ identifiers }) => Object.values(identifiers)).join(" ");

async function run(folder: string, isAttacked: boolean): Promise<Detection> {
  const backend = await EmbeddedBackend.open({ paths: [folder] });
  try {
    if (isAttacked)
      for (const { file } of rules)
        for (const [table, rows] of fixtureRows({ tables: attackOf(file).hit }))
          await backend.addRows(table, rows as JsonObject[]);
    return await detect({ rules, backend, delay: 3_000_000_000n });
  } finally {
    await backend.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), "ztlens-detections-"));
try {
  await simulate({ out: folder, profile: "good", attacks: [], days: Number(days), users: Number(users), seed: 3 });
  const quiet = await run(folder, false);
  const attacked = await run(folder, true);
  let noisy = 0;
  let blind = 0;
  process.stdout.write(`${"detection".padEnd(36)} ${"alarms/day".padStart(10)}  attack\n`);
  for (const { id, file } of rules) {
    const alarms = quiet.alerts.filter(({ ruleId }) => ruleId === id).length / Number(days);
    const { finds } = attackOf(file);
    const isFound = attacked.alerts.some((alert) => alert.ruleId === id && names(alert).includes(finds));
    if (alarms > MOST_PER_DAY) noisy++;
    if (!isFound) blind++;
    process.stdout.write(
      `${basename(file, ".yaml").padEnd(36)} ${alarms.toFixed(2).padStart(10)}  ${isFound ? "found" : "MISSED"}\n`,
    );
  }
  const total = quiet.alerts.length / Number(days);
  process.stdout.write(
    `${rules.length} detections, ${total.toFixed(2)} false alarms a day in all; ${rules.length - blind} find their attack\n`,
  );
  process.exitCode = noisy + blind > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
