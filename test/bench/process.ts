import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Measured {
  readonly seconds: number;
  /** Peak resident set of the process, MiB; null where /proc does not tell. */
  readonly peakMiB: number | null;
  readonly exitCode: number | null;
}

/** Runs a Node.js script in a process of its own and measures the whole of it. Its output is dropped. */
export async function measure(args: readonly string[]): Promise<Measured> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  let peak: number | null = null;
  const timer = setInterval(() => {
    try {
      const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
      if (line) peak = Number(line[1]) / 1024;
    } catch {
      clearInterval(timer);
    }
  }, 20);
  const exitCode = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearInterval(timer);
  return { seconds: (performance.now() - started) / 1000, peakMiB: peak, exitCode };
}
