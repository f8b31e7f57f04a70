import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, type WriteStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Row } from "../../../tables/shape.ts";
import { ORIGIN } from "./careful.ts";

const FLUSH_CHARS = 1 << 18;

/** Rows of one table on their way into the engine, as JSON lines with their origin. */
export class RowSpool {
  readonly file: string;
  readonly columns = new Set<string>();
  /** Members of the records that have no column. */
  readonly lost = new Set<string>();
  /** The first rows, for the inference of types. */
  readonly sample: Row[] = [];
  rows = 0;
  readonly #stream: WriteStream;
  #buffer = "";

  constructor(file: string) {
    this.file = file;
    this.#stream = createWriteStream(file);
  }

  /** Throws RangeError when the row is nested too deeply to be written. */
  add(row: Row, position: number, offset: number): void {
    const json = JSON.stringify(row);
    const origin = `{"${ORIGIN.position}":${position},"${ORIGIN.offset}":${offset}`;
    this.#buffer += json === "{}" ? `${origin}}\n` : `${origin},${json.slice(1)}\n`;
    this.rows++;
    for (const column of Object.keys(row)) this.columns.add(column);
    if (this.sample.length < 200) this.sample.push(row);
  }

  async drain(force = false): Promise<void> {
    if (this.#buffer.length < FLUSH_CHARS && !force) return;
    const text = this.#buffer;
    this.#buffer = "";
    if (!this.#stream.write(text)) await once(this.#stream, "drain");
  }

  async close(): Promise<void> {
    await this.drain(true);
    this.#stream.end();
    await once(this.#stream, "finish");
  }
}

/** A private folder that disappears with the load. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), "ztlens-in-"));
  #files = 0;

  file(extension: string): string {
    return join(this.folder, `${this.#files++}.${extension}`);
  }

  remove(file: string): void {
    rmSync(file, { force: true });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
