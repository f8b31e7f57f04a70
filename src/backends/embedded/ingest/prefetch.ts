/** How much may be under way at once. */
const MAX_AHEAD = 8;
const MAX_BYTES = 256 << 20;

/** Starts slow work on the next items while one is in use, and gives the results in order. */
export async function* ahead<T, R>(
  items: readonly T[],
  weight: (item: T) => number,
  start: (item: T) => Promise<R>,
): AsyncGenerator<{ readonly item: T; readonly result: Promise<R> }> {
  const queue: { item: T; result: Promise<R>; bytes: number }[] = [];
  let next = 0;
  let bytes = 0;
  while (next < items.length || queue.length > 0) {
    while (next < items.length && (queue.length === 0 || (queue.length < MAX_AHEAD && bytes < MAX_BYTES))) {
      const item = items[next++] as T;
      const result = start(item);
      // Whoever takes the result sees its failure; one that nobody takes any more must not end the process.
      result.catch(() => {});
      bytes += weight(item);
      queue.push({ item, result, bytes: weight(item) });
    }
    const first = queue.shift();
    if (!first) return;
    bytes -= first.bytes;
    yield first;
  }
}
