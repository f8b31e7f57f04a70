import { randomUUID } from "node:crypto";
import { blobSources, isBlobUrl } from "./blobs.ts";
import { findFiles } from "./files.ts";
import { bucketOf } from "./layout.ts";
import { localSource, type Source, standardInput } from "./source.ts";

/** What the paths of a command line name, in their order: files, folders, globs, blobs, and `-` for standard input. */
export async function findSources(paths: readonly string[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const path of paths) {
    if (path === "-") found.push({ ...standardInput, id: `-${randomUUID()}` });
    else if (isBlobUrl(path)) found.push(...(await blobSources(path)));
    else found.push(...findFiles([path]).map(localSource));
  }
  return found;
}

/** Only rows of the last so many ticks before `asOf` are asked for; without it, before the newest row. */
export interface Horizon {
  readonly asOf?: bigint;
  readonly last: bigint;
}

const TICKS_PER_MILLISECOND = 10_000n;
const UNIX_EPOCH_MILLISECONDS = 62_135_596_800_000n;
const milliseconds = (ticks: bigint): number => Number(ticks / TICKS_PER_MILLISECOND - UNIX_EPOCH_MILLISECONDS);

/**
 * Sources without those whose folders say that they lie outside of the horizon. The newest row is at least as new as
 * the start of the newest folder, so that nothing is left out that could count.
 */
export function within(sources: readonly Source[], { asOf, last }: Horizon): { kept: Source[]; left: Source[] } {
  const buckets = new Map(sources.map((source) => [source, bucketOf(source.path)]));
  const starts = [...buckets.values()].map((bucket) => bucket?.start ?? Number.NEGATIVE_INFINITY);
  const now =
    asOf === undefined ? starts.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) : milliseconds(asOf);
  const from = now - Number(last / TICKS_PER_MILLISECOND);
  const isOutside = (source: Source): boolean => {
    const bucket = buckets.get(source);
    return bucket !== undefined && (bucket.end <= from || (asOf !== undefined && bucket.start > now));
  };
  return { kept: sources.filter((source) => !isOutside(source)), left: sources.filter(isOutside) };
}
