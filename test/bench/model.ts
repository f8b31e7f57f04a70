import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { TICKS_PER_DAY } from "../../src/core/ticks.ts";
import { type AssessOptions, beginRun, judgeAll, type Run } from "../../src/maturity/assess.ts";
import { assessHistory } from "../../src/maturity/history.ts";
import { windowOf } from "../../src/maturity/measure.ts";
import { Timeline } from "../../src/maturity/timeline.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { preparePacks } from "../../src/packs/prepared.ts";
import { inTimeOrder } from "../../src/packs/statements.ts";
import { Lineage } from "../../src/signals/lineage.ts";
import { simulate } from "../../src/simulate/simulate.ts";

/**
 * The whole model over a simulated tenant: how long all criteria with their offenders take beside the ingest of the
 * same files, with and without the signal queries, and how long 30 daily steps back in time take beside one evaluation.
 *   npm run bench:model -- [rows | folder of exported logs] [slowest criteria to list]
 */
const [input = "1000000", shown = "10"] = process.argv.slice(2);
const isCount = /^\d+$/.test(input);
const folder = isCount ? mkdtempSync(join(tmpdir(), "ztlens-model-")) : input;

/** Seconds between the labels that a run announces, by label. */
class Laps {
  readonly seconds = new Map<string, number>();
  #label = "";
  #since = performance.now();

  readonly onStep = (label: string): void => {
    const now = performance.now();
    this.seconds.set(this.#label, (this.seconds.get(this.#label) ?? 0) + (now - this.#since) / 1000);
    [this.#label, this.#since] = [label, now];
  };

  slowest(count: number): string {
    const sorted = [...this.seconds].filter(([label]) => label !== "").sort(([, a], [, b]) => b - a);
    return sorted
      .slice(0, count)
      .map(([label, seconds]) => `  ${label.padEnd(24)} ${seconds.toFixed(2)} s\n`)
      .join("");
  }
}

const seconds = async <T>(work: () => Promise<T>): Promise<readonly [number, T]> => {
  const started = performance.now();
  const result = await work();
  return [(performance.now() - started) / 1000, result];
};
/** Every signal query, read to the end with what its events inherit, and analysed by nobody. */
async function readSignals(backend: EmbeddedBackend, { packs, asOf }: Run): Promise<number> {
  const lineage = new Lineage();
  let events = 0;
  for (const { query, pillar, window } of packs.signals) {
    const options = { now: asOf, timespan: windowOf(asOf, window) };
    for await (const batch of backend.stream(inTimeOrder(query), options))
      for (const { rowCount } of lineage.trace(pillar, [batch])) events += rowCount;
  }
  return events;
}

const line = (name: string, value: number, unit: string): string =>
  `${name.padEnd(26)} ${value.toFixed(2).padStart(8)} ${unit}\n`;

try {
  if (isCount) await simulate({ out: folder, rows: Number(input), seed: 1 });
  const packs = loadPacks();
  const { reads, queries } = preparePacks(packs);
  const [ingest, backend] = await seconds(() =>
    EmbeddedBackend.open({ paths: [folder], prepared: queries, columns: reads }),
  );
  const tables = await backend.tables();
  const rows = [...tables.values()].reduce((sum, table) => sum + table.rows, 0);
  const modelLaps = new Laps();
  const options: Omit<AssessOptions, "analyzer"> = { packs, historyStep: TICKS_PER_DAY, onStep: modelLaps.onStep };
  const run = beginRun(backend, tables, options);
  const [model] = await seconds(() => judgeAll(run));
  modelLaps.onStep("");
  const [signals, events] = await seconds(() => readSignals(backend, run));
  const stepLaps = new Laps();
  const timeline = new Timeline(run.asOf, TICKS_PER_DAY);
  const [travel, history] = await seconds(() =>
    assessHistory({ ...run, tables, timeline, step: TICKS_PER_DAY, steps: stepLaps.onStep }),
  );
  stepLaps.onStep("");
  process.stdout.write(
    line(`ingest of ${rows} rows`, ingest, "s") +
      line(`model, ${packs.criteria.length} criteria`, model, "s") +
      line(`signals, ${events} events`, signals, "s") +
      line(`${history.steps.length} daily steps`, travel, "s") +
      line("model / ingest", model / ingest, "(target: at most 3)") +
      line("model and signals / ingest", (model + signals) / ingest, "(target: at most 3)") +
      line("steps / model", travel / model, "(target: at most 3)") +
      `Slowest criteria:\n${modelLaps.slowest(Number(shown))}Slowest histories:\n${stepLaps.slowest(Number(shown))}`,
  );
  await backend.close();
} finally {
  if (isCount) rmSync(folder, { recursive: true, force: true });
}
