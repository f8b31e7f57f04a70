import type { DuckDBDataChunk } from "@duckdb/node-api";

/** A vector of texts as the driver has it: sixteen bytes per text, DuckDB's `string_t`. */
interface RawVector {
  readonly itemCount: number;
  readonly dataView?: DataView;
  readonly validity?: { readonly data: BigUint64Array | null; readonly offset: number };
  getItem(index: number): string | null;
}

/** A text of at most so many bytes lies in its sixteen bytes; of a longer one they have the start and the address. */
const INLINE = 12;
const PLACES = 4096;

/**
 * Reads columns of texts. Most cells repeat one of a few texts, so that the last 4,096 are kept by their sixteen bytes and
 * given out again instead of being decoded once more; addresses are good only within one vector.
 */
export class TextReader {
  /** By place: the four words that the text is known by, and the vector that a long one was read from. */
  readonly #words = new Int32Array(4 * PLACES);
  readonly #vectors = new Float64Array(PLACES);
  readonly #texts = new Array<string | undefined>(PLACES).fill(undefined);
  #vector = 0;

  read(chunk: DuckDBDataChunk, column: number): (string | null)[] {
    const vector = chunk.getColumnVector(column) as unknown as RawVector;
    const { itemCount, dataView, validity } = vector;
    const texts = new Array<string | null>(itemCount);
    this.#vector += 1;
    const words =
      dataView && dataView.byteOffset % 4 === 0
        ? new Int32Array(dataView.buffer, dataView.byteOffset, 4 * itemCount)
        : undefined;
    const valid = validity?.data ? new Uint8Array(validity.data.buffer, validity.data.byteOffset) : undefined;
    for (let i = 0; i < itemCount; i++) {
      const bit = i + (validity?.offset ?? 0);
      const isNull = valid !== undefined && (((valid[bit >> 3] as number) >> (bit & 7)) & 1) === 0;
      texts[i] = isNull ? null : words ? this.#text(words, i, vector) : vector.getItem(i);
    }
    return texts;
  }

  #text(words: Int32Array, index: number, vector: RawVector): string {
    const at = 4 * index;
    const [length, a] = [words[at] as number, words[at + 1] as number];
    const [b, c] = [words[at + 2] as number, words[at + 3] as number];
    if (length === 0) return "";
    const mixed = Math.imul(a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca6b) ^ length, 0xc2b2ae35);
    const place = (mixed ^ (mixed >>> 15)) & (PLACES - 1);
    const kept = 4 * place;
    const known = this.#words;
    if (
      known[kept] === length &&
      known[kept + 1] === a &&
      known[kept + 2] === b &&
      known[kept + 3] === c &&
      (length <= INLINE || this.#vectors[place] === this.#vector)
    )
      return this.#texts[place] as string;
    const text = vector.getItem(index) as string;
    known[kept] = length;
    known[kept + 1] = a;
    known[kept + 2] = b;
    known[kept + 3] = c;
    this.#vectors[place] = this.#vector;
    this.#texts[place] = text;
    return text;
  }
}
