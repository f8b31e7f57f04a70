import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { createGzip, type Gzip } from "node:zlib";

const BUFFER = 1 << 20;

/** A file that is written in pieces of about 1 MiB; memory stays bounded when `drain` is awaited between rows. */
export class Sink {
  readonly #file: WriteStream;
  readonly #target: WriteStream | Gzip;
  #parts: string[] = [];
  #size = 0;

  constructor(path: string, gzip: boolean) {
    this.#file = createWriteStream(path);
    this.#target = gzip ? createGzip({ level: 1 }) : this.#file;
    if (this.#target !== this.#file) this.#target.pipe(this.#file);
  }

  add(text: string): void {
    this.#parts.push(text);
    this.#size += text.length;
  }

  async drain(least = BUFFER): Promise<void> {
    if (this.#size < least || this.#size === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#size = 0;
    if (!this.#target.write(text)) await once(this.#target, "drain");
  }

  async close(): Promise<void> {
    await this.drain(0);
    this.#target.end();
    await finished(this.#file);
  }
}
