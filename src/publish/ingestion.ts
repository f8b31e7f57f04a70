import { setTimeout as delay } from "node:timers/promises";
import { LogsIngestionClient, type LogsIngestionClientOptions } from "@azure/monitor-ingestion";
import type { Cloud } from "../backends/auth/clouds.ts";
import type { ResultTableName } from "../tables/results.ts";
import { type UploadFailure, uploadFailure } from "./failure.ts";

export type Credential = ConstructorParameters<typeof LogsIngestionClient>[1];

/** For whom tokens are asked in each cloud. Source: Azure Monitor, KnownMonitorAudience of the SDK. */
export const AUDIENCES: Readonly<Record<Cloud, string>> = {
  public: "https://monitor.azure.com",
  usgov: "https://monitor.azure.us",
  china: "https://monitor.azure.cn",
};

export interface IngestionOptions {
  /** Logs ingestion endpoint of the data collection rule, or of a data collection endpoint. */
  readonly endpoint: string;
  /** Immutable id of the data collection rule: `dcr-…`. */
  readonly ruleId: string;
  readonly credential: Credential;
  /** Options of the SDK's client: audience of a sovereign cloud, certificates. */
  readonly client?: LogsIngestionClientOptions;
  readonly retry?: Partial<RetryOptions>;
  readonly signal?: AbortSignal;
}

export interface RetryOptions {
  readonly attempts: number;
  /** Milliseconds before the second attempt; each further one waits twice as long. */
  readonly first: number;
  /** The longest wait in milliseconds. A service that asks for more is left alone until the next run. */
  readonly longest: number;
  /** Milliseconds after which an answer is not waited for any more. */
  readonly timeout: number;
}

const RETRY: RetryOptions = { attempts: 6, first: 1000, longest: 60_000, timeout: 60_000 };

/** The stream of a table, as the data collection rule declares it. */
export const streamOf = (table: ResultTableName): string => `Custom-${table}`;

/** Sends rows to Log Analytics, one request per call. */
export class Ingestion {
  readonly #client: LogsIngestionClient;
  readonly #options: IngestionOptions;
  readonly #retry: RetryOptions;

  constructor(options: IngestionOptions) {
    this.#options = options;
    this.#retry = { ...RETRY, ...options.retry };
    // The SDK's own policy would not retry a 429 without Retry-After, and would hide how often it tried.
    this.#client = new LogsIngestionClient(options.endpoint, options.credential, {
      ...options.client,
      retryOptions: { maxRetries: 0 },
    });
  }

  /**
   * Sends rows that fit into one request. Answers why they could not be sent, or undefined when the service has taken
   * them: at least once, since an answer can get lost. Throws only when aborted.
   */
  async send(table: ResultTableName, rows: Record<string, unknown>[]): Promise<UploadFailure | undefined> {
    const { signal } = this.#options;
    const { attempts, first, longest } = this.#retry;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#attempt(table, rows);
      signal?.throwIfAborted();
      if (failure?.kind !== "later" || attempt >= attempts) return failure;
      const wait = failure.retryAfter ?? first * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      if (wait > longest) return failure;
      await delay(wait, undefined, signal && { signal });
    }
  }

  async #attempt(table: ResultTableName, rows: Record<string, unknown>[]): Promise<UploadFailure | undefined> {
    const { ruleId, signal } = this.#options;
    const { timeout } = this.#retry;
    const patience = AbortSignal.timeout(timeout);
    const silent: UploadFailure = { kind: "later", message: `The service did not answer within ${timeout / 1000} s.` };
    try {
      await this.#client.upload(ruleId, streamOf(table), rows, {
        maxConcurrency: 1,
        abortSignal: signal ? AbortSignal.any([signal, patience]) : patience,
      });
      // The SDK may answer an abort with success although nothing was sent.
      return patience.aborted ? silent : undefined;
    } catch (error) {
      return patience.aborted ? silent : uploadFailure(error);
    }
  }
}
