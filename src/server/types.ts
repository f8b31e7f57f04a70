import type { IncomingHttpHeaders } from "node:http";
import type { EmbeddedBackend } from "../backends/embedded/backend.ts";

/** What a protocol answers from. */
export interface Service {
  readonly backend: EmbeddedBackend;
  /** What `now()` answers, in ticks; undefined is the wall clock. */
  readonly now: bigint | undefined;
  readonly limits: Limits;
}

/** Where an answer is cut, and said to be. */
export interface Limits {
  readonly rows: number;
  readonly bytes: number;
}

/** The service's own: 500,000 rows, 64 MB. Source: https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits */
export const SERVICE_LIMITS: Limits = { rows: 500_000, bytes: 64_000_000 };
export const NO_LIMITS: Limits = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

export interface Request {
  readonly method: string;
  /** Without its query string, percent-decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The JSON object of the body; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

/** A body is text in pieces: it is sent while the query still runs. */
export interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<string> | Iterable<string>;
}

/** One wire protocol: the paths that it knows, and the form of its errors. */
export interface Protocol {
  /** Undefined where the path belongs to nobody here. */
  handle(request: Request, service: Service): Promise<Response> | undefined;
  error(failure: Failure): Response;
}

/** What went wrong, for the protocol to word. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** The query's own mistake, in Kusto's terms. */
  readonly inner?: InnerError;
}

export interface InnerError {
  readonly kind: "SyntaxError" | "SemanticError";
  readonly code: string;
  readonly message: string;
  readonly line?: number;
  /** 0-based, as the service counts. */
  readonly position?: number;
}

/** Ends a request with the failure that it carries. */
export class RequestError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.failure = failure;
  }
}
