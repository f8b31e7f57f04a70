import { createHash } from "node:crypto";

/** Rows per leaf: one row can be shown with its block instead of the whole file. */
export const BLOCK_ROWS = 1000;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

const leafHash = (data: string): Buffer => createHash("sha256").update(LEAF).update(data).digest();
const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  createHash("sha256").update(NODE).update(left).update(right).digest();

/** The Merkle tree hash of RFC 9162 §2.1.1 over leaves, hex: a leaf can never pass for an inner node. O(n). */
export function merkleRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return createHash("sha256").digest("hex");
  let level = leaves.map(leafHash);
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i], level[i + 1]];
      if (left) next.push(right ? nodeHash(left, right) : left);
    }
    level = next;
  }
  return level[0]?.toString("hex") ?? "";
}

/** Leaves of NDJSON text: blocks of `BLOCK_ROWS` lines. */
export function blocksOf(lines: readonly string[]): string[] {
  const blocks: string[] = [];
  for (let i = 0; i < lines.length; i += BLOCK_ROWS) blocks.push(`${lines.slice(i, i + BLOCK_ROWS).join("\n")}\n`);
  return blocks;
}
