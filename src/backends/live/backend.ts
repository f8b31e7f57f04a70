import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { IncompleteDataError, UnauthorizedError, UsageError } from "../../core/errors.ts";
import type { Column, QueryResult, Timespan, Value } from "../../core/kusto.ts";
import type { ColumnBatch, QueryBackend, QueryOptions, TableInfo } from "../types.ts";
import { RequestFailure } from "./errors.ts";
import { Journal, queryKey, type SliceRecord } from "./journal.ts";
import { Limiter, type Limits, LOGS_LIMITS } from "./limiter.ts";
import { type SlicedRows, Slicer, toBatch } from "./slicer.ts";
import { readTables } from "./tables.ts";
import { traced } from "./telemetry.ts";
import { isDivisible, pinClock, withoutTimeOrder } from "./text.ts";
import type { Answer, Transport } from "./transport.ts";

/** How long a request is repeated. Waits double; a service that names a time is obeyed. */
export interface Patience {
  readonly attempts: number;
  /** First wait in ms after a refusal that names no time. */
  readonly busy: number;
  /** First wait in ms after an answer that did not come, or not whole. */
  readonly transient: number;
}

const PATIENCE: Patience = { attempts: 7, busy: 5_000, transient: 500 };
const LONGEST_WAIT = 120_000;

export interface LiveOptions {
  readonly limits?: Limits;
  readonly patience?: Patience;
  /** Rows that one slice of a sliced query should have. */
  readonly sliceRows?: number;
  /** The tables that `tables` tells about. */
  readonly tables?: readonly string[];
  /** What `tables` looks at. */
  readonly window?: Timespan;
  /** Whether the service has the Usage table, which tells of rows that the identity may not see. */
  readonly usage?: boolean;
  /** Features of KQL that the service lacks. */
  readonly lacks?: ReadonlyMap<string, string>;
}

const rowsOf = ({ rows }: Answer): number => rows.length;

/** Answers KQL with a cloud service: repeats, slices and bisects requests until all rows are there, or says why not. */
export class LiveBackend implements QueryBackend {
  readonly journal = new Journal();
  readonly lacks: ReadonlyMap<string, string>;
  readonly #transport: Transport;
  readonly #options: LiveOptions;
  readonly #limiter: Limiter;
  readonly #patience: Patience;

  constructor(transport: Transport, options: LiveOptions = {}) {
    this.#transport = transport;
    this.#options = options;
    this.#limiter = new Limiter(options.limits ?? LOGS_LIMITS);
    this.#patience = options.patience ?? PATIENCE;
    this.lacks = options.lacks ?? new Map();
  }

  get name(): string {
    return this.#transport.name;
  }

  get concurrency(): number {
    return this.#limiter.concurrency;
  }

