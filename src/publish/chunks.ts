import type { Value } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";

/** The service refuses more than 1 MB (1,048,576 bytes), compressed or not; this leaves room. */
export const CHUNK_LIMIT = 900_000;

/** Rows as JSON arrays of at most `limit` bytes each, in order. A row that is larger alone makes an array of its own. */
export function chunksOf(rows: readonly Readonly<Record<string, Value>>[], limit = CHUNK_LIMIT): string[] {
  const chunks: string[] = [];
  let lines: string[] = [];
  let size = 2;
  for (const row of rows) {
    const line = jsonLine(row);
    const bytes = Buffer.byteLength(line) + 1;
    if (lines.length > 0 && size + bytes > limit) {
      chunks.push(`[${lines.join(",")}]`);
      lines = [];
      size = 2;
    }
    lines.push(line);
    size += bytes;
  }
  if (lines.length > 0) chunks.push(`[${lines.join(",")}]`);
  return chunks;
}
