import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";

const FILE = "state.json";
const NEW = "state.new-";

interface Header {
  readonly format: "ztlens-state";
  readonly bytes: number;
  readonly sha256: string;
}

const digest = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

function syncFolder(folder: string): void {
  // Windows opens no folder.
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  fsyncSync(handle);
  closeSync(handle);
}

/** Replaces the state in one step: a reader finds the old one or the new one, after a loss of power too. */
export function writeState(folder: string, state: unknown): void {
  const body = Buffer.from(JSON.stringify(state));
  const header: Header = { format: "ztlens-state", bytes: body.length, sha256: digest(body) };
  const path = join(folder, `${NEW}${randomUUID()}`);
  const handle = openSync(path, "wx", 0o600);
  try {
    const data = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
    for (let done = 0; done < data.length; ) done += writeSync(handle, data, done);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(path, join(folder, FILE));
  syncFolder(folder);
}

/** The state that was written last; undefined where there is none. Throws `UsageError` where it is damaged. */
export function readState(folder: string): unknown {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  const data = readFileSync(path);
  const damaged = (offset: number, what: string): UsageError =>
    new UsageError(`${path}: damaged at byte ${offset}: ${what}. Restore the file, or delete it to start over.`);
  const start = data.indexOf(10) + 1;
  if (start === 0) throw damaged(0, "it has no header");
  const body = data.subarray(start);
  const header = readHeader(data.subarray(0, start).toString("utf8"));
  if (!header) throw damaged(0, "the header is not that of a state");
  if (body.length !== header.bytes) {
    throw damaged(
      start + Math.min(body.length, header.bytes),
      `${body.length} bytes follow where ${header.bytes} should`,
    );
  }
  if (digest(body) !== header.sha256) throw damaged(start, "its digest is not the recorded one");
  return JSON.parse(body.toString("utf8"));
}

function readHeader(text: string): Header | undefined {
  try {
    const header = JSON.parse(text) as Partial<Header> | null;
    const { format, bytes, sha256 } = header ?? {};
    if (format !== "ztlens-state" || typeof bytes !== "number" || typeof sha256 !== "string") return undefined;
    return { format, bytes, sha256 };
  } catch {
    return undefined;
  }
}

/** Makes the folder, for its owner alone, and removes what killed runs left half written. Call it with the lock held. */
export function tidyFolder(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith(NEW)) rmSync(join(folder, name), { force: true });
}

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UsageError(`Cannot make the state folder ${folder}.`, [], { cause });
  }
}
