import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import { ratioGuard } from "./files.ts";

export interface Member {
  readonly name: string;
  readonly size: number;
  /** Where the stored bytes begin and how many there are. */
  readonly offset: number;
  readonly stored: number;
  readonly method: "stored" | "deflated";
}

export const MAX_MEMBERS = 100_000;

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LONG_END = 0x06064b50;
const LONG_LOCATOR = 0x07064b50;
const LONG_FIELD = 0x0001;

async function read(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/** A field that is too large for 32 bits holds all ones, and the real value lies elsewhere (ZIP64). */
const ELSEWHERE = 0xffffffff;
const LOCATOR_BYTES = 20;

const longAt = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

/** The directory at the end of the archive: its offset, size and number of entries. */
async function directory(handle: FileHandle): Promise<Directory> {
  const { size } = await handle.stat();
  const start = Math.max(0, size - 65_557 - LOCATOR_BYTES);
  const tail = await read(handle, start, size - start);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    const found = {
      count: tail.readUInt16LE(at + 10),
      size: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    };
    const isLong = found.offset === ELSEWHERE || found.size === ELSEWHERE || found.count === 0xffff;
    return isLong ? longDirectory(handle, tail.subarray(Math.max(0, at - LOCATOR_BYTES), at)) : found;
  }
  throw new Error("The ZIP archive has no directory: it was cut.");
}

async function longDirectory(handle: FileHandle, locator: Buffer): Promise<Directory> {
  const isLocator = locator.length === LOCATOR_BYTES && locator.readUInt32LE(0) === LONG_LOCATOR;
  const end = isLocator ? await read(handle, longAt(locator, 8), 56) : Buffer.alloc(0);
  if (end.length < 56 || end.readUInt32LE(0) !== LONG_END) throw new Error("The ZIP archive is damaged.");
  return { count: longAt(end, 32), size: longAt(end, 40), offset: longAt(end, 48) };
}

/** A directory of so many entries with names as long as they may be. */
const MAX_DIRECTORY_BYTES = 256 << 20;

/** Regular files of a ZIP archive, ZIP64 included. Throws for damaged and encrypted archives. */
export async function zipMembers(file: string): Promise<Member[]> {
  const handle = await open(file, "r");
  try {
    const { offset, size, count } = await directory(handle);
    if (count > MAX_MEMBERS) throw new Error(`The archive has more than ${MAX_MEMBERS} members.`);
    if (size > MAX_DIRECTORY_BYTES)
      throw new Error("The directory of the ZIP archive is larger than its entries can be.");
    const entries = await read(handle, offset, size);
    const members: Member[] = [];
    for (let at = 0; at + 46 <= entries.length && entries.readUInt32LE(at) === CENTRAL; ) {
      const nameEnd = at + 46 + entries.readUInt16LE(at + 28);
      const extraEnd = nameEnd + entries.readUInt16LE(at + 30);
      const name = entries.subarray(at + 46, nameEnd).toString("utf8");
      if ((entries.readUInt16LE(at + 8) & 1) !== 0) throw new Error("The ZIP archive is encrypted.");
      const extra = entries.subarray(nameEnd, extraEnd);
      if (!name.endsWith("/")) members.push(await memberAt(handle, entries.subarray(at, at + 46), extra, name));
      if (members.length > MAX_MEMBERS) throw new Error(`The archive has more than ${MAX_MEMBERS} members.`);
      at = extraEnd + entries.readUInt16LE(at + 32);
    }
    return members;
  } finally {
    await handle.close();
  }
}

/** The sizes and the offset of an entry, from its ZIP64 field where they are too large for the entry itself. */
function extentOf(entry: Buffer, extra: Buffer): { size: number; stored: number; header: number } {
  const short = [entry.readUInt32LE(24), entry.readUInt32LE(20), entry.readUInt32LE(42)];
  let long: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === LONG_FIELD) long = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  let next = 0;
  const [size = 0, stored = 0, header = 0] = short.map((value) => {
    if (value !== ELSEWHERE) return value;
    if (next + 8 > long.length) throw new Error("The ZIP archive is damaged.");
    next += 8;
    return longAt(long, next - 8);
  });
  return { size, stored, header };
}

async function memberAt(handle: FileHandle, entry: Buffer, extra: Buffer, name: string): Promise<Member> {
  const method = entry.readUInt16LE(10);
  if (method !== 0 && method !== 8)
    throw new Error(`The ZIP member ${name} uses compression method ${method}, which is not read.`);
  const { size, stored, header } = extentOf(entry, extra);
  const local = await read(handle, header, 30);
  if (local.length < 30 || local.readUInt32LE(0) !== LOCAL) throw new Error("The ZIP archive is damaged.");
  const offset = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  return { name, size, stored, offset, method: method === 8 ? "deflated" : "stored" };
}

/** Writes a member of an archive to a file. Throws `BombError`, or zlib's error for damaged data. */
export async function extract(archive: string, { offset, stored, method }: Member, to: string): Promise<void> {
  if (stored === 0) return pipeline(async function* () {}, createWriteStream(to));
  const source = createReadStream(archive, { start: offset, end: offset + stored - 1 });
  if (method === "stored") return pipeline(source, createWriteStream(to));
  return pipeline(
    source,
    createInflateRaw(),
    ratioGuard(() => source.bytesRead),
    createWriteStream(to),
  );
}
