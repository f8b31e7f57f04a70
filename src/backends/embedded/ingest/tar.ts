import { type FileHandle, open } from "node:fs/promises";
import { MAX_MEMBERS, type Member } from "./zip.ts";

const BLOCK = 512;

const cString = (bytes: Buffer): string => {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString("utf8");
};

/** Octal text, or big-endian base 256 where the first bit is set. */
function numberAt(header: Buffer, offset: number, length: number): number {
  const field = header.subarray(offset, offset + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return Number(BigInt(`0x${field.subarray(1).toString("hex")}`));
  return Number.parseInt(cString(field).trim() || "0", 8);
}

/** The `path` record of a pax header: `LENGTH path=NAME\n`. */
const paxPath = (text: string): string | undefined => /(?:^|\n)\d+ path=([^\n]*)/.exec(text)?.[1];

async function bytesAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

export const isTar = (head: Buffer): boolean => head.subarray(257, 262).toString("latin1") === "ustar";

/** Regular files of a TAR archive (ustar, pax, GNU). Links, devices and folders are left out. */
export async function tarMembers(file: string): Promise<Member[]> {
  const handle = await open(file, "r");
  try {
    const { size: total } = await handle.stat();
    const members: Member[] = [];
    let longName: string | undefined;
    for (let at = 0; at + BLOCK <= total; ) {
      const header = await bytesAt(handle, at, BLOCK);
      if (header.every((byte) => byte === 0)) break;
      const size = numberAt(header, 124, 12);
      const offset = at + BLOCK;
      if (!Number.isSafeInteger(size) || size < 0 || offset + size > total)
        throw new Error("The TAR archive is damaged or was cut.");
      const kind = String.fromCharCode(header[156] ?? 0);
      if (kind === "x" || kind === "L") {
        const text = (await bytesAt(handle, offset, Math.min(size, 1 << 16))).toString("utf8");
        longName = kind === "L" ? text.replace(/\0+$/, "") : (paxPath(text) ?? longName);
      } else {
        const prefix = cString(header.subarray(345, 500));
        const name = longName ?? (prefix === "" ? "" : `${prefix}/`) + cString(header.subarray(0, 100));
        if (kind === "0" || kind === "\0") members.push({ name, size, offset, stored: size, method: "stored" });
        longName = undefined;
      }
      if (members.length > MAX_MEMBERS) throw new Error(`The archive has more than ${MAX_MEMBERS} members.`);
      at = offset + Math.ceil(size / BLOCK) * BLOCK;
    }
    return members;
  } finally {
    await handle.close();
  }
}
