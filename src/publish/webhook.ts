import { isLoopback } from "../backends/auth/clouds.ts";
import { IncompleteDataError, UnauthorizedError, UsageError, type ZtlensError } from "../core/errors.ts";
import { jsonLine } from "../core/text/json.ts";
import { EventOutbox } from "./event-outbox.ts";
import type { ChangeEvent } from "./events.ts";
import { RETRY, type RetryOptions, repeated, type SendFailure, statusKind, waitOf } from "./retry.ts";

export interface WebhookOptions {
  /** https, or http on this machine. The whole of it may be a secret: no message holds more than its origin. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token?: string;
  readonly retry?: Partial<RetryOptions>;
  readonly signal?: AbortSignal;
}

export interface Telling {
  /** Events that the receiver has taken. */
  readonly taken: number;
  readonly waiting: number;
  /** Why the first of them waits. */
  readonly failure?: SendFailure;
}

/** Throws `UsageError` for what no event may be sent to. */
export function webhookUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url))) return url;
  throw new UsageError("The webhook is no https address.");
}

/**
 * Sends one event per request, as JSON: its own answer says what became of it. A receiver that wants no duplicates knows
 * an event by its `jti`, which is also the request's Idempotency-Key.
 */
async function post(
  event: ChangeEvent,
  url: URL,
  { token, signal }: WebhookOptions,
  timeout: number,
): Promise<SendFailure | undefined> {
  const patience = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, {
      method: "POST",
      body: jsonLine(event),
      redirect: "error",
      headers: {
        "content-type": "application/json",
        "idempotency-key": event.jti,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    const retryAfter = waitOf(response.headers);
    return {
      kind: statusKind(response.status),
      message: `${url.origin} answered HTTP ${response.status}`,
      ...(retryAfter !== undefined && { retryAfter }),
    };
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
    const silent = patience.aborted ? ` within ${timeout / 1000} s` : reason;
    return { kind: "later", message: `${url.origin} gave no answer${silent}` };
  }
}

/**
 * Keeps the events of a run, then tells them and whatever earlier runs have left. An event that the receiver refuses
 * waits on without holding up the others. Throws only when aborted.
 */
export async function tell(
  events: readonly ChangeEvent[],
  { state, webhook }: { readonly state: string; readonly webhook: WebhookOptions },
): Promise<Telling> {
  const url = webhookUrl(webhook.url);
  const retry = { ...RETRY, ...webhook.retry };
  const outbox = new EventOutbox(state);
  outbox.add(events);
  let taken = 0;
  let failure: SendFailure | undefined;
  for (const file of outbox.waiting()) {
    const event = outbox.read(file);
    const failed = await repeated(() => post(event, url, webhook, retry.timeout), retry, webhook.signal);
    failure ??= failed;
    if (!failed) {
      outbox.taken(file, event);
      taken += 1;
    } else if (failed.kind !== "refused") break;
  }
  return { taken, waiting: outbox.waiting().length, ...(failure && { failure }) };
}

/** The error that a telling ends a command with, or undefined when nothing waits. */
export function tellingError({ failure, waiting }: Telling): ZtlensError | undefined {
  if (!failure) return undefined;
  const kept = `${waiting} ${waiting === 1 ? "event waits" : "events wait"}; the next run tells them.`;
  const message = `The events were not taken (${failure.message}). ${kept}`;
  return failure.kind === "unauthorized" ? new UnauthorizedError(message) : new IncompleteDataError(message);
}
