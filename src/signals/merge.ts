import type { ColumnBatch } from "../backends/types.ts";

/** One stream with the batch that is being used up. */
interface Source {
  readonly batches: AsyncIterator<ColumnBatch>;
  batch: ColumnBatch;
  next: number;
}

/** TimeGenerated of a row, ISO 8601. */
export const timeAt = ({ columns }: ColumnBatch, row: number): string =>
  String(columns.get("TimeGenerated")?.[row] ?? "");

async function refill(source: Source): Promise<boolean> {
  while (source.next >= source.batch.rowCount) {
    const { value, done } = await source.batches.next();
    if (done) return false;
    [source.batch, source.next] = [value, 0];
  }
  return true;
}

/** Takes the rows up to a time out of a source. ISO texts of one form sort as their times do. */
function take(source: Source, upTo: string): ColumnBatch {
  const { batch, next } = source;
  const times = batch.columns.get("TimeGenerated") ?? [];
  let end = next;
  while (end < batch.rowCount && String(times[end] ?? "") <= upTo) end += 1;
  source.next = end;
  if (next === 0 && end === batch.rowCount) return batch;
  const columns = new Map([...batch.columns].map(([name, cells]) => [name, cells.slice(next, end)]));
  return { rowCount: end - next, columns };
}

/**
 * Aligns several streams, each sorted by TimeGenerated, so that they can be analysed as one: every group holds the rows
 * of one time span, at most one batch per stream, and no later group reaches back before it. Memory: one batch per
 * stream. Errors of a stream are passed on; the other streams are closed. No group reaches across one of the `ends`
 * (ISO texts, ascending), each of which belongs to the time before it.
 */
export async function* alignByTime(
  streams: readonly AsyncIterable<ColumnBatch>[],
  ends: readonly string[] = [],
): AsyncGenerator<ColumnBatch[]> {
  const none: ColumnBatch = { rowCount: 0, columns: new Map() };
  let open: Source[] = streams.map((stream) => ({ batches: stream[Symbol.asyncIterator](), batch: none, next: 0 }));
  try {
    for (;;) {
      const left: Source[] = [];
      for (const source of open) if (await refill(source)) left.push(source);
      open = left;
      if (open.length === 0) return;
      const [first = ""] = open.map(({ batch, next }) => timeAt(batch, next)).sort();
      const last = open.map(({ batch }) => timeAt(batch, batch.rowCount - 1));
      const [upTo = ""] = [...last, ...ends.filter((end) => end >= first).slice(0, 1)].sort();
      const group = open.map((source) => take(source, upTo)).filter(({ rowCount }) => rowCount > 0);
      if (group.length === 0) throw new RangeError("alignByTime: a stream is not sorted by TimeGenerated");
      yield group;
    }
  } finally {
    await Promise.all(open.map(({ batches }) => batches.return?.()));
  }
}
