import { createReadStream } from "node:fs";
import { MAX_RECORD_BYTES } from "./limits.ts";

export interface CsvRecord {
  /** 1-based line on which the record begins. */
  readonly position: number;
  readonly offset: number;
  /** Bytes, the line end included. */
  readonly length: number;
  readonly cells: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}

const tooLong = {
  code: "record-too-long",
  message: `The record is longer than ${MAX_RECORD_BYTES} bytes.`,
};
const openQuote = {
  code: "open-quote",
  message: "The file ends inside a quoted cell: the file was cut or a quote is missing.",
};

/** Text is held as latin1, one character per byte, so that offsets are byte offsets. */
const utf8 = (cell: string): string => Buffer.from(cell, "latin1").toString("utf8");

/** RFC 4180 with LF, CRLF or CR line ends, quotes doubled inside quotes, newlines inside quotes. */
export class CsvParser {
  #cells: string[] = [];
  #cell = "";
  #quoted = false;
  /** A quote was just seen inside a quoted cell: it ends the cell or is the first of a doubled one. */
  #quoteSeen = false;
  #size = 0;
  #line = 1;
  #start = { line: 1, offset: 0 };
  #afterCr = false;

  *push(chunk: string, offset: number): Generator<CsvRecord> {
    let from = 0;
    const flush = (to: number): void => {
      if (this.#size <= MAX_RECORD_BYTES) this.#cell += chunk.slice(from, to);
    };
    for (let i = 0; i < chunk.length; i++) {
      const code = chunk.charCodeAt(i);
      this.#size++;
      if (code === 10 && !this.#afterCr) this.#line++;
      if (code === 13) this.#line++;
      const lineFeedOfCrLf = code === 10 && this.#afterCr;
      this.#afterCr = code === 13;
      if (this.#quoted && !this.#quoteSeen) {
        if (code !== 34) continue;
        flush(i);
        this.#quoteSeen = true;
        from = i + 1;
        continue;
      }
      if (this.#quoteSeen) {
        this.#quoteSeen = false;
        if (code === 34) {
          from = i;
          continue;
        }
        this.#quoted = false;
        from = i;
      }
      if (code === 34 && this.#cell === "" && from === i) {
        this.#quoted = true;
        from = i + 1;
      } else if (code === 44) {
        flush(i);
        this.#endCell();
        from = i + 1;
      } else if (code === 10 || code === 13) {
        if (!lineFeedOfCrLf) {
          flush(i);
          const record = this.#endRecord(offset + i + 1);
          if (record) yield record;
        }
        from = i + 1;
        this.#start = { line: this.#line, offset: offset + i + 1 };
        this.#size = 0;
      }
    }
    if (!this.#quoteSeen) flush(chunk.length);
  }

  /** `size`: where the text ends. */
  *end(size: number): Generator<CsvRecord> {
    if (this.#quoted && !this.#quoteSeen) yield { ...this.#place(size), cells: [], error: openQuote };
    else {
      const record = this.#endRecord(size);
      if (record) yield record;
    }
  }

  #place(end: number): { position: number; offset: number; length: number } {
    const { line, offset } = this.#start;
    return { position: line, offset, length: end - offset };
  }

  #endCell(): void {
    this.#cells.push(utf8(this.#cell));
    this.#cell = "";
    this.#quoted = false;
  }

  #endRecord(end: number): CsvRecord | undefined {
    this.#endCell();
    const cells = this.#cells;
    this.#cells = [];
    if (this.#size > MAX_RECORD_BYTES) return { ...this.#place(end), cells: [], error: tooLong };
    return cells.length === 1 && cells[0] === "" ? undefined : { ...this.#place(end), cells };
  }
}

const BOM = "\u00ef\u00bb\u00bf";

/** The records of a CSV file with their header still among them. Lines that only spreadsheet tools understand are dropped. */
export async function* readCsv(file: string): AsyncGenerator<CsvRecord> {
  const parser = new CsvParser();
  let offset = 0;
  let first = true;
  for await (const chunk of createReadStream(file, {
    encoding: "latin1",
    highWaterMark: 1 << 20,
  })) {
    let text = chunk as string;
    if (offset === 0 && text.startsWith(BOM)) {
      text = text.slice(BOM.length);
      offset = BOM.length;
    }
    for (const record of parser.push(text, offset)) {
      if (first && isPreamble(record)) continue;
      first = false;
      yield record;
    }
    offset += text.length;
  }
  yield* parser.end(offset);
}

/** `#TYPE …` of PowerShell's Export-Csv and `sep=,` of Excel. */
export const isPreamble = ({ cells }: CsvRecord): boolean => /^(#TYPE |sep=)/i.test(cells[0] ?? "");

/** The records that lie wholly in the first bytes of a file, at most `limit`. */
export function csvOfHead(head: Buffer, limit: number, whole: boolean): CsvRecord[] {
  const text = head.toString("latin1");
  const parser = new CsvParser();
  const records: CsvRecord[] = [];
  const body = text.startsWith(BOM) ? text.slice(BOM.length) : text;
  for (const record of parser.push(body, 0)) {
    if (records.length >= limit) return records;
    if (records.length > 0 || !isPreamble(record)) records.push(record);
  }
  return whole ? [...records, ...parser.end(body.length)] : records;
}
