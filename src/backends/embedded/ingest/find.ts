import { blobSources, isBlobUrl } from "./blobs.ts";
import { findFiles } from "./files.ts";
import { bucketOf } from "./layout.ts";
import { localSource, type Source, standardInput } from "./source.ts";

/** What the paths of a command line name, in their order: files, folders, globs, blobs, and `-` for standard input. */
export async function findSources(paths: readonly string[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const path of paths) {
    if (path === "-") found.push({ ...standardInput, id: `-${crypto.randomUUID()}` });
    else if (isBlobUrl(path)) found.push(...(await blobSources(path)));
    else found.push(...findFiles([path]).map(localSource));
  }
  return found;
}

/** Which rows are asked for, in ticks. */
export interface Horizon {
  /** Not those before this moment. */
  readonly from?: bigint;
  /** Not those after this moment. */
  readonly to?: bigint;
  /** Only those of the last so many ticks before `to`; without it, before the newest row. */
  readonly last?: bigint;
}

const TICKS_PER_MILLISECOND = 10_000n;
const UNIX_EPOCH_MILLISECONDS = 62_135_596_800_000n;
const milliseconds = (ticks: bigint): number => Number(ticks / TICKS_PER_MILLISECOND - UNIX_EPOCH_MILLISECONDS);

/**
 * Sources without those whose folders say that they lie outside of the horizon. The newest row is at least as new as
 * the start of the newest folder, so that nothing is left out that could count.
 */
export function within(sources: readonly Source[], { from, to, last }: Horizon): { kept: Source[]; left: Source[] } {
  const buckets = new Map(sources.map((source) => [source, bucketOf(source.path)]));
  const starts = [...buckets.values()].map((bucket) => bucket?.start ?? Number.NEGATIVE_INFINITY);
  const end = to === undefined ? Number.POSITIVE_INFINITY : milliseconds(to);
  const newest = to === undefined ? starts.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) : end;
  const begin = Math.max(
    from === undefined ? Number.NEGATIVE_INFINITY : milliseconds(from),
    last === undefined ? Number.NEGATIVE_INFINITY : newest - Number(last / TICKS_PER_MILLISECOND),
  );
  const isOutside = (source: Source): boolean => {
    const bucket = buckets.get(source);
    return bucket !== undefined && (bucket.end <= begin || (bucket.start ?? Number.NEGATIVE_INFINITY) > end);
  };
  return { kept: sources.filter((source) => !isOutside(source)), left: sources.filter(isOutside) };
}
