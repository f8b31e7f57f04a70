import type { Progress as Load } from "../../backends/embedded/ingest/open.ts";
import { truncate } from "../../core/text/terminal.ts";

const WIDTH = 78;
const MEGABYTE = 1_000_000;
const BAR = 20;
/** A rest is told only once there is something to judge it by. */
const LEAST_STEPS = 3;
const LEAST_SECONDS = 2;

/** `12 s left`, `3 min left`; empty where the pace is not known yet. */
export function timeLeft(done: number, total: number, seconds: number): string {
  if (done < LEAST_STEPS || seconds < LEAST_SECONDS || done >= total) return "";
  const left = (seconds / done) * (total - done);
  return left < 90 ? `${Math.ceil(left)} s left` : `${Math.round(left / 60)} min left`;
}

/** One line on a terminal's stderr that is rewritten in place, and nothing anywhere else, nor where it is told to be quiet. */
export class Progress {
  readonly #stream = process.stderr;
  readonly #quiet: boolean;
  readonly #started = performance.now();
  #shown = false;
  #total = 0;
  #start = 0;

  constructor(quiet = false) {
    this.#quiet = quiet;
  }

  show(text: string): void {
    if (this.#quiet || !this.#stream.isTTY) return;
    this.#stream.write(`\r\u001b[2K${truncate(text, WIDTH)}`);
    this.#shown = true;
  }

  /** How many steps of a phase are done. Another number of steps is another phase, with a pace of its own. */
  step(done: number, total: number, label: string): void {
    if (total !== this.#total || done === 0) [this.#total, this.#start] = [total, performance.now()];
    const filled = total > 0 ? Math.round((done / total) * BAR) : 0;
    const left = timeLeft(done, total, (performance.now() - this.#start) / 1000);
    this.show(
      [`${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${done}/${total}`, left, label]
        .filter((part) => part !== "")
        .join("  "),
    );
  }

  /** How far the reading of the logs is. */
  readonly load = (load: Load): void => this.show(loadingLine(load, (performance.now() - this.#started) / 1000));

  clear(): void {
    if (this.#shown) this.#stream.write("\r\u001b[2K");
    this.#shown = false;
  }
}

/** A bar by bytes, files, records, MB/s, the time that is left at this pace, and the file that is being read. */
export function loadingLine({ file, done, total, bytes, totalBytes, records }: Load, seconds: number): string {
  const filled = totalBytes === 0 ? 0 : Math.round((bytes / totalBytes) * BAR);
  const pace = seconds === 0 ? 0 : Math.round(bytes / MEGABYTE / seconds);
  const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${done}/${total}`;
  return [bar, `${records} records`, `${pace} MB/s`, timeLeft(bytes, totalBytes, seconds), file]
    .filter((part) => part !== "")
    .join("  ");
}
