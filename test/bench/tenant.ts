import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Analyzer } from "../../src/analyzer/analyzer.ts";
import { loadDetectors } from "../../src/analyzer/registry.ts";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Anomaly } from "../../src/core/assessment.ts";
import { assess } from "../../src/maturity/assess.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { preparePacks } from "../../src/packs/prepared.ts";
import { type GroundTruth, simulate } from "../../src/simulate/simulate.ts";

export interface TenantOptions {
  readonly seed: number;
  readonly users: number;
  readonly days: number;
  readonly attacks: readonly string[];
  readonly budget?: number;
}

/** What one simulated tenant gave: the truth and all that was told. */
export interface TenantResult {
  readonly seed: number;
  readonly users: number;
  readonly days: number;
  readonly rows: number;
  readonly start: string;
  readonly end: string;
  readonly attacks: readonly GroundTruth[];
  readonly anomalies: readonly Anomaly[];
}

/** Simulates one tenant with harmless oddities and runs the shipped signal queries and detectors over its files. */
export async function runTenant({ seed, users, days, attacks, budget }: TenantOptions): Promise<TenantResult> {
  const folder = mkdtempSync(join(tmpdir(), "ztlens-tenant-"));
  try {
    const packs = { criteria: [], signals: loadPacks().signals };
    const { reads, queries } = preparePacks(packs);
    const { rows, start, end } = await simulate({
      ...{ out: folder, users, days, seed, attacks },
      everyday: true,
      tables: [...reads.keys()],
    });
    const analyzer = new Analyzer({ detectors: await loadDetectors(), ...(budget !== undefined && { budget }) });
    const backend = await EmbeddedBackend.open({ paths: [folder], columns: reads, prepared: queries });
    const { anomalies } = await assess(backend, { packs, analyzer });
    await backend.close();
    const lines = readFileSync(join(folder, "ground-truth.jsonl"), "utf8").split("\n");
    const truth = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as GroundTruth);
    return { seed, users, days, rows, start, end, attacks: truth, anomalies };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
