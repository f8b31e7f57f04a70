import { closeSync, createReadStream, createWriteStream, openSync, readSync, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { FoundFile } from "./files.ts";
import type { Scratch } from "./spool.ts";

/** A local file with a source's content. */
export interface Copy {
  readonly file: string;
  release(): void;
}

/** Something to load: a file of this machine, standard input, or a blob that has to be fetched. */
export interface Source {
  /** The name in reports and in routing; it never holds a credential. */
  readonly path: string;
  /** What tells it from every other source, also in a later run. */
  readonly id: string;
  /** Bytes; undefined where only reading tells. */
  readonly size: number | undefined;
  /** Changes with the content. */
  readonly version: string;
  readonly remote: boolean;
  /** Why it cannot be read. */
  readonly problem?: string;
  /** The content from byte `start` on. Throws when it cannot be had. */
  fetch(start: number, scratch: Scratch): Promise<Copy>;
  /** Some bytes, fewer at the end. */
  bytes(start: number, length: number): Promise<Buffer>;
}

/** Bytes of a local file. */
export function bytesOf(file: string, start: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  const handle = openSync(file, "r");
  try {
    return buffer.subarray(0, readSync(handle, buffer, 0, length, start));
  } finally {
    closeSync(handle);
  }
}

/** A copy that is removed when it is released. */
export const scratchCopy = (file: string, scratch: Scratch): Copy => ({ file, release: () => scratch.remove(file) });

export function localSource({ file, path, problem }: FoundFile): Source {
  const stats = statSync(file, { throwIfNoEntry: false });
  return {
    path,
    id: file,
    size: stats?.size ?? 0,
    version: `${stats?.size}:${stats?.mtimeMs}`,
    remote: false,
    ...(problem !== undefined && { problem }),
    async fetch(start, scratch) {
      if (start === 0) return { file, release: () => {} };
      const copy = scratchCopy(scratch.file("tail"), scratch);
      await pipeline(createReadStream(file, { start, end: (stats?.size ?? 0) - 1 }), createWriteStream(copy.file));
      return copy;
    },
    async bytes(start, length) {
      return bytesOf(file, start, length);
    },
  };
}

export const standardInput: Source = {
  path: "stdin",
  id: "-",
  size: undefined,
  version: "",
  remote: true,
  async fetch(_start, scratch) {
    const copy = scratchCopy(scratch.file("stdin"), scratch);
    await pipeline(process.stdin, createWriteStream(copy.file));
    return copy;
  },
  async bytes() {
    return Buffer.alloc(0);
  },
};
