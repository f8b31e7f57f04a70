import { closeSync, createReadStream, createWriteStream, openSync, readSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { InputReport } from "../../../core/assessment.ts";
import { UnauthorizedError } from "../../../core/errors.ts";
import { type Compression, compressionOf, expand } from "./files.ts";
import type { Ingest } from "./ingest.ts";
import { ahead } from "./prefetch.ts";
import type { Copy, Source } from "./source.ts";
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

type Begun = Awaited<ReturnType<Ingest["start"]>>;
const DONE: Begun = { done: Promise.resolve() };

/** Unpacks files and hands the plain ones on. */
class Opener {
  readonly #ingest: Ingest;
  readonly #scratch: Scratch;

  constructor(ingest: Ingest, scratch: Scratch) {
    this.#ingest = ingest;
    this.#scratch = scratch;
  }

  refuse(path: string, shape: string, reason: string): void {
    this.#ingest.refuse(path, shape, reason, this.#ingest.number());
  }

  /**
   * Begins to load a file, which has to stay until what it holds is `done`. `base` is the byte of the source with which
   * the file begins.
   */
  async open(file: string, path: string, layer: number, base = 0): Promise<Begun> {
    const packing = packingOf(file);
    if (packing === undefined) return this.#ingest.start({ file, path, number: this.#ingest.number(), base });
    if (layer >= MAX_LAYERS) this.refuse(path, packing, `It is packed more than ${MAX_LAYERS} times.`);
    else if (packing === "zip" || packing === "tar") await this.#archive(file, path, layer, packing);
    else
      await this.#withScratch(async (plain) =>
        (await this.#tried(path, packing, () => unpack(file, plain, packing)))
          ? this.open(plain, path, layer + 1)
          : undefined,
      );
    return DONE;
  }

  async #archive(file: string, path: string, layer: number, packing: "zip" | "tar"): Promise<void> {
    let members: readonly Member[] = [];
    const listed = await this.#tried(path, packing, async () => {
      members = await (packing === "zip" ? zipMembers(file) : tarMembers(file));
    });
    if (listed && members.length === 0) this.refuse(path, packing, "The archive holds no files.");
    for (const member of members) {
      const name = `${path}!/${member.name}`;
      await this.#withScratch(async (plain) =>
        (await this.#tried(name, packing, () => extract(file, member, plain)))
          ? this.open(plain, name, layer + 1)
          : undefined,
      );
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

  /** The file is removed when what was begun with it is done. */
  async #withScratch(use: (plain: string) => Promise<Begun | undefined>): Promise<void> {
    const plain = this.#scratch.file("plain");
    let begun: Begun | undefined;
    try {
      begun = await use(plain);
    } finally {
      void (begun ?? DONE).done.then(() => this.#scratch.remove(plain));
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

export interface Progress {
  /** The file that is being read. */
  readonly file: string;
  readonly done: number;
  readonly total: number;
  /** Bytes of the files that are done, and of all; packed files count as they lie there. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Records read so far. */
  readonly records: number;
}

/** What earlier runs loaded of a source. */
export type Known =
  | { readonly kind: "new" }
  | { readonly kind: "same"; readonly reports: readonly InputReport[] }
  /** The bytes before `start` are loaded; `head` has to stand in front of the others (the header of a CSV file). */
  | { readonly kind: "grown"; readonly start: number; readonly head: Buffer; readonly reports: readonly InputReport[] };

/** What earlier runs loaded, and what this one adds. */
export interface Memory {
  /** The first number that no input has. */
  readonly next: number;
  known(source: Source): Promise<Known>;
  /** Notes that a source was read as the inputs `first` to `end`, exclusive, from byte `start` on. */
  add(source: Source, copy: Copy, start: number, first: number, end: number): Promise<void>;
}

export interface LoadOptions {
  readonly memory?: Memory | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called between sources whenever so many bytes were read. */
  readonly batch?: { readonly bytes: number; commit(): Promise<void> } | undefined;
}

interface Fetched {
  readonly known: Known;
  readonly copy?: Copy;
}

/** Bytes that grow while a source is unpacked do not count: what is asked is how much there is to do. */
const sizeOf = ({ size }: Source): number => size ?? 0;

/**
 * Loads sources in their order. Those that cannot be read are accounted for, not thrown; only a refused credential is.
 * Returns the reports of what earlier runs loaded.
 */
export async function loadSources(
  ingest: Ingest,
  scratch: Scratch,
  sources: readonly Source[],
  options: LoadOptions,
): Promise<readonly InputReport[]> {
  try {
    return await loadInTurn(ingest, scratch, sources, options);
  } catch (error) {
    // Whoever is told of it closes what is still being loaded into.
    await ingest.settle().catch(() => {});
    throw error;
  }
}

async function loadInTurn(
  ingest: Ingest,
  scratch: Scratch,
  sources: readonly Source[],
  { memory, onProgress, batch }: LoadOptions,
): Promise<readonly InputReport[]> {
  const opener = new Opener(ingest, scratch);
  const reports: InputReport[] = [];
  const totalBytes = sources.reduce((sum, source) => sum + sizeOf(source), 0);
  let [done, bytes, uncommitted] = [0, 0, 0];
  const start = async (source: Source): Promise<Fetched> => {
    if (source.problem !== undefined) return { known: { kind: "new" } };
    const known = (await memory?.known(source)) ?? { kind: "new" };
    if (known.kind === "same") return { known };
    return { known, copy: await source.fetch(known.kind === "grown" ? known.start : 0, scratch) };
  };
  const weight = (source: Source): number => (source.remote ? sizeOf(source) : Number.POSITIVE_INFINITY);
  for await (const { item: source, result } of ahead(sources, weight, start)) {
    onProgress?.({
      file: source.path,
      done: done++,
      total: sources.length,
      bytes,
      totalBytes,
      records: ingest.records,
    });
    bytes += sizeOf(source);
    const fetched = await fetchedOr(opener, source, result);
    if (!fetched) continue;
    if (fetched.known.kind !== "new") reports.push(...fetched.known.reports);
    if (!fetched.copy) continue;
    const first = ingest.next;
    const { copy } = fetched;
    let begun = DONE;
    try {
      begun = await openCopy(opener, scratch, source, fetched.known, copy);
      const from = fetched.known.kind === "grown" ? fetched.known.start : 0;
      await memory?.add(source, copy, from, first, ingest.next);
    } finally {
      void begun.done.then(() => copy.release());
    }
    uncommitted += sizeOf(source);
    if (!batch || uncommitted < batch.bytes) continue;
    await batch.commit();
    uncommitted = 0;
  }
  return reports;
}

async function fetchedOr(opener: Opener, source: Source, result: Promise<Fetched>): Promise<Fetched | undefined> {
  try {
    const fetched = await result;
    if (source.problem === undefined) return fetched;
    opener.refuse(source.path, "unreadable", source.problem);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UnauthorizedError) throw error;
    opener.refuse(source.path, "unreadable", error.message);
  }
  return undefined;
}

async function openCopy(opener: Opener, scratch: Scratch, source: Source, known: Known, copy: Copy): Promise<Begun> {
  if (known.kind !== "grown") return opener.open(copy.file, source.path, 0);
  const { head, start } = known;
  if (head.length === 0) return opener.open(copy.file, source.path, 0, start);
  const whole = scratch.file("grown");
  let begun = DONE;
  try {
    const parts = async function* (): AsyncGenerator<Buffer> {
      yield head;
      yield* createReadStream(copy.file);
    };
    await pipeline(parts, createWriteStream(whole));
    begun = await opener.open(whole, source.path, 0, start - head.length);
    return begun;
  } finally {
    void begun.done.then(() => scratch.remove(whole));
  }
}
