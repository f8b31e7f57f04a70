import { LogsIngestionClient, type LogsIngestionClientOptions } from "@azure/monitor-ingestion";
import type { Cloud } from "../backends/auth/clouds.ts";
import type { ResultTableName } from "../tables/results.ts";
import { uploadFailure } from "./failure.ts";
import { RETRY, type RetryOptions, repeated, type SendFailure } from "./retry.ts";

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
  send(table: ResultTableName, rows: Record<string, unknown>[]): Promise<SendFailure | undefined> {
    return repeated(() => this.#attempt(table, rows), this.#retry, this.#options.signal);
  }

  async #attempt(table: ResultTableName, rows: Record<string, unknown>[]): Promise<SendFailure | undefined> {
    const { ruleId, signal } = this.#options;
    const { timeout } = this.#retry;
    const patience = AbortSignal.timeout(timeout);
    const silent: SendFailure = { kind: "later", message: `The service did not answer within ${timeout / 1000} s.` };
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
