/*
 * The order in which Kusto lists a set of cells: that of a hash table with chained buckets. A newcomer stands before
 * those that share its bucket; a new bucket stands last. The table grows when it is full, and its texts enter the larger
 * one in the order of the smaller. The low bits of the 64-bit FNV-1a hash choose the bucket.
 */

const SMALLEST = 8;
/** Below it a table grows eightfold, from it on twofold. */
const LARGE = 512;

/** The low 32 bits of FNV-1a with 64 bits; cells are ASCII. */
function hashOf(text: string): number {
  let hash = 0x84222325;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x1b3);
  return hash;
}

const listed = (buckets: ReadonlyMap<number, string[]>): string[] =>
  [...buckets.values()].flatMap((bucket) => bucket.toReversed());

export function inSetOrder(texts: readonly string[]): string[] {
  let size = SMALLEST;
  let buckets = new Map<number, string[]>();
  const enter = (text: string): void => {
    const at = hashOf(text) & (size - 1);
    const bucket = buckets.get(at);
    if (bucket) bucket.push(text);
    else buckets.set(at, [text]);
  };
  for (const [count, text] of texts.entries()) {
    if (count >= size) {
      const old = listed(buckets);
      size *= size < LARGE ? 8 : 2;
      buckets = new Map();
      for (const earlier of old) enter(earlier);
    }
    enter(text);
  }
  return listed(buckets);
}
