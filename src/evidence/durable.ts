import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Writes a folder so that it is there whole or not at all, also after a power cut: into a new folder beside it, synced,
 * then renamed. `files` are texts by path, with `/`. Throws where the folder exists and is not empty.
 */
export function writeFolder(directory: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(dirname(directory), { recursive: true });
  const temporary = mkdtempSync(`${directory}.tmp-`);
  try {
    for (const [path, text] of files) writeSynced(join(temporary, path), text);
    renameSync(temporary, directory);
    syncDirectory(dirname(directory));
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

function writeSynced(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "wx");
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
