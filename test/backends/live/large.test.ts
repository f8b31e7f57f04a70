import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { QueryResult } from "../../../src/core/kusto.ts";
import { formatDatetime, parseIsoDatetime, TICKS_PER_DAY, TICKS_PER_SECOND } from "../../../src/core/ticks.ts";
import { certificate } from "../../servers/https.ts";
import { type LogsServer, serveLogs } from "../../servers/logs.ts";
import { root } from "../../support/modules.ts";

/*
 * A window of 2,000,000 events, of which 700,000 lie at one moment, behind a service that cuts answers at 500,000 rows
 * or 64 MB. The server makes the rows that a slice asks for; what it is asked beside that it refuses.
 */
const LONG = process.env.ZTLENS_LONG === "1";
const ROWS = LONG ? 2_000_000 : 120_000;
const HOT = Math.round(ROWS * 0.35);
const LIMITS = LONG ? {} : { maxRows: 30_000, maxBytes: 3_800_000 };
const DAYS = 30n;
const START = parseIsoDatetime("2026-05-01") as bigint;
const END = START + DAYS * TICKS_PER_DAY;
const MOMENT = START + 12n * TICKS_PER_DAY + 5n;
const STEP = (DAYS * TICKS_PER_DAY) / BigInt(ROWS);
const PADDING = "x".repeat(60);

const timeOf = (i: number): bigint => (i < HOT ? MOMENT : START + BigInt(i) * STEP);

/** Rows in order of time: those of the moment where it falls among the others. */
const order = (() => {
  const hot = Array.from({ length: HOT }, (_, i) => i);
  const others = Array.from({ length: ROWS - HOT }, (_, i) => i + HOT);
  const split = others.findIndex((i) => timeOf(i) > MOMENT);
  return split < 0 ? [...others, ...hot] : others.slice(0, split).concat(hot, others.slice(split));
})();

/** The first place in the order with a time of at least `time`. */
function place(time: bigint): number {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(order[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

const COLUMNS = [
  { name: "TimeGenerated", type: "datetime" },
  { name: "Number", type: "long" },
  { name: "Text", type: "string" },
] as const;

const bound = (query: string, operator: string): bigint | undefined => {
  const text = new RegExp(`TimeGenerated ${operator} datetime\\(([^)]+)\\)`).exec(query)?.[1];
  return text === undefined ? undefined : parseIsoDatetime(text);
};

/** Evaluates the queries of a sliced stream over the rows above. */
async function evaluate(query: string): Promise<QueryResult> {
  const count = /^Events\n\| summarize Rows = count\(\) by Bin = bin\(TimeGenerated, (\d+)s\)$/.exec(query);
  if (count) {
    const width = BigInt(count[1] ?? 1) * TICKS_PER_SECOND;
    const bins = new Map<bigint, number>();
    for (let i = 0; i < ROWS; i++) {
      const bin = (timeOf(i) / width) * width;
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    }
    const columns = [
      { name: "Bin", type: "datetime" as const },
      { name: "Rows", type: "long" as const },
    ];
    return { columns, rows: [...bins].map(([bin, rows]) => [formatDatetime(bin), rows]) };
  }
  if (!/^Events(\n\| where [^|]+)?\n\| sort by TimeGenerated asc$/.test(query))
    throw new Error(`not understood: ${query}`);
  const [from = 0n, to = 10n ** 19n] = [bound(query, ">="), bound(query, "<")];
  const part = /hash\(tostring\(pack_all\(\)\), (\d+)\) == (\d+)/.exec(query);
  const [of, index] = [Number(part?.[1] ?? 1), Number(part?.[2] ?? 0)];
  // Any hash will do, so long as it is the same for the same row.
  const indices = order.slice(place(from), place(to)).filter((i) => (i * 2_654_435_761) % of === index);
  return { columns: COLUMNS, rows: indices.map((i) => [formatDatetime(timeOf(i)), i, `${PADDING}${i}`]) };
}

const folder = mkdtempSync(join(tmpdir(), "ztlens-large-"));
let server: LogsServer;
beforeAll(async () => {
  server = await serveLogs({ answer: evaluate, ...LIMITS });
  writeFileSync(join(folder, "ca.pem"), (await certificate()).cert);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Report {
  readonly rows: number;
  readonly sum: string;
  readonly ordered: boolean;
  readonly megabytes: number;
  readonly slices: readonly {
    readonly start?: string;
    readonly end?: string;
    readonly part?: string;
    readonly rows: number;
  }[];
}

test(`${ROWS} rows behind a service that cuts come complete, in order, within 1 GB`, async () => {
  const client = join(root, "test/backends/live/large-client.ts");
  const child = spawn(process.execPath, [client, server.url, START.toString(), END.toString()], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
  });
  let out = "";
  for await (const text of child.stdout.setEncoding("utf8")) out += text;
  const report = JSON.parse(out) as Report;
  expect(report.rows).toBe(ROWS);
  expect(report.sum).toBe(((BigInt(ROWS) * BigInt(ROWS - 1)) / 2n).toString());
  expect(report.ordered).toBe(true);
  expect(report.megabytes).toBeLessThanOrEqual(1024);
  // The manifest: every row is in one slice, no slice reaches into the next, and the moment was split.
  expect(report.slices.reduce((sum, { rows }) => sum + rows, 0)).toBe(ROWS);
  const times = report.slices
    .filter(({ part }) => part === undefined)
    .sort((a, b) => ((a.start ?? "") < (b.start ?? "") ? -1 : 1));
  for (const [i, { end }] of times.slice(0, -1).entries())
    expect((times[i + 1]?.start ?? "") >= (end ?? "")).toBe(true);
  expect(report.slices.some(({ part }) => part !== undefined)).toBe(true);
  process.stderr.write(`large: ${report.rows} rows in ${report.slices.length} slices, ${report.megabytes} MB\n`);
}, 1_800_000);
