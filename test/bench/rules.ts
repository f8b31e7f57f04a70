import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { detectionsRoot, loadRules } from "../../src/packs/rules/load.ts";

/**
 * Many rules over a simulated month, each on its own schedule, beside `ztlens query` once per rule over the same files.
 * The rules are the shipped ones with other thresholds, so that every text is its own and every table is read. Processor
 * seconds stand beside the clock: on a busy machine only they tell.
 * `folder`: logs that `ztlens simulate` wrote before; without it they are written for the run.
 *   npm run bench:rules -- [rules] [rows] [queries] [folder]
 */
const [rules = "500", rows = "1000000", queries = "3", given] = process.argv.slice(2);
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "ztlens-rules-"));
const TICKS_PER_SECOND = 100;

interface Spent {
  readonly clock: number;
  /** User and system time of the process; 0 where /proc does not tell. */
  readonly processor: number;
}

function measure(args: readonly string[], stdout: "ignore" | "inherit" = "ignore"): Promise<Spent> {
  const started = performance.now();
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", stdout, "inherit"] });
  let processor = 0;
  const look = (): void => {
    try {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      processor = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND || processor;
    } catch {
      clearInterval(timer);
    }
  };
  const timer = setInterval(look, 50);
  return new Promise((resolve) =>
    child.once("exit", () => {
      clearInterval(timer);
      resolve({ clock: (performance.now() - started) / 1000, processor });
    }),
  );
}

/** The shipped rules again and again, each time with other thresholds and an id of its own. */
function writeRules(count: number): void {
  mkdirSync(join(folder, "rules"));
  const { rules: shipped } = loadRules([detectionsRoot()]);
  for (let i = 0; i < count; i++) {
    const rule = shipped[i % shipped.length];
    const round = Math.floor(i / shipped.length);
    const hex = createHash("sha256").update(`${rule?.id}${round}`).digest("hex");
    const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
    const text = readFileSync(rule?.file ?? "", "utf8")
      .replace(/^id: .*$/m, `id: ${id}`)
      .replace(/>= (\d+)\b/g, (_, number: string) => `>= ${Number(number) + round}`);
    writeFileSync(join(folder, "rules", `${String(i).padStart(4, "0")}.yaml`), text);
  }
}

const show = (name: string, { clock, processor }: Spent): string =>
  `${name.padEnd(34)} ${clock.toFixed(1).padStart(9)} s  ${processor.toFixed(1).padStart(9)} s of processor\n`;

try {
  const data = given ?? join(folder, "data");
  if (given === undefined)
    execFileSync(process.execPath, [cli, "simulate", data, "--rows", rows, "--seed", "1"], { stdio: "ignore" });
  writeRules(Number(rules));
  const all = await measure([
    "detect",
    "-r",
    join(folder, "rules"),
    "-d",
    data,
    "-o",
    "csv",
    "--coverage",
    join(folder, "c.jsonl"),
  ]);
  const outcomes = new Map<string, number>();
  for (const line of readFileSync(join(folder, "c.jsonl"), "utf8").trim().split("\n")) {
    const { outcome } = JSON.parse(line) as { outcome: string };
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const single: Spent[] = [];
  for (let i = 0; i < Number(queries); i++)
    single.push(await measure(["query", "-d", data, "SigninLogs | summarize count() by ResultType", "-o", "csv"]));
  const mean = (key: keyof Spent): number => single.reduce((sum, spent) => sum + spent[key], 0) / single.length;
  const each: Spent = { clock: mean("clock") * Number(rules), processor: mean("processor") * Number(rules) };
  process.stdout.write(
    `${rows} rows, ${rules} rules: ${[...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(", ")}\n` +
      show("detect", all) +
      show(`query, mean of ${queries} × ${rules}`, each) +
      `ratio ${(each.clock / all.clock).toFixed(1)} by the clock, ${(each.processor / all.processor).toFixed(1)} by the processor\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
