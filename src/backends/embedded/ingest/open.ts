import { closeSync, createReadStream, createWriteStream, openSync, readSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { InputReport } from "../../../core/assessment.ts";
import { type Compression, compressionOf, expand, findFiles } from "./files.ts";
import type { Ingest } from "./ingest.ts";
import type { Scratch } from "./spool.ts";
import { isTar, tarMembers } from "./tar.ts";
import { extract, type Member, zipMembers } from "./zip.ts";

/** How often packed data may lie inside packed data. */
const MAX_LAYERS = 4;

type Packing = Compression | "zip" | "tar" | "utf-16le" | "utf-16be";

function packingOf(file: string): Packing | undefined {
  const head = Buffer.alloc(264);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (head.readUInt32LE(0) === 0x04034b50 || head.readUInt32LE(0) === 0x06054b50) return "zip";
  if (isTar(head)) return "tar";
  if (head.readUInt16BE(0) === 0xfffe) return "utf-16le";
  return head.readUInt16BE(0) === 0xfeff ? "utf-16be" : compressionOf(head);
}

export interface Progress {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

/** Unpacks what the paths name and hands the plain files on, one at a time. */
class Opener {
  readonly #ingest: Ingest;
  readonly #scratch: Scratch;
  #number: number;

  constructor(ingest: Ingest, scratch: Scratch, first: number) {
    this.#ingest = ingest;
    this.#scratch = scratch;
    this.#number = first;
  }

  /** The number of the next input. */
  get next(): number {
    return this.#number;
  }

  refuse(path: string, shape: string, reason: string): void {
    this.#ingest.refuse(path, shape, reason, this.#number++);
  }

  async standardInput(): Promise<void> {
    await this.#withScratch(async (plain) => {
      await pipeline(process.stdin, createWriteStream(plain));
      await this.open(plain, "stdin", 0);
    });
  }

  async open(file: string, path: string, layer: number): Promise<void> {
    const packing = packingOf(file);
    if (packing === undefined) return this.#ingest.load({ file, path, number: this.#number++ });
    if (layer >= MAX_LAYERS) return this.refuse(path, packing, `It is packed more than ${MAX_LAYERS} times.`);
    if (packing === "zip" || packing === "tar") return this.#archive(file, path, layer, packing);
    await this.#withScratch(async (plain) => {
      if (await this.#tried(path, packing, () => unpack(file, plain, packing))) await this.open(plain, path, layer + 1);
    });
  }

  async #archive(file: string, path: string, layer: number, packing: "zip" | "tar"): Promise<void> {
    let members: readonly Member[] = [];
    const listed = await this.#tried(path, packing, async () => {
      members = await (packing === "zip" ? zipMembers(file) : tarMembers(file));
    });
    if (listed && members.length === 0) this.refuse(path, packing, "The archive holds no files.");
    for (const member of members) {
      const name = `${path}!/${member.name}`;
      await this.#withScratch(async (plain) => {
        if (await this.#tried(name, packing, () => extract(file, member, plain)))
          await this.open(plain, name, layer + 1);
      });
    }
  }

  /** Runs a step of unpacking; what is wrong with the data is accounted for. */
  async #tried(path: string, packing: Packing, step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.refuse(path, packing, `It cannot be unpacked: ${error.message}`);
      return false;
    }
  }

  async #withScratch(use: (plain: string) => Promise<void>): Promise<void> {
    const plain = this.#scratch.file("plain");
    try {
      await use(plain);
    } finally {
      this.#scratch.remove(plain);
    }
  }
}

async function unpack(from: string, to: string, packing: Compression | "utf-16le" | "utf-16be"): Promise<void> {
  if (packing === "gzip" || packing === "zstd") return expand(from, to, packing);
  const decoder = new TextDecoder(packing);
  const text = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
    for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  };
  await pipeline(createReadStream(from), text, createWriteStream(to));
}

/** What earlier runs loaded. */
export interface Memory {
  readonly next: number;
  isOwn(file: string): boolean;
  seen(file: string): readonly InputReport[] | undefined;
  reading(file: string): (first: number, end: number) => void;
}

export interface LoadOptions {
  readonly ledger?: Memory | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Loads everything that the paths name; `-` is standard input. Files that cannot be read are accounted for, not thrown.
 * Returns the reports of the files that the ledger already holds.
 */
export async function loadPaths(
  ingest: Ingest,
  scratch: Scratch,
  paths: readonly string[],
  { ledger, onProgress }: LoadOptions,
): Promise<readonly InputReport[]> {
  const opener = new Opener(ingest, scratch, ledger?.next ?? 0);
  const named = findFiles(paths.filter((path) => path !== "-"));
  const found = named.filter(({ file }) => !ledger?.isOwn(file));
  const known: InputReport[] = [];
  for (const [done, { file, path, problem }] of found.entries()) {
    onProgress?.({ file: path, done, total: found.length });
    const seen = problem === undefined ? ledger?.seen(file) : undefined;
    if (seen) known.push(...seen);
    else if (problem !== undefined) opener.refuse(path, "unreadable", problem);
    else {
      const first = opener.next;
      const read = ledger?.reading(file);
      await opener.open(file, path, 0);
      read?.(first, opener.next);
    }
  }
  if (paths.includes("-")) await opener.standardInput();
  return known;
}
