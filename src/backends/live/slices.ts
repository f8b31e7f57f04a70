import { formatDatetime, TICKS_PER_SECOND } from "../../core/ticks.ts";

/** Rows whose TimeGenerated lies in the half-open interval (ticks); an open end has no bound. `nulls`: those without one. */
export interface Slice {
  readonly start?: bigint;
  readonly end?: bigint;
  readonly nulls?: boolean;
  /** One of `of` parts by the hash of the row: for a moment with more rows than fit one answer. */
  readonly part?: { readonly index: number; readonly of: number };
  /** How often a request for it or for what it is part of took too much time or memory. */
  readonly heavy: number;
}

export const WHOLE: Slice = { heavy: 0 };

const MAX_PARTS = 1024;
const MAX_HEAVY = 8;

const bound = (operator: string, ticks: bigint): string =>
  `TimeGenerated ${operator} datetime(${formatDatetime(ticks)})`;

/** The operators that keep a slice's rows of a query that returns TimeGenerated. */
export function sliceFilter({ start, end, nulls, part }: Slice): string {
  const conditions = [
    ...(nulls ? ["isnull(TimeGenerated)"] : []),
    ...(start === undefined ? [] : [bound(">=", start)]),
    ...(end === undefined ? [] : [bound("<", end)]),
    ...(part ? [`hash(tostring(pack_all()), ${part.of}) == ${part.index}`] : []),
  ];
  return conditions.length === 0 ? "" : `\n| where ${conditions.join(" and ")}`;
}

/**
 * Two slices that hold the same rows, or undefined where there is nothing to halve. Open ends are closed first by
 * `range`, the interval that the rows were seen in.
 */
export function halve(
  slice: Slice,
  range: { start: bigint; end: bigint },
  cause: "cut" | "heavy",
): Slice[] | undefined {
  const heavy = slice.heavy + (cause === "heavy" ? 1 : 0);
  if (heavy > MAX_HEAVY) return undefined;
  const from = slice.start ?? range.start;
  const to = slice.end ?? range.end;
  if (!slice.nulls && !slice.part && to - from > 1n) {
    const middle = from + (to - from) / 2n;
    // A slice without any bound holds the rows without a time too.
    const nulls: Slice[] = slice.start === undefined && slice.end === undefined ? [{ nulls: true, heavy }] : [];
    return [...nulls, { ...slice, end: middle, heavy }, { ...slice, start: middle, heavy }];
  }
  // A smaller part of one moment costs the service as much as the whole.
  const { index, of } = slice.part ?? { index: 0, of: 1 };
  if (cause === "heavy" || of >= MAX_PARTS) return undefined;
  // hash(row) mod 2k is either hash(row) mod k or k more.
  return [index, index + of].map((next) => ({ ...slice, part: { index: next, of: of * 2 }, heavy }));
}

export interface Bin {
  /** Null: rows without a time. */
  readonly start: bigint | null;
  readonly rows: number;
}

/**
 * Slices of about `target` rows from counts per bin of `width` ticks, in order of time, rows without a time first. They
 * leave no gap, and the first and last are open: a row that came after the count is in one of them too.
 */
export function planSlices(bins: readonly Bin[], width: bigint, target: number): Slice[] {
  const timed = bins.flatMap(({ start, rows }) => (start === null ? [] : [{ start, rows }]));
  timed.sort((a, b) => (a.start < b.start ? -1 : 1));
  const cuts: bigint[] = [];
  let filled = 0;
  for (const { start, rows } of timed) {
    if (filled > 0 && filled + rows > target) {
      cuts.push(start);
      filled = 0;
    }
    const pieces = BigInt(Math.ceil((filled + rows) / target));
    for (let i = 1n; i < pieces; i++) cuts.push(start + (width * i) / pieces);
    filled = pieces > 1n ? target : filled + rows;
  }
  const edges = [undefined, ...cuts, undefined];
  const slices = edges.slice(1).map((end, i): Slice => {
    const start = edges[i];
    return { ...(start !== undefined && { start }), ...(end !== undefined && { end }), heavy: 0 };
  });
  const hasNulls = bins.some(({ start, rows }) => start === null && rows > 0);
  // An open slice has no rows without a time once another one does.
  return hasNulls ? [{ nulls: true, heavy: 0 }, ...slices.map(timedOnly)] : slices;
}

const DAWN = 0n;
const timedOnly = (slice: Slice): Slice =>
  slice.start === undefined && slice.end === undefined ? { ...slice, start: DAWN } : slice;

/** Equal slices of an interval, for a query that cannot even be counted at once. */
export function evenSlices(start: bigint, end: bigint, count: number): Slice[] {
  const width = (end - start) / BigInt(count);
  if (width <= 0n) return [WHOLE];
  return Array.from({ length: count }, (_, i): Slice => {
    const [from, to] = [start + width * BigInt(i), start + width * BigInt(i + 1)];
    return { ...(i > 0 && { start: from }), ...(i < count - 1 && { end: to }), heavy: 0 };
  });
}

const BINS = 1000n;

/** Width of the bins in which rows are counted, in ticks: whole seconds, about a thousand bins. */
export function binWidth(span: bigint): bigint {
  const seconds = span / TICKS_PER_SECOND / BINS;
  return (seconds < 1n ? 1n : seconds) * TICKS_PER_SECOND;
}
