import { truncate } from "../../core/text/terminal.ts";

const WIDTH = 78;

/** One line on a terminal's stderr that is rewritten in place, and nothing anywhere else. */
export class Progress {
  readonly #stream = process.stderr;
  #shown = false;

  show(text: string): void {
    if (!this.#stream.isTTY) return;
    this.#stream.write(`\r\u001b[2K${truncate(text, WIDTH)}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#stream.write("\r\u001b[2K");
    this.#shown = false;
  }
}
