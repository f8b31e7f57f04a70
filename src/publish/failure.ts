import { isAggregateLogsUploadError } from "@azure/monitor-ingestion";

/**
 * What a failed upload means. `later`: the same request may pass; `unauthorized`: no request will until somebody grants
 * access; `refused`: this one never will.
 */
export interface UploadFailure {
  readonly kind: "later" | "unauthorized" | "refused";
  readonly message: string;
  /** Milliseconds that the service asks to wait. */
  readonly retryAfter?: number;
}

/** The parts of the SDK's RestError that are used, which several packages define. */
interface RestFailure extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly response?: { readonly headers: { get(name: string): string | undefined } };
}

const LATER = new Set([408, 429, 500, 502, 503, 504]);
const CREDENTIAL = /^(?:CredentialUnavailable|(?:Aggregate)?Authentication|AuthenticationRequired)Error$/;

/** The service's own error behind what the SDK wraps; its `AggregateLogsUploadError` has no message of its own. */
function causeOf(error: unknown): RestFailure {
  const cause = isAggregateLogsUploadError(error) ? error.errors[0]?.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause));
}

export function uploadFailure(error: unknown): UploadFailure {
  const cause = causeOf(error);
  const { statusCode, name } = cause;
  const [first = name] = cause.message.split("\n");
  if (CREDENTIAL.test(name)) return { kind: "unauthorized", message: `No token could be had: ${first}` };
  const message = statusCode === undefined ? first : `HTTP ${statusCode}: ${first}`;
  if (statusCode === 401 || statusCode === 403) return { kind: "unauthorized", message };
  if (statusCode !== undefined && !LATER.has(statusCode)) return { kind: "refused", message };
  const retryAfter = retryAfterOf(cause.response?.headers);
  return { kind: "later", message, ...(retryAfter !== undefined && { retryAfter }) };
}

/** `Retry-After` counts seconds or names a date; Azure also knows two headers in milliseconds. */
function retryAfterOf(headers: { get(name: string): string | undefined } | undefined): number | undefined {
  const milliseconds = Number(headers?.get("retry-after-ms") ?? headers?.get("x-ms-retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  const text = headers?.get("retry-after");
  if (text === undefined) return undefined;
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}
