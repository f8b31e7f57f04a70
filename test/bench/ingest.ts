import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Measured, measure } from "./process.ts";

/**
 * Ingest of simulated exports beside DuckDB's own CREATE TABLE AS of the same columns, in the same run: time, peak
 * memory, and how the time grows with the size.
 *   npm run bench:ingest -- [gigabytes…] (default: 1 5 20)
 */
const sizes = process.argv.slice(2).map(Number);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ztlens-ingest-"));
/** Bytes of a simulated row with its line end, about. */
const ROW = 1_050;
const GIGABYTE = 1e9;

const bytesBelow = (path: string): number =>
  readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);

const show = (name: string, bytes: number, { seconds, cpu, peakMiB, exitCode }: Measured): string =>
  `  ${name.padEnd(30)} ${seconds.toFixed(1).padStart(8)} s ${(bytes / 1e6 / seconds).toFixed(0).padStart(6)} MB/s  CPU ${cpu?.toFixed(1).padStart(7) ?? "?"} s  peak ${peakMiB?.toFixed(0).padStart(6) ?? "?"} MiB  exit ${exitCode}\n`;

const percent = (theirs: number | null, own: number | null): string =>
  theirs === null || own === null ? "?" : `${((100 * theirs) / own).toFixed(0)} %`;

try {
  let first: { seconds: number; bytes: number } | undefined;
  for (const size of sizes.length > 0 ? sizes : [1, 5, 20]) {
    const logs = join(folder, "logs");
    const rows = String(Math.round((size * GIGABYTE) / ROW));
    execFileSync(process.execPath, [here("../../dist/cli.js"), "simulate", logs, "--rows", rows, "--seed", "1"], {
      stdio: "ignore",
    });
    const bytes = bytesBelow(logs);
    // The same place for the tables as the ingest chooses: memory for small exports, a file for large ones.
    const database = bytes > 2 ** 30 ? join(folder, "bare.duckdb") : ":memory:";
    const ours = await measure([here("ingest-ours.ts"), logs]);
    const bare = await measure([here("ingest-bare.ts"), logs, database, bytes > 2 ** 30 ? "1.2GiB" : "4GiB"]);
    const kept = await measure([here("ingest-ours.ts"), logs, join(folder, "kept.duckdb")]);
    first ??= { seconds: ours.seconds, bytes };
    process.stdout.write(
      `${(bytes / GIGABYTE).toFixed(2)} GB\n${show("ztlens", bytes, ours)}${show("ztlens into a store", bytes, kept)}${show("DuckDB CREATE TABLE AS", bytes, bare)}` +
        `  throughput ${percent(bare.seconds, ours.seconds)} of DuckDB's, by CPU time ${percent(bare.cpu, ours.cpu)}; ${(ours.seconds / first.seconds).toFixed(1)} times the first time for ${(bytes / first.bytes).toFixed(1)} times its bytes\n`,
    );
    for (const name of ["logs", "bare.duckdb", "kept.duckdb"])
      rmSync(join(folder, name), { recursive: true, force: true });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
