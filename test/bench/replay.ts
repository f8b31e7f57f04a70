import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Measured, measure } from "./process.ts";

/**
 * The main job over a simulated tenant, beside a bare DuckDB load of the same files in the same run.
 *   npm run bench:replay -- [rows] [repeats]
 */
const [rows = "1000000", repeats = "2"] = process.argv.slice(2);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const cli = here("../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "ztlens-bench-"));

const best = (runs: readonly Measured[]): Measured => runs.reduce((a, b) => (b.seconds < a.seconds ? b : a));
const show = (name: string, { seconds, peakMiB, exitCode }: Measured): string =>
  `${name.padEnd(14)} ${seconds.toFixed(2).padStart(8)} s  peak ${peakMiB?.toFixed(0).padStart(6) ?? "?"} MiB  exit ${exitCode}`;

try {
  execFileSync(process.execPath, [cli, "simulate", folder, "--rows", rows, "--seed", "1"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { files?: { rows: number }[] };
  const total = manifest.files?.reduce((sum, file) => sum + file.rows, 0);
  const bare: Measured[] = [];
  const replay: Measured[] = [];
  for (let i = 0; i < Number(repeats); i++) {
    bare.push(await measure([here("bare-load.ts"), folder]));
    replay.push(await measure([cli, "replay", folder, "--output", "json", "--allow-partial"]));
  }
  const [load, job] = [best(bare), best(replay)];
  process.stdout.write(
    `${total ?? rows} rows\n${show("bare load", load)}\n${show("replay", job)}\nratio          ${(job.seconds / load.seconds).toFixed(2).padStart(8)}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
