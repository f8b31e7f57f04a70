import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DialSettings } from "./dial.ts";
import type { Profile } from "./levels.ts";
import { shapeNamed } from "./registry.ts";
import { Sink } from "./sink.ts";
import { type GroundTruth, hoursOf, type Run, runOf, type TenantOptions } from "./tenant.ts";
import { iso, type Shape, type Source } from "./types.ts";

export type { GroundTruth } from "./tenant.ts";

export interface SimulateOptions extends TenantOptions {
  /** Folder to write into; created when it does not exist. */
  readonly out: string;
  /** Writes these tables only; default: all. */
  readonly tables?: readonly string[];
  /** Export shape; default `ndjson`, the rows of Log Analytics. */
  readonly format?: string;
  readonly gzip?: boolean;
  readonly onTable?: (table: string, rows: number) => void;
}

export interface Manifest {
  /** First, so that a reader of logs knows this file for what it is. */
  readonly generator: "ztlens simulate";
  readonly seed: number;
  readonly profile: Profile;
  readonly dials?: DialSettings;
  readonly users: number;
  readonly days: number;
  readonly start: string;
  readonly end: string;
  readonly format: string;
  readonly rows: number;
  readonly files: readonly { readonly file: string; readonly table: string; readonly rows: number }[];
  readonly attacks: readonly GroundTruth[];
}

/**
 * Writes the exported logs of a synthetic tenant: one file per table, `ground-truth.jsonl` with what was injected and
 * `manifest.json` with what was written. The same options give the same bytes. Memory is bounded by one table's hour.
 * Throws UsageError for options that make no sense.
 */
export async function simulate(options: SimulateOptions): Promise<Manifest> {
  const run = await runOf(options);
  const { users, days, seed, profile, start, end, attacks, dials } = run;
  const format = options.format ?? "ndjson";
  const shape = await shapeNamed(format);
  mkdirSync(options.out, { recursive: true });
  const files: { file: string; table: string; rows: number }[] = [];
  for (const [table, own] of run.tables) {
    if (options.tables && !options.tables.includes(table)) continue;
    const file = `${shape.file(table)}${options.gzip ? ".gz" : ""}`;
    const rows = await writeTable(run, table, own, shape, new Sink(join(options.out, file), options.gzip === true));
    files.push({ file, table, rows });
    options.onTable?.(table, rows);
  }
  const manifest: Manifest = {
    generator: "ztlens simulate",
    seed,
    profile,
    ...(dials && { dials }),
    users,
    days,
    start: iso(start),
    end: iso(end),
    format,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    files,
    attacks,
  };
  writeFileSync(join(options.out, "ground-truth.jsonl"), attacks.map((truth) => `${JSON.stringify(truth)}\n`).join(""));
  writeFileSync(join(options.out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

async function writeTable(run: Run, table: string, own: readonly Source[], shape: Shape, sink: Sink): Promise<number> {
  const head = shape.head(table);
  if (head !== "") sink.add(head);
  let count = 0;
  for (const rows of hoursOf(run, table, own)) {
    for (const row of rows) sink.add(shape.encode(table, row));
    count += rows.length;
    await sink.drain();
  }
  await sink.close();
  return count;
}
