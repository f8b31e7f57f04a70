import { HyperLogLog } from "../../../stats/hyperloglog.ts";
import type { Dynamic } from "./json.ts";

/** Up to this many hashes are kept as they are, so that small counts are exact. */
const MAX_HASHES = 4096;
const PRECISION = 14;

const sketchOf = (content: Dynamic | undefined): HyperLogLog => {
  if (typeof content === "string") return new HyperLogLog(PRECISION, content);
  const sketch = new HyperLogLog(PRECISION);
  if (Array.isArray(content)) for (const hash of content) sketch.add(String(hash));
  return sketch;
};

const SNAPSHOT = /^[A-Za-z0-9+/]*$/;
/** A state is `["hll", hashes]` while they are few, then `["hll", registers]`. */
const contentOf = (state: Dynamic | undefined): Dynamic | undefined => {
  if (!Array.isArray(state) || state[0] !== "hll") return undefined;
  const [, content] = state;
  if (typeof content === "string")
    return content.length === 2 ** PRECISION && SNAPSHOT.test(content) ? content : undefined;
  return Array.isArray(content) && content.every((hash) => typeof hash === "bigint") ? content : undefined;
};

export function hllOf(hashes: readonly bigint[]): Dynamic {
  const unique = [...new Set(hashes)];
  if (unique.length <= MAX_HASHES) return ["hll", unique.sort((a, b) => (a < b ? -1 : 1))];
  return ["hll", sketchOf(unique).snapshot()];
}

export function mergeHll(states: readonly Dynamic[]): Dynamic {
  const contents = states.map(contentOf).filter((content) => content !== undefined);
  const hashes = contents.filter((content) => Array.isArray(content)).flat() as bigint[];
  if (contents.every((content) => Array.isArray(content))) return hllOf(hashes);
  const merged = sketchOf(hashes);
  for (const content of contents) if (typeof content === "string") merged.merge(sketchOf(content));
  return ["hll", merged.snapshot()];
}

export const isHll = (state: Dynamic | undefined): boolean => contentOf(state) !== undefined;

export function countHll(state: Dynamic | undefined): bigint | null {
  const content = contentOf(state);
  if (content === undefined) return null;
  return BigInt(Array.isArray(content) ? content.length : Math.round(sketchOf(content).estimate()));
}

type Centroid = readonly [value: number, weight: number];
/** Up to this many distinct values are kept as they are. */
const MAX_CENTROIDS = 1024;

const centroidsOf = (state: Dynamic | undefined): Centroid[] | undefined => {
  if (!Array.isArray(state) || state[0] !== "tdigest" || !Array.isArray(state[1])) return undefined;
  const pairs = state[1].map((pair) => (Array.isArray(pair) ? pair.map(Number) : []));
  return pairs.every(([value, weight]) => Number.isFinite(value) && Number(weight) > 0)
    ? pairs.map(([value = 0, weight = 0]): Centroid => [value, weight])
    : undefined;
};

/** `["tdigest", [[value, weight], …]]`, sorted; equal values join, then neighbours of equal shares of the weight do. */
export function digestOf(pairs: readonly Centroid[]): Dynamic {
  const byValue = new Map<number, number>();
  for (const [value, weight] of pairs)
    if (Number.isFinite(value) && weight > 0) byValue.set(value, (byValue.get(value) ?? 0) + weight);
  const sorted = [...byValue].sort(([a], [b]) => a - b);
  return ["tdigest", compress(sorted).map(([value, weight]) => [value, weight])];
}

function compress(sorted: readonly Centroid[]): readonly Centroid[] {
  if (sorted.length <= MAX_CENTROIDS) return sorted;
  const share = sorted.reduce((sum, [, weight]) => sum + weight, 0) / (MAX_CENTROIDS - 2);
  const out: Centroid[] = [];
  let [sum, weight] = [0, 0];
  for (const [i, [value, count]] of sorted.entries()) {
    const isEdge = i === 0 || i === sorted.length - 1;
    if (weight > 0 && (isEdge || weight + count > share)) {
      out.push([sum / weight, weight]);
      [sum, weight] = [0, 0];
    }
    sum += value * count;
    weight += count;
    if (!isEdge) continue;
    out.push([value, count]);
    [sum, weight] = [0, 0];
  }
  return out;
}

export const isDigest = (state: Dynamic | undefined): boolean => centroidsOf(state) !== undefined;
export const mergeDigests = (states: readonly Dynamic[]): Dynamic =>
  digestOf(states.flatMap((state) => centroidsOf(state) ?? []));

export function digestPercentile(state: Dynamic | undefined, percent: number): number | null {
  const centroids = centroidsOf(state) ?? [];
  const wanted = (centroids.reduce((sum, [, weight]) => sum + weight, 0) * percent) / 100;
  let seen = 0;
  for (const [value, weight] of centroids) {
    seen += weight;
    if (seen >= wanted) return value;
  }
  return null;
}

/** How much of the weight lies at or below the value, and the whole weight. */
export function digestRank(state: Dynamic | undefined, value: number): { below: number; total: number } | undefined {
  const centroids = centroidsOf(state);
  if (!centroids) return undefined;
  const sum = (list: readonly Centroid[]): number => list.reduce((total, [, weight]) => total + weight, 0);
  return { below: sum(centroids.filter(([at]) => at <= value)), total: sum(centroids) };
}
