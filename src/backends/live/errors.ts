import type { Diagnostic } from "../../core/errors.ts";

/**
 * What a failed request means for the next step. `busy`, `transient`: the same request later; `heavy`: a smaller
 * request; the others: no request of this kind will do.
 */
export type FailureKind = "busy" | "transient" | "heavy" | "query" | "unauthenticated" | "forbidden" | "missing";

export interface FailureFacts {
  readonly kind: FailureKind;
  readonly message: string;
  /** HTTP status; absent when no answer came. */
  readonly status?: number;
  readonly code?: string;
  /** Milliseconds that the service asks to wait. */
  readonly retryAfter?: number;
  /** Where a query is wrong. */
  readonly diagnostics?: readonly Diagnostic[];
}

/** A request that a service refused or did not answer. Stays inside the live backends: they translate it. */
export class RequestFailure extends Error {
  readonly facts: FailureFacts;

  constructor(facts: FailureFacts, options?: ErrorOptions) {
    super(facts.message, options);
    this.name = "RequestFailure";
    this.facts = facts;
  }

  get kind(): FailureKind {
    return this.facts.kind;
  }
}

/** The body of an error as Log Analytics and Kusto write it: causes nest in `innererror`. */
export interface ErrorBody {
  readonly code?: string;
  readonly message?: string;
  readonly "@message"?: string;
  readonly "@permanent"?: boolean;
  readonly severity?: number;
  readonly line?: number;
  readonly pos?: number;
  readonly innererror?: ErrorBody;
  readonly details?: readonly ErrorBody[];
}

/** An error with its causes, the outermost first. */
export function causes(body: ErrorBody | undefined): ErrorBody[] {
  const chain: ErrorBody[] = [];
  for (let next = body; next && chain.length < 10; next = next.innererror) chain.push(next);
  return [...chain, ...chain.flatMap(({ details = [] }) => details.flatMap(causes))];
}

const HEAVY = /timed out|timeout|exceeded memory|low memory|80DA0001|80DA0007|E_RUNAWAY_QUERY|E_LOW_MEMORY/i;

/** Whether an error says that the query needs more time or memory than the service gives. */
export const isHeavy = (body: ErrorBody | undefined): boolean =>
  causes(body).some(({ code, message, "@message": detail }) => HEAVY.test(`${code} ${message} ${detail}`));

/** The innermost message, which says what is wrong; the outer ones only that something is. */
export function innermost(body: ErrorBody | undefined): ErrorBody | undefined {
  return causes(body).findLast(({ message, "@message": detail }) => (detail ?? message ?? "") !== "");
}

const BY_STATUS: Readonly<Record<number, FailureKind>> = {
  400: "query",
  401: "unauthenticated",
  403: "forbidden",
  404: "missing",
  408: "heavy",
  413: "heavy",
  429: "busy",
  503: "busy",
  504: "heavy",
};

/** The kind of a failed HTTP answer. */
export function kindOf(status: number, body: ErrorBody | undefined): FailureKind {
  if (status === 400 && isHeavy(body)) return "heavy";
  return BY_STATUS[status] ?? (status >= 500 ? "transient" : "query");
}

type Headers = { get(name: string): string | null | undefined };

/** Milliseconds of a `Retry-After` header (seconds or a date) or of Azure's own in milliseconds. */
export function retryAfterOf(headers: Headers, now = Date.now()): number | undefined {
  for (const name of ["retry-after-ms", "x-ms-retry-after-ms"]) {
    const value = Number(headers.get(name) ?? Number.NaN);
    if (Number.isFinite(value) && value >= 0) return value;
  }
  const text = headers.get("retry-after");
  if (text === null || text === undefined || text.trim() === "") return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
