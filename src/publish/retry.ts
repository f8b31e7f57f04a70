import { setTimeout as delay } from "node:timers/promises";

/**
 * What a failed request means. `later`: the same request may pass; `unauthorized`: no request will until somebody grants
 * access; `refused`: this one never will.
 */
export interface SendFailure {
  readonly kind: "later" | "unauthorized" | "refused";
  readonly message: string;
  /** Milliseconds that the service asks to wait. */
  readonly retryAfter?: number;
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

export const RETRY: RetryOptions = { attempts: 6, first: 1000, longest: 60_000, timeout: 60_000 };

const LATER = new Set([408, 429, 500, 502, 503, 504]);

/** By the HTTP status of an answer; undefined where none came. */
export function statusKind(status: number | undefined): SendFailure["kind"] {
  if (status === 401 || status === 403) return "unauthorized";
  return status === undefined || LATER.has(status) ? "later" : "refused";
}

interface Headers {
  get(name: string): string | null | undefined;
}

/** Milliseconds. `Retry-After` counts seconds or names a date; Azure also knows two headers in milliseconds. */
export function waitOf(headers: Headers | undefined): number | undefined {
  const milliseconds = Number(headers?.get("retry-after-ms") ?? headers?.get("x-ms-retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  const text = headers?.get("retry-after");
  if (!text) return undefined;
  const seconds = Number(text);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

/** Repeats what may pass later. Answers the last failure, or undefined for success; throws only when aborted. */
export async function repeated(
  attempt: () => Promise<SendFailure | undefined>,
  { attempts, first, longest }: RetryOptions,
  signal?: AbortSignal,
): Promise<SendFailure | undefined> {
  for (let n = 1; ; n++) {
    const failure = await attempt();
    signal?.throwIfAborted();
    if (failure?.kind !== "later" || n >= attempts) return failure;
    const wait = failure.retryAfter ?? first * 2 ** (n - 1) * (0.5 + Math.random() / 2);
    if (wait > longest) return failure;
    await delay(wait, undefined, signal && { signal });
  }
}
