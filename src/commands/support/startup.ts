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
/** How the process was started: from the `snapshot`, or `plain`. */
const STARTED = "ZTLENS_STARTED";

/**
 * Room for young objects, in MB, of commands that end soon: the default of 1, which grows only by and by, costs a fifth
 * of their time in collections.
 */
const SHORT = new Set(["query", "check"]);
const YOUNG = "--min-semi-space-size=32";

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

const snapshotOptions = (argv: readonly string[]): string[] =>
  isWanted(argv) && isTrusted(cacheFolder()) && isTrusted(blobPath()) ? ["--snapshot-blob", blobPath()] : [];

/** Replaces this process by one that starts from the snapshot, where there is one, and with room for a short command. */
export function startAgain(argv: readonly string[]): void {
  if (process.env[STARTED] || typeof process.execve !== "function") return;
  const snapshot = snapshotOptions(argv);
  const options = [...(SHORT.has(argv[2] ?? "") ? [YOUNG] : []), ...snapshot];
  if (options.length === 0) return;
  const args = [process.execPath, ...process.execArgv, ...options, ...argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, [STARTED]: snapshot.length > 0 ? "snapshot" : "plain" });
}

/** Leaves a snapshot for the next start: built by a process of its own that nobody waits for. */
export function buildSnapshotForNextStart(argv: readonly string[]): void {
  const hasOne = process.env[STARTED] === "snapshot" || lstatSync(blobPath(), { throwIfNoEntry: false });
  if (hasOne || !isWanted(argv)) return;
  const script = fileURLToPath(new URL(`snapshot${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url));
  spawn(process.execPath, [script], { detached: true, stdio: "ignore" }).unref();
}
