import { isAggregateLogsUploadError } from "@azure/monitor-ingestion";
import { type SendFailure, statusKind, waitOf } from "./retry.ts";

/** The parts of the SDK's RestError that are used, which several packages define. */
interface RestFailure extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly response?: { readonly headers: { get(name: string): string | undefined } };
}

const CREDENTIAL = /^(?:CredentialUnavailable|(?:Aggregate)?Authentication|AuthenticationRequired)Error$/;

/** The service's own error behind what the SDK wraps; its `AggregateLogsUploadError` has no message of its own. */
function causeOf(error: unknown): RestFailure {
  const cause = isAggregateLogsUploadError(error) ? error.errors[0]?.cause : error;
  return cause instanceof Error ? cause : new Error(String(cause));
}

export function uploadFailure(error: unknown): SendFailure {
  const cause = causeOf(error);
  const { statusCode, name } = cause;
  const [first = name] = cause.message.split("\n");
  if (CREDENTIAL.test(name)) return { kind: "unauthorized", message: `No token could be had: ${first}` };
  const message = statusCode === undefined ? first : `HTTP ${statusCode}: ${first}`;
  const kind = statusKind(statusCode);
  const retryAfter = kind === "later" ? waitOf(cause.response?.headers) : undefined;
  return { kind, message, ...(retryAfter !== undefined && { retryAfter }) };
}
