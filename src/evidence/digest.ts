import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { InputReport } from "../core/assessment.ts";

export interface FileDigest {
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

/** Digest and size of a file, read as a stream. */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}

/** Digests by name of the inputs that are files; a workspace, or a member of an archive, has none. */
export async function digestInputs(inputs: readonly InputReport[]): Promise<Map<string, FileDigest>> {
  const digests = new Map<string, FileDigest>();
  for (const { file } of inputs) {
    const isFile = await stat(file).then(
      (entry) => entry.isFile(),
      () => false,
    );
    if (isFile) digests.set(file, await digestFile(file));
  }
  return digests;
}

/** ztlens's own name space for identifiers that must be the same for the same evidence. */
const NAMESPACE = Buffer.from("8d0e7c1c5f3b4b5e9a4f2c6d1a7b3e90", "hex");

/** The version 5 UUID of a name (RFC 9562 §5.5). */
export function uuidOf(name: string): string {
  const bytes = createHash("sha1").update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
