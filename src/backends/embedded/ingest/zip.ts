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

async function read(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/** The directory at the end of the archive: its offset, size and number of entries. */
async function directory(handle: FileHandle): Promise<{ offset: number; size: number; count: number }> {
  const { size } = await handle.stat();
  const tail = await read(handle, Math.max(0, size - 65_557), Math.min(size, 65_557));
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END) continue;
    return { count: tail.readUInt16LE(at + 10), size: tail.readUInt32LE(at + 12), offset: tail.readUInt32LE(at + 16) };
  }
  throw new Error("The ZIP archive has no directory: it was cut.");
}

/** Regular files of a ZIP archive. Throws for damaged, encrypted and ZIP64 archives. */
export async function zipMembers(file: string): Promise<Member[]> {
  const handle = await open(file, "r");
  try {
    const { offset, size, count } = await directory(handle);
    if (offset === 0xffffffff || count === 0xffff) throw new Error("ZIP64 archives are not read; unpack it first.");
    const entries = await read(handle, offset, size);
    const members: Member[] = [];
    for (let at = 0; at + 46 <= entries.length && entries.readUInt32LE(at) === CENTRAL; ) {
      const [nameLength, extraLength, noteLength] = [28, 30, 32].map((field) => entries.readUInt16LE(at + field)) as [
        number,
        number,
        number,
      ];
      const name = entries.subarray(at + 46, at + 46 + nameLength).toString("utf8");
      if ((entries.readUInt16LE(at + 8) & 1) !== 0) throw new Error("The ZIP archive is encrypted.");
      if (!name.endsWith("/")) members.push(await memberAt(handle, entries, at, name));
      if (members.length > MAX_MEMBERS) throw new Error(`The archive has more than ${MAX_MEMBERS} members.`);
      at += 46 + nameLength + extraLength + noteLength;
    }
    return members;
  } finally {
    await handle.close();
  }
}

async function memberAt(handle: FileHandle, entries: Buffer, at: number, name: string): Promise<Member> {
  const method = entries.readUInt16LE(at + 10);
  if (method !== 0 && method !== 8)
    throw new Error(`The ZIP member ${name} uses compression method ${method}, which is not read.`);
  const header = entries.readUInt32LE(at + 42);
  const local = await read(handle, header, 30);
  if (local.length < 30 || local.readUInt32LE(0) !== LOCAL) throw new Error("The ZIP archive is damaged.");
  return {
    name,
    size: entries.readUInt32LE(at + 24),
    stored: entries.readUInt32LE(at + 20),
    offset: header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28),
    method: method === 8 ? "deflated" : "stored",
  };
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
