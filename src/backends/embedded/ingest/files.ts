import {
  closeSync,
  createReadStream,
  createWriteStream,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { UsageError } from "../../../core/errors.ts";

/** A file to load. `path` is the name in reports; `problem` says why it cannot be opened. */
export interface FoundFile {
  readonly file: string;
  readonly path: string;
  readonly problem?: string;
}

/** Files beside the logs that are no logs. */
const IGNORED = /^(\.|~\$)|^(Thumbs\.db|desktop\.ini)$/i;
const SIMULATION_MANIFEST = "manifest.json";

function inside(folder: string, path: string): boolean {
  const from = relative(folder, path);
  return from === "" || (!from.startsWith(`..${sep}`) && from !== ".." && !from.startsWith(sep));
}

/** What a simulation leaves beside its logs: its manifest says so in its first member. */
function besideLogs(folder: string): readonly string[] {
  const path = join(folder, SIMULATION_MANIFEST);
  const start = Buffer.alloc(64);
  const handle = openSync(path, "r");
  try {
    readSync(handle, start);
  } finally {
    closeSync(handle);
  }
  return /^\{\s*"generator": "ztlens simulate"/.test(start.toString())
    ? [SIMULATION_MANIFEST, "ground-truth.jsonl"]
    : [];
}

/** Symbolic links are followed only to files that lie inside the folder that the user named. */
function* walk(folder: string, shown: string, root: string): Generator<FoundFile> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const beside = entries.some(({ name }) => name === SIMULATION_MANIFEST) ? besideLogs(folder) : [];
  for (const entry of entries) {
    if (IGNORED.test(entry.name) || beside.includes(entry.name)) continue;
    const file = join(folder, entry.name);
    const path = `${shown}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(file, path, root);
    else if (entry.isFile()) yield { file, path };
    else if (entry.isSymbolicLink()) yield linked(file, path, root);
    else yield { file, path, problem: "It is not a regular file." };
  }
}

function linked(file: string, path: string, root: string): FoundFile {
  try {
    const target = realpathSync(file);
    if (!inside(root, target))
      return {
        file,
        path,
        problem: "The symbolic link leads out of the folder; name its target itself.",
      };
    return statSync(target).isFile()
      ? { file: target, path }
      : { file, path, problem: "The symbolic link does not lead to a file." };
  } catch {
    return { file, path, problem: "The symbolic link leads nowhere." };
  }
}

const GLOB = /[*?[\]{}]/;
export const isGlob = (path: string): boolean => GLOB.test(path);

/** The part of a pattern before its first wildcard: the folder to walk. */
function globFiles(pattern: string): FoundFile[] {
  const parts = pattern.split("/");
  const fixed = parts
    .slice(
      0,
      parts.findIndex((part) => GLOB.test(part)),
    )
    .join("/");
  const folder = fixed === "" ? (pattern.startsWith("/") ? "/" : ".") : fixed;
  const matches = globMatcher(pattern);
  return [...walk(folder, fixed === "" && folder === "." ? "" : fixed, realpathSync(folder))]
    .map((found) => ({
      ...found,
      path: found.path.replace(/^\//, pattern.startsWith("/") ? "/" : ""),
    }))
    .filter((found) => matches(found.path));
}

/** `*` and `?` stay inside a path part, `**` spans parts, `{a,b}` are alternatives. */
export function globMatcher(pattern: string): (path: string) => boolean {
  const alternatives = expandBraces(pattern).map((one) => one.split("/"));
  return (path) => alternatives.some((parts) => matchParts(parts, path.split("/")));
}

function expandBraces(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (!match) return [pattern];
  return (match[2] ?? "").split(",").flatMap((choice) => expandBraces(`${match[1]}${choice}${match[3]}`));
}

function matchParts(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === "**") return path.some((_, i) => matchParts(rest, path.slice(i))) || matchParts(rest, []);
  return path.length > 0 && matchText(first, path[0] ?? "") && matchParts(rest, path.slice(1));
}

/** Wildcards by backtracking to the last `*` only: linear in practice, no regular expression. */
function matchText(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** The files behind the paths of a command line, in a stable order: files, folders (recursively) and globs. */
export function findFiles(paths: readonly string[]): FoundFile[] {
  return paths.flatMap((path): FoundFile[] => {
    if (path.includes("\0")) throw new UsageError("A path contains a NUL character.");
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats && GLOB.test(path)) {
      const found = globFiles(path);
      if (found.length === 0) throw new UsageError(`No file matches ${path}.`);
      return found;
    }
    if (!stats) throw new UsageError(`There is no file or folder ${path}.`);
    const target = realpathSync(path);
    if (statSync(target).isDirectory()) return [...walk(target, path.replace(/(?<=.)\/+$/, ""), target)];
    return [
      statSync(target).isFile()
        ? { file: resolve(target), path }
        : { file: target, path, problem: "It is not a regular file." },
    ];
  });
}

const MIB = 1 << 20;
/** Beyond 10 MiB of output, no honest log compresses better than this. */
const MAX_RATIO = 200;

export class BombError extends Error {
  constructor() {
    super(`It expands more than ${MAX_RATIO} times: this is a decompression bomb, not a log.`);
  }
}

/** Lets bytes pass until they exceed the ratio to what was read. */
export function ratioGuard(bytesRead: () => number): Transform {
  let written = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      if (written > 10 * MIB && written > MAX_RATIO * Math.max(bytesRead(), 1)) done(new BombError());
      else done(null, chunk);
    },
  });
}

export type Compression = "gzip" | "zstd";

export function compressionOf(head: Buffer): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  return head.readUInt32LE(0) === 0xfd2fb528 ? "zstd" : undefined;
}

/** Expands a compressed file into another. Throws `BombError`, or zlib's error for damaged data. */
export async function expand(from: string, to: string, compression: Compression): Promise<void> {
  const source = createReadStream(from, { highWaterMark: MIB });
  const decoder = compression === "gzip" ? createGunzip() : createZstdDecompress();
  await pipeline(
    source,
    decoder,
    ratioGuard(() => source.bytesRead),
    createWriteStream(to),
  );
}
