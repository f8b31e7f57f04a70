import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { MAX_RECORD_BYTES } from "./limits.ts";
import { MAX_DEPTH } from "./parse.ts";

/** One record of a file as text, or why it cannot be read. */
export interface Unit {
  /** 1-based line, or record number inside a document. */
  readonly position: number;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  readonly text: string;
  readonly error?: { readonly code: string; readonly message: string };
}

const tooLong = {
  code: "record-too-long",
  message: `The record is longer than ${MAX_RECORD_BYTES} bytes.`,
};
const notUtf8 = { code: "not-utf8", message: "The record is not valid UTF-8." };
const tooDeep = {
  code: "too-deep",
  message: `The record is nested deeper than ${MAX_DEPTH} levels.`,
};
const truncated = {
  code: "truncated",
  message: "The document ends inside a record: the file was cut.",
};

const NEWLINE = 10;

/** Collects the bytes of one record across chunks and stops collecting beyond the limit. */
class Collector {
  #parts: Buffer[] = [];
  #size = 0;

  add(part: Buffer): void {
    this.#size += part.length;
    if (this.#size <= MAX_RECORD_BYTES) this.#parts.push(part);
    else this.#parts = [];
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  /** The record; its parts are forgotten. */
  take(position: number, offset: number, deep = false): Unit {
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    const length = this.#size;
    const error = length > MAX_RECORD_BYTES ? tooLong : deep ? tooDeep : isUtf8(bytes) ? undefined : notUtf8;
    this.#parts = [];
    this.#size = 0;
    return {
      position,
      offset,
      length,
      text: error === tooLong ? "" : bytes.toString("utf8"),
      ...(error && { error }),
    };
  }
}

/** Reads in steps of 1 MiB from behind a byte order mark. */
async function* chunks(file: string): AsyncGenerator<{ bytes: Buffer; offset: number }> {
  let offset = 0;
  for await (const chunk of createReadStream(file, {
    highWaterMark: 1 << 20,
  })) {
    const bytes = chunk as Buffer;
    const skip = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    yield { bytes: bytes.subarray(skip), offset: offset + skip };
    offset += bytes.length;
  }
}

/** The lines of a file that hold more than blanks. */
export async function* readLines(file: string): AsyncGenerator<Unit> {
  const collector = new Collector();
  let line = 1;
  let start: number | undefined;
  for await (const { bytes, offset } of chunks(file)) {
    let from = 0;
    start ??= offset;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      collector.add(bytes.subarray(from, end));
      const unit = collector.take(line++, start);
      if (unit.error || unit.text.trim() !== "") yield unit;
      from = end + 1;
      start = offset + from;
    }
    if (from < bytes.length) collector.add(Buffer.from(bytes.subarray(from)));
  }
  if (!collector.empty) {
    const unit = collector.take(line, start ?? 0);
    if (unit.error || unit.text.trim() !== "") yield unit;
  }
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Where the records of a JSON document lie: its values one after another or in one array, or in the array `key` of each object. */
export interface Layout {
  readonly key?: string;
}

/** Finds the records of JSON text of any size byte by byte, holding one record at a time. */
class DocumentScanner {
  readonly #key: string | undefined;
  readonly #collector = new Collector();
  #depth = 0;
  /** Depth at which records begin; undefined while outside of the place that holds them. */
  #base: number | undefined;
  #inString = false;
  #escaped = false;
  #inUnit = false;
  #scalar = false;
  #deep = false;
  #keyText = "";
  #lastString = "";
  #count = 0;
  #unitOffset = 0;
  #topArray = false;
  /** Depth of the objects whose member `key` holds the records, less one; undefined before the first byte. */
  #root: number | undefined;

  constructor(layout: Layout) {
    this.#key = layout.key;
    if (layout.key === undefined) this.#base = 0;
  }

  *scan(bytes: Buffer, offset: number): Generator<Unit> {
    let from = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (this.#inString) {
        this.#stringByte(byte);
        continue;
      }
      if (byte <= 32) continue;
      if (!this.#inUnit && this.#starts(byte)) {
        this.#inUnit = true;
        this.#unitOffset = offset + i;
        from = i;
      }
      if (this.#inUnit && this.#scalar && (byte === COMMA || byte === CLOSE_ARRAY)) {
        yield this.#finish(bytes, from, i);
      }
      this.#structure(byte);
      if (this.#inUnit && !this.#scalar && this.#depth === this.#base) yield this.#finish(bytes, from, i + 1);
    }
    if (this.#inUnit) this.#collector.add(Buffer.from(bytes.subarray(from)));
  }

  /** Something left open means that the document was cut. */
  *end(size: number): Generator<Unit> {
    if (this.#inUnit || this.#depth > 0)
      yield {
        position: this.#count + 1,
        offset: this.#inUnit ? this.#unitOffset : size,
        length: this.#inUnit ? size - this.#unitOffset : 0,
        text: "",
        error: truncated,
      };
  }

  #finish(bytes: Buffer, from: number, to: number): Unit {
    this.#collector.add(Buffer.from(bytes.subarray(from, to)));
    this.#inUnit = false;
    this.#scalar = false;
    const deep = this.#deep;
    this.#deep = false;
    return this.#collector.take(++this.#count, this.#unitOffset, deep);
  }

  #stringByte(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
    if (!this.#inUnit && this.#inString && this.#lastString.length < 64) this.#lastString += String.fromCharCode(byte);
  }

  /** Whether a byte outside strings begins a record. */
  #starts(byte: number): boolean {
    if (this.#base === undefined || this.#depth !== this.#base) return false;
    if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) return false;
    if (this.#key === undefined && this.#depth === 0 && byte === OPEN_ARRAY && !this.#topArray) {
      this.#topArray = true;
      this.#base = 1;
      return false;
    }
    this.#scalar = byte !== OPEN_OBJECT && byte !== OPEN_ARRAY;
    return true;
  }

  #opensRecords(): boolean {
    return this.#base === undefined && this.#keyText === this.#key && this.#depth === (this.#root ?? 0) + 1;
  }

  #structure(byte: number): void {
    this.#root ??= byte === OPEN_ARRAY ? 1 : 0;
    if (byte === QUOTE) {
      this.#inString = true;
      this.#lastString = "";
    } else if (byte === COLON) {
      this.#keyText = this.#lastString;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (byte === OPEN_ARRAY && this.#key !== undefined && this.#opensRecords()) this.#base = this.#depth + 1;
      this.#depth++;
      if (this.#inUnit && this.#depth - (this.#base ?? 0) > MAX_DEPTH) this.#deep = true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      this.#depth--;
      if (this.#key !== undefined && this.#base !== undefined && this.#depth < this.#base && !this.#inUnit) {
        this.#base = undefined;
        this.#keyText = "";
      }
      if (this.#key === undefined && this.#depth < (this.#base ?? 0)) {
        this.#base = 0;
        this.#topArray = false;
      }
    }
  }
}

/** The records of a JSON document in order. */
export async function* readDocument(file: string, layout: Layout): AsyncGenerator<Unit> {
  const scanner = new DocumentScanner(layout);
  let size = 0;
  for await (const { bytes, offset } of chunks(file)) {
    yield* scanner.scan(bytes, offset);
    size = offset + bytes.length;
  }
  yield* scanner.end(size);
}

/** The records in the first bytes of a file; what a cut leaves open is not reported. */
export const unitsOfHead = (head: Buffer, layout: Layout): Unit[] => [...new DocumentScanner(layout).scan(head, 0)];
