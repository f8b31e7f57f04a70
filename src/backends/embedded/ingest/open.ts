import { closeSync, openSync, readSync } from "node:fs";
import { compressionOf, expand, type FoundFile, findFiles } from "./files.ts";
import type { Ingest } from "./ingest.ts";
import type { Scratch } from "./spool.ts";

function magic(file: string): Buffer {
  const head = Buffer.alloc(264);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return head;
}

/** How often compressed data may lie inside compressed data. */
const MAX_LAYERS = 3;

/** Unpacks a file as often as needed and loads what is inside. */
async function loadFile(
  ingest: Ingest,
  scratch: Scratch,
  file: string,
  path: string,
  number: number,
  layer: number,
): Promise<void> {
  const head = magic(file);
  const compression = compressionOf(head);
  if (compression === undefined) return ingest.load({ file, path, number });
  if (layer >= MAX_LAYERS) {
    ingest.refuse(path, compression, `It is compressed more than ${MAX_LAYERS} times.`, number);
    return;
  }
  const plain = scratch.file("plain");
  try {
    await expand(file, plain, compression);
    await loadFile(ingest, scratch, plain, path, number, layer + 1);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    ingest.refuse(path, compression, `It cannot be expanded: ${error.message}`, number);
  } finally {
    scratch.remove(plain);
  }
}

export interface Progress {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

/** Loads everything that the paths name. Files that cannot be read are accounted for, not thrown. */
export async function loadPaths(
  ingest: Ingest,
  scratch: Scratch,
  paths: readonly string[],
  onProgress?: (progress: Progress) => void,
): Promise<void> {
  const found: FoundFile[] = findFiles(paths);
  for (const [number, { file, path, problem }] of found.entries()) {
    onProgress?.({ file: path, done: number, total: found.length });
    if (problem !== undefined) ingest.refuse(path, "unreadable", problem, number);
    else await loadFile(ingest, scratch, file, path, number, 0);
  }
}
