import { spawn } from "node:child_process";
import { lstatSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageVersion } from "../../core/package.ts";

/*
 * The KQL parser takes about a second to load. A V8 start-up snapshot holds it loaded: the first command that needs it
 * leaves a blob in the user's cache folder, later ones start from there. `ZTLENS_CACHE=off` turns it off.
 */

/** Commands that compile KQL. */
const PARSES = new Set(["query", "check", "detect", "replay", "demo"]);
const STARTED = "ZTLENS_STARTED_FROM_SNAPSHOT";

export function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), ".cache"), "ztlens");
}

/** A blob belongs to one version of ztlens, of Node.js, and to one kind of processor. */
export const blobPath = (): string =>
  join(cacheFolder(), `parser-${packageVersion()}-${process.version}-${process.arch}.blob`);

/** A blob is code: only one that nobody but this user can have written is run. */
function isTrusted(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return (
    stats !== undefined && !stats.isSymbolicLink() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0
  );
}

const isWanted = (argv: readonly string[]): boolean =>
  process.env.ZTLENS_CACHE !== "off" && typeof process.execve === "function" && PARSES.has(argv[2] ?? "");

/** Replaces this process by one that starts from the snapshot, where there is one. Returns where there is none. */
export function startFromSnapshot(argv: readonly string[]): void {
  if (process.env[STARTED] || !isWanted(argv)) return;
  const blob = blobPath();
  if (!isTrusted(cacheFolder()) || !isTrusted(blob)) return;
  const args = [process.execPath, ...process.execArgv, "--snapshot-blob", blob, ...argv.slice(1)];
  process.execve?.(process.execPath, args, { ...process.env, [STARTED]: "1" });
}

/** Leaves a snapshot for the next start: built by a process of its own that nobody waits for. */
export function buildSnapshotForNextStart(argv: readonly string[]): void {
  if (process.env[STARTED] || !isWanted(argv) || lstatSync(blobPath(), { throwIfNoEntry: false })) return;
  const script = fileURLToPath(new URL(`snapshot${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url));
  spawn(process.execPath, [script], { detached: true, stdio: "ignore" }).unref();
}