  async query(kql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const text = options.now === undefined ? kql : pinClock(kql, options.now);
    return this.#translated(async () => {
      const answer = await this.ask(text, options).catch((error: unknown) => {
        if (!(error instanceof RequestFailure) || error.kind !== "heavy") throw error;
        // What cannot be asked in parts gets a second chance: a time-out can be the load of a moment.
        return isDivisible(text) ? undefined : this.ask(text, options);
      });
      if (answer && answer.cut === undefined) return { columns: answer.columns, rows: answer.rows };
      const whole = isDivisible(text) ? await this.#inParts(text, answer?.columns, options) : undefined;
      if (whole) return whole;
      return { columns: answer?.columns ?? [], rows: answer?.rows ?? [], partial: answer?.cut ?? "no answer came" };
    });
  }

  /** A query that ends in `| sort by TimeGenerated asc` comes slice by slice; any other must fit the memory. */
  async *stream(kql: string, options: QueryOptions = {}): AsyncIterable<ColumnBatch> {
    if (withoutTimeOrder(kql) === undefined) {
      const { columns, rows, partial } = await this.query(kql, options);
      if (partial !== undefined) throw new IncompleteDataError(`The answer is incomplete: ${partial}`);
      if (rows.length > 0) yield toBatch({ columns, rows });
      return;
    }
    for await (const part of this.slices(kql, options)) if (part.rows.length > 0) yield toBatch(part);
  }

  /**
   * The rows of a query that ends in `| sort by TimeGenerated asc`, slice by slice; slices without rows too. Throws
   * `UsageError` for another query, `IncompleteDataError` where rows cannot be had.
   */
  async *slices(kql: string, options: QueryOptions = {}): AsyncGenerator<SlicedRows> {
    const text = withoutTimeOrder(options.now === undefined ? kql : pinClock(kql, options.now));
    if (text === undefined) throw new UsageError("Only a query that ends in | sort by TimeGenerated asc has slices.");
    const slices = this.#slicer(options).run(text);
    for (;;) {
      const { value, done } = await this.#translated(() => slices.next());
      if (done) return;
      yield value;
    }
  }

  /** The tables that were named, by default over the window that was. */
  async tables(window = this.#options.window): Promise<ReadonlyMap<string, TableInfo>> {
    const { tables = [], usage = false } = this.#options;
    const options = window ? { timespan: window } : {};
    return this.#translated(() => readTables((kql) => this.ask(kql, options), tables, usage));
  }

  /** The slices in which a query that ends in `| sort by TimeGenerated asc` was answered so far, in order of time. */
  slicesOf(kql: string, now: bigint): readonly SliceRecord[] {
    const key = queryKey(withoutTimeOrder(pinClock(kql, now)) ?? "");
    const from = ({ start = "", part = "" }: SliceRecord): string => `${start} ${part}`;
    return this.journal.slices.filter(({ query }) => query === key).sort((a, b) => (from(a) < from(b) ? -1 : 1));
  }

  async close(): Promise<void> {}

  /** One request, repeated until it has an answer. Throws `RequestFailure`. */
  async ask(kql: string, options: QueryOptions = {}, onAttempt?: (attempt: number) => void): Promise<Answer> {
    const { signal, timespan } = options;
    for (let attempt = 1; ; attempt++) {
      const id = randomUUID();
      const request = { kql, id, ...(timespan && { timespan }), ...(signal && { signal }) };
      onAttempt?.(attempt);
      this.journal.requests += 1;
      const facts = { system: this.#transport.system, id, attempt };
      try {
        const answer = await this.#limiter.run(() => traced(facts, () => this.#transport.ask(request), rowsOf), signal);
        this.#limiter.calm();
        for (const warning of answer.warnings) this.journal.warn(warning);
        return answer;
      } catch (error) {
        signal?.throwIfAborted();
        const wait = error instanceof RequestFailure ? this.#waitAfter(error, attempt) : undefined;
        if (wait === undefined) throw error;
        this.journal.retries += 1;
        await delay(wait, undefined, signal && { signal });
      }
    }
  }

  /** Milliseconds until a failed request may be repeated; undefined where it may not. */
  #waitAfter({ facts: { kind, retryAfter } }: RequestFailure, attempt: number): number | undefined {
    const { attempts, busy, transient } = this.#patience;
    // A token can end while it is on its way; the next one is new.
    if (kind === "unauthenticated" && attempt === 1) return 0;
    if ((kind !== "busy" && kind !== "transient") || attempt >= attempts) return undefined;
    const doubled = (kind === "busy" ? busy : transient) * 2 ** (attempt - 1);
    const wait = Math.min(LONGEST_WAIT, retryAfter ?? doubled * (0.75 + Math.random() / 2));
    if (kind === "busy") this.#limiter.complaint(wait);
    return wait;
  }

  #slicer(options: QueryOptions): Slicer {
    return new Slicer(
      { ask: (kql, signal, onAttempt) => this.ask(kql, signal ? { ...options, signal } : options, onAttempt) },
      {
        journal: this.journal,
        concurrency: this.#limiter.concurrency,
        ...(this.#options.sliceRows !== undefined && { target: this.#options.sliceRows }),
        ...(options.timespan && { timespan: options.timespan }),
        ...(options.signal && { signal: options.signal }),
      },
    );
  }

  /** All rows of a query that does not fit one answer, or undefined where its parts cannot be told apart. */
  async #inParts(
    kql: string,
    known: readonly Column[] | undefined,
    options: QueryOptions,
  ): Promise<QueryResult | undefined> {
    const columns = known ?? (await this.ask(`${kql}\n| take 0`, options)).columns;
    const hasTime = columns.some(({ name, type }) => name === "TimeGenerated" && type === "datetime");
    const rows: (readonly Value[])[] = [];
    const slicer = this.#slicer(options);
    for await (const part of hasTime ? slicer.run(kql) : slicer.parts(kql)) rows.push(...part.rows);
    return { columns, rows };
  }

  async #translated<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (error instanceof RequestFailure) throw translate(error, this.name);
      throw error;
    }
  }
}

function translate(error: RequestFailure, service: string): Error {
  const { kind, diagnostics, status } = error.facts;
  const cause = { cause: error };
  const answered = status === undefined ? "" : ` (HTTP ${status})`;
  if (kind === "query") return new UsageError(error.message, diagnostics, cause);
  if (kind === "missing") return new UsageError(`${service}: ${error.message}${answered}`, [], cause);
  if (kind === "unauthenticated") {
    return new UnauthorizedError(`${service} does not accept the token: ${error.message}${answered}`, cause);
  }
  if (kind === "forbidden") {
    const hint = "A role that was assigned in the last hour may not count yet.";
    return new UnauthorizedError(`${service} refuses this identity: ${error.message}${answered}. ${hint}`, cause);
  }
  return new IncompleteDataError(`${service}: ${error.message}${answered}`, cause);
}
