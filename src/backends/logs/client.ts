import type { TokenCredential } from "@azure/identity";
import { LogsQueryClient } from "@azure/monitor-query-logs";
import { UsageError, ZtlensError } from "../../core/errors.ts";
import type { Timespan } from "../../core/kusto.ts";
import { packageVersion } from "../../core/package.ts";
import { formatDatetime } from "../../core/ticks.ts";
import { isLoopback } from "../auth/clouds.ts";
import { credentialFailure } from "../auth/credential.ts";
import { RequestFailure } from "../live/errors.ts";
import type { Answer, Request, Transport } from "../live/transport.ts";
import { readAnswer } from "./answer.ts";

export interface LogsClientOptions {
  /** GUID of the workspace, or the resource id of a workspace or of any resource whose logs are asked. */
  readonly workspace: string;
  /** Names, GUIDs or resource ids of further workspaces that every query spans; at most 99. */
  readonly additionalWorkspaces?: readonly string[];
  /** With its version, such as `https://api.loganalytics.io/v1`. */
  readonly endpoint: string;
  readonly scope: string;
  /** Absent: requests go without a token, which only a local endpoint may ask for. */
  readonly credential?: TokenCredential;
  /** `search` is the route of tables on the Basic and Auxiliary plans. */
  readonly route?: "query" | "search";
  /** Seconds that the service may work on a query, at most 600. */
  readonly timeout?: number;
}

type Policy = Parameters<LogsQueryClient["pipeline"]["addPolicy"]>[0];

const REQUEST_ID = "x-ms-client-request-id";
/** Milliseconds beyond the service's own limit after which no answer is expected any more. */
const GRACE = 30_000;
const MAX_WORKSPACES = 99;

/** A call that is on its way: what the SDK's convenience layer drops, the policy finds here. */
interface Call {
  readonly request: Request;
  answer?: Answer;
}

/** Both ends belong to the interval: the last tick before the open end closes it. */
const interval = ({ start, end }: Timespan): string => `${formatDatetime(start)}/${formatDatetime(end - 1n)}`;

/**
 * The Log Analytics query API by Microsoft's client. A pipeline policy does what its version 1.0.0 does not: it honours
 * aborts, sends times with all seven digits, reads the whole error and every digit of a number, and takes no empty or
 * foreign body for an answer.
 */
export class LogsTransport implements Transport {
  readonly name: string;
  readonly system = "azure.loganalytics";
  readonly #client: LogsQueryClient;
  readonly #options: LogsClientOptions;
  readonly #calls = new Map<string, Call>();

  constructor(options: LogsClientOptions) {
    const { endpoint, scope, credential, workspace, additionalWorkspaces = [] } = options;
    const url = new URL(endpoint);
    if (url.protocol !== "https:" && !isLoopback(url)) throw new UsageError(`${endpoint} is not https.`);
    if (!credential && !isLoopback(url))
      throw new UsageError(`${endpoint} needs a token; --auth none is for local use.`);
    if (additionalWorkspaces.length > MAX_WORKSPACES) {
      throw new UsageError(`A query spans at most ${MAX_WORKSPACES + 1} workspaces.`);
    }
    this.name = `Log Analytics ${workspace}`;
    this.#options = options;
    // The client takes no credential for none, although its type demands one.
    this.#client = new LogsQueryClient(credential as TokenCredential, {
      endpoint,
      credentials: { scopes: [scope] },
      retryOptions: { maxRetries: 0 },
      userAgentOptions: { userAgentPrefix: `ztlens/${packageVersion()}` },
      allowInsecureConnection: url.protocol === "http:",
    });
    this.#client.pipeline.addPolicy(this.#policy());
  }

  async ask(request: Request): Promise<Answer> {
    const call: Call = { request };
    this.#calls.set(request.id, call);
    try {
      await this.#send(request);
    } catch (error) {
      throw this.#failure(error, request);
    } finally {
      this.#calls.delete(request.id);
    }
    if (!call.answer) throw new RequestFailure({ kind: "transient", message: "the answer was lost" });
    return call.answer;
  }

  async #send({ kql, id }: Request): Promise<void> {
    const { workspace, additionalWorkspaces, timeout = 600 } = this.#options;
    const options = {
      serverTimeoutInSeconds: timeout,
      ...(additionalWorkspaces?.length && { additionalWorkspaces: [...additionalWorkspaces] }),
      requestOptions: {
        timeout: timeout * 1000 + GRACE,
        headers: {
          [REQUEST_ID]: id,
          "cache-control": "no-cache",
          prefer: `wait=${timeout},include-permissions=true`,
        },
      },
    };
    const window = { startTime: new Date(0), endTime: new Date(0) };
    if (workspace.includes("/")) await this.#client.queryResource(workspace.replace(/^\/+/, ""), kql, window, options);
    else await this.#client.queryWorkspace(workspace, kql, window, options);
  }

  #policy(): Policy {
    return {
      name: "ztlensExactAnswers",
      sendRequest: async (message, next) => {
        const call = this.#calls.get(message.headers.get(REQUEST_ID) ?? "");
        if (!call) return next(message);
        const { timespan, signal } = call.request;
        if (signal) message.abortSignal = signal;
        if (typeof message.body === "string") {
          const { timespan: _, ...body } = JSON.parse(message.body) as Record<string, unknown>;
          message.body = JSON.stringify({ ...body, ...(timespan && { timespan: interval(timespan) }) });
        }
        if (this.#options.route === "search") message.url = message.url.replace(/\/query(?=$|\?)/, "/search");
        const response = await next(message);
        call.answer = readAnswer(response);
        // What the SDK would make of it is not used.
        return { ...response, bodyAsText: '{"tables":[]}' };
      },
    };
  }

  #failure(error: unknown, { signal }: Request): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof ZtlensError || error instanceof RequestFailure) return error;
    const unauthorized = credentialFailure(error);
    if (unauthorized) return unauthorized;
    const { message, code, name } = error as { message?: string; code?: string; name?: string };
    if (name === "AbortError") return new RequestFailure({ kind: "heavy", message: "no answer came in time" });
    const facts = { kind: "transient" as const, message: message ?? String(error), ...(code && { code }) };
    return new RequestFailure(facts, { cause: error });
  }
}
