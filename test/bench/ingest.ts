import { execFileSync } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Measured, measure } from "./process.ts";

/**
 * Ingest of simulated exports beside DuckDB's own CREATE TABLE AS of the same columns: time, peak memory, and how the
 * time grows with the size. Each folder holds all tables of a simulated tenant, a year before the one before it.
 *   npm run bench:ingest -- [gigabytes…] [--folder DIR] [--only prepare|ztlens|store|duckdb] [--shapes]
 * Without sizes: 1 5 20. With --folder the exports stay there for the next run, and --only makes one part of the
 * measurement at a time. --shapes measures the other shapes too. What was measured goes to ingest.json beside this file.
 */
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { folder: { type: "string" }, only: { type: "string" }, shapes: { type: "boolean", default: false } },
});
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const RESULTS = here("ingest.json");
const GIGABYTE = 1e9;
/** Rows of a folder, whose JSON lines are a little more than a gigabyte, and those of the smaller measurement of other shapes. */
const ROWS = 1_190_000;
const FEW_ROWS = 240_000;
const SHAPES = ["ndjson", "diagnostic", "eventhub", "portal-csv"];
/** Beyond this the tables lie in a file, as the ingest keeps them; bytes. */
const SPACIOUS = 2 ** 30;

interface Run extends Measured {
  readonly bytes: number;
}
interface Results {
  machine?: string;
  /** By gigabytes, then by what was measured. */
  sizes: Record<string, Partial<Record<"ztlens" | "store" | "duckdb", Run>>>;
  /** By shape. */
  shapes: Record<string, Run>;
}

const results: Results = existsSync(RESULTS)
  ? (JSON.parse(readFileSync(RESULTS, "utf8")) as Results)
  : { sizes: {}, shapes: {} };
const save = (): void => {
  results.machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
};

const bytesBelow = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

function simulate(folder: string, rows: number, format = "ndjson"): void {
  if (existsSync(folder)) return;
  const size = ["--rows", String(rows), "--seed", "1", "--format", format];
  execFileSync(process.execPath, [here("../../dist/cli.js"), "simulate", folder, ...size], { stdio: "ignore" });
}

/** The same records in another year, as other records. */
async function shift(from: string, to: string, years: number): Promise<void> {
  if (existsSync(to)) return;
  mkdirSync(`${to}.part`);
  for (const name of readdirSync(from)) {
    if (!name.endsWith(".ndjson")) continue;
    const shifted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      let rest = "";
      const moved = (text: string): Buffer =>
        Buffer.from(
          text.replaceAll('"2026-', `"${2026 - years}-`).replaceAll('"_ItemId":"', `"_ItemId":"${years}-`),
          "latin1",
        );
      for await (const chunk of chunks) {
        const text = rest + chunk.toString("latin1");
        const end = text.lastIndexOf("\n") + 1;
        rest = text.slice(end);
        yield moved(text.slice(0, end));
      }
      yield moved(rest);
    };
    const source = createReadStream(join(from, name), { highWaterMark: 1 << 22 });
    await pipeline(source, shifted, createWriteStream(join(`${to}.part`, name)));
  }
  execFileSync("mv", [`${to}.part`, to]);
}

const root = options.folder ?? mkdtempSync(join(tmpdir(), "ztlens-ingest-"));
const part = (i: number): string => join(root, "logs", String(i).padStart(2, "0"));

async function prepare(gigabytes: number): Promise<string[]> {
  simulate(part(0), ROWS);
  const count = Math.max(1, Math.round((gigabytes * GIGABYTE) / bytesBelow(part(0))));
  for (let i = 1; i < count; i++) await shift(part(0), part(i), i);
  return Array.from({ length: count }, (_, i) => part(i));
}

const show = (name: string, { bytes, seconds, cpu, peakMiB, exitCode }: Run): void => {
  process.stdout.write(
    `  ${name.padEnd(24)} ${seconds.toFixed(1).padStart(8)} s ${(bytes / 1e6 / seconds).toFixed(0).padStart(6)} MB/s  CPU ${cpu?.toFixed(1).padStart(7) ?? "?"} s  peak ${peakMiB?.toFixed(0).padStart(6) ?? "?"} MiB  exit ${exitCode}\n`,
  );
};

async function one(kind: "ztlens" | "store" | "duckdb", folders: readonly string[], bytes: number): Promise<Run> {
  const database = join(root, `${kind}.duckdb`);
  rmSync(database, { force: true });
  // The same place for DuckDB's tables as the ingest chooses: memory for small exports, a file for large ones.
  const bare = bytes > SPACIOUS ? [database, "1.2GiB"] : [":memory:", "4GiB"];
  const commands = {
    ztlens: [here("ingest-ours.ts"), "", ...folders],
    store: [here("ingest-ours.ts"), database, ...folders],
    duckdb: [here("ingest-bare.ts"), ...bare, ...folders],
  };
  const measured = { bytes, ...(await measure(commands[kind])) };
  rmSync(database, { force: true });
  show(kind, measured);
  return measured;
}

try {
  const sizes = positionals.length > 0 ? positionals.map(Number) : [1, 5, 20];
  for (const size of sizes) {
    const folders = await prepare(size);
    if (options.only === "prepare") continue;
    const bytes = folders.reduce((sum, folder) => sum + bytesBelow(folder), 0);
    process.stdout.write(`${(bytes / GIGABYTE).toFixed(2)} GB\n`);
    for (const kind of ["ztlens", "duckdb", "store"] as const) {
      if (options.only !== undefined && options.only !== kind) continue;
      const measured = await one(kind, folders, bytes);
      results.sizes[size] = { ...results.sizes[size], [kind]: measured };
      save();
    }
  }
  for (const shape of options.shapes ? SHAPES : []) {
    const folder = join(root, "shapes", shape);
    simulate(folder, FEW_ROWS, shape);
    if (options.only === "prepare") continue;
    process.stdout.write(`${shape}\n`);
    results.shapes[shape] = await one("ztlens", [folder], bytesBelow(folder));
    save();
  }
} finally {
  if (options.folder === undefined) rmSync(root, { recursive: true, force: true });
}
