import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Measured {
  readonly seconds: number;
  /** User and system time, seconds; null where /proc does not tell. It bears other load on the machine better. */
  readonly cpu: number | null;
  /** Peak resident set of the process, MiB; null where /proc does not tell. */
  readonly peakMiB: number | null;
  readonly exitCode: number | null;
}

/** Of /proc, a second. */
const CLOCK_TICKS = 100;

/** Runs a Node.js script in a process of its own and measures the whole of it. Its output is dropped. */
export async function measure(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Measured> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  let peak: number | null = null;
  let cpu: number | null = null;
  const timer = setInterval(() => {
    try {
      const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
      if (line) peak = Number(line[1]) / 1024;
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      if (fields[0] !== "Z") cpu = (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
    } catch {
      clearInterval(timer);
    }
  }, 20);
  const exitCode = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearInterval(timer);
  return { seconds: (performance.now() - started) / 1000, cpu, peakMiB: peak, exitCode };
}
