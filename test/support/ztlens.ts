import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./modules.ts";

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line from its source in a process of its own. */
export function ztlens(args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "src/cli.ts"), ...args], {
      stdio: "pipe",
      env: { ...process.env, ...env },
    });
    const text = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text.out += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      text.err += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...text }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

export const jsonLines = <T>(text: string): T[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
