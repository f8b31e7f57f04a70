import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, so that another one with its number is not taken for it; null where it is not known. */
  readonly began: string | null;
  readonly token: string;
}

/** Linux: ticks from boot to the start of a process, which with its number names it. */
function beginningOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces and parentheses.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = beginningOf(pid);
  return began === null || now === null || began === now;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/**
 * Makes this process the only run over a folder until the answered function is called. A lock whose process has ended
 * is taken over; one of another machine is not, since nobody here can know. Throws `UsageError` where it is held.
 */
export function lock(folder: string): () => void {
  const path = join(folder, "lock");
  const own: Holder = { pid: process.pid, host: hostname(), began: beginningOf(process.pid), token: randomUUID() };
  const draft = join(folder, `lock-${own.token}`);
  writeFileSync(draft, JSON.stringify(own), { mode: 0o600 });
  try {
    // A link appears with its content: no reader finds a lock half written.
    for (let tries = 0; !link(draft, path); tries++) {
      const holder = readHolder(path);
      if (holder && (tries > 3 || holder.host !== own.host || isAlive(holder))) {
        throw new UsageError(
          `${folder} is in use by process ${holder.pid} on ${holder.host}. If it has ended, delete ${path}.`,
        );
      }
      if (holder) removeStale(path, holder);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readHolder(path)?.token === own.token) rmSync(path, { force: true });
  };
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (code(error) === "EEXIST") return false;
    throw error;
  }
}

/** Only one of several takers can move a lock away; whoever moved a new one puts it back. */
function removeStale(path: string, holder: Holder): void {
  const moved = `${path}-${randomUUID()}`;
  try {
    renameSync(path, moved);
  } catch (error) {
    if (code(error) === "ENOENT") return;
    throw error;
  }
  if (readHolder(moved)?.token !== holder.token) link(moved, path);
  rmSync(moved, { force: true });
}
