import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { QUERIES } from "./kql-queries.ts";
import { measure } from "./process.ts";

/**
 * How long a cold `ztlens query` takes to its first answer, without and with the start-up snapshot, and what the 2nd to
 * the last query of a batch take. Needs a build. Wall-clock times, medians.
 *   npm run bench:start -- [starts] [queries]
 */
const [starts = "5", queries = "1000"] = process.argv.slice(2);
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "ztlens-start-"));
const SECOND = 1000;
const MAX_WAIT = 60 * SECOND;

const ROW = {
  TimeGenerated: "2024-06-01T00:00:00Z",
  EventID: 4625,
  Account: "user",
  Computer: "host",
  CommandLine: "cmd.exe /c whoami",
};
const data = join(work, "SecurityEvent.ndjson");
writeFileSync(
  data,
  Array.from({ length: 200 }, (_, i) => `${JSON.stringify({ ...ROW, Account: `user${i % 20}` })}\n`).join(""),
);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Milliseconds from the start of the process to each line of its answer. */
async function answers(
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>>,
): Promise<number[]> {
  const started = performance.now();
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const times: number[] = [];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const now = performance.now() - started;
    for (let i = chunk.split("\n").length - 1; i > 0; i--) times.push(now);
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`ztlens query ended with ${code}.`);
  return times;
}

const ONE = [
  "query",
  "SecurityEvent | where EventID == 4625 | summarize count() by Account | top 5 by count_",
  "--data",
  data,
  "--output",
  "json",
];
/** Seconds to the first answer, and seconds of CPU of the whole process, which other work on the machine hardly changes. */
async function first(env: Readonly<Record<string, string>>): Promise<string> {
  const [times, cpu]: [number[], number[]] = [[], []];
  for (let i = 0; i < Number(starts); i++) {
    times.push((await answers(ONE, "", env))[0] ?? Number.NaN);
    cpu.push((await measure([cli, ...ONE], { ...process.env, ...env })).cpu ?? Number.NaN);
  }
  return `${(median(times) / SECOND).toFixed(2)} s (${median(cpu).toFixed(2)} s of CPU)`;
}

async function untilSnapshot(cache: string): Promise<void> {
  const made = (): boolean =>
    existsSync(join(cache, "ztlens")) && readdirSync(join(cache, "ztlens")).some((name) => name.endsWith(".blob"));
  for (
    const end = performance.now() + MAX_WAIT;
    !made();
    await new Promise((resolve) => setTimeout(resolve, SECOND / 10))
  )
    if (performance.now() > end) throw new Error("No snapshot was made.");
}

/** Time from one answer of a batch to the next: a query is sent when the answer to the one before has come. */
async function batch(cache: string): Promise<number> {
  const child = spawn(process.execPath, [cli, "query", "--batch", "--data", data], {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const texts = QUERIES.map(({ kql }) => kql.replaceAll(/\bEvent\b/g, "SecurityEvent"));
  const times: number[] = [];
  let sent = performance.now();
  const send = (i: number): void => {
    sent = performance.now();
    child.stdin.write(`${JSON.stringify({ id: i, query: `${texts[i % texts.length]}\n// ${i}` })}\n`);
  };
  send(0);
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    if (!chunk.endsWith("\n")) return;
    times.push(performance.now() - sent);
    if (times.length < Number(queries)) send(times.length);
    else child.stdin.end();
  });
  await new Promise((resolve) => child.once("close", resolve));
  return median(times.slice(1));
}

try {
  const cache = join(work, "cache");
  const without = await first({ ZTLENS_CACHE: "off" });
  await answers(ONE, "", { XDG_CACHE_HOME: cache });
  await untilSnapshot(cache);
  const withSnapshot = await first({ XDG_CACHE_HOME: cache });
  const later = await batch(cache);
  process.stdout.write(
    `first answer of a cold start: ${without} without the snapshot, ${withSnapshot} with it (medians of ${starts})\n` +
      `query 2 to ${queries} of a batch on 200 rows: ${later.toFixed(1)} ms (median)\n`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
