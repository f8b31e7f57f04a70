import type { Engine } from "../connection.ts";

/** Each has a row group and its buffers in memory. */
const MAX_WIDTH = 4;

/** Works on some tables at a time, and on each table in the order in which its work came. */
export class Lanes {
  readonly #engine: Engine;
  readonly #width: number;
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures: unknown[] = [];
  #threads: Promise<void> = Promise.resolve();
  #isShared = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#width = Math.min(engine.threads, MAX_WIDTH);
  }

  /** Waits until work on the table may begin. */
  async ready(table: string): Promise<void> {
    await this.#running.get(table);
    while (this.#running.size >= this.#width) await Promise.race(this.#running.values());
    if (this.#running.size > 0) await this.#share(true);
  }

  /** Begins work on a table that is ready. What fails is thrown by `settle`. */
  begin(table: string, work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => {
        this.#running.delete(table);
        if (this.#running.size < 2) void this.#share(false);
      });
    this.#running.set(table, done);
  }

  /** Waits for all work that has begun. Throws what failed first. */
  async settle(): Promise<void> {
    await Promise.all(this.#running.values());
    await this.#share(false);
    if (this.#failures.length > 0) throw this.#failures.shift();
  }

  /** Statements beside each other use a thread each: helpers that find nothing to do in one would slow the other. */
  #share(isShared: boolean): Promise<void> {
    if (isShared === this.#isShared) return this.#threads;
    this.#isShared = isShared;
    const count = isShared ? 1 : this.#engine.threads;
    this.#threads = this.#threads
      .then(() => this.#engine.useThreads(count))
      .catch((error: unknown) => void this.#failures.push(error));
    return this.#threads;
  }
}
