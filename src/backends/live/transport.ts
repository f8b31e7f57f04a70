import type { Column, Timespan, Value } from "../../core/kusto.ts";

export interface Request {
  readonly kql: string;
  readonly timespan?: Timespan;
  readonly signal?: AbortSignal;
  /** Names the request in the service's logs and in ours. */
  readonly id: string;
}

/** One answer of a service, in the form of `QueryResult`. */
export interface Answer {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
  /** Why rows are missing. */
  readonly cut?: string;
  /** What the service remarked although all rows are there: evidence about tables that are not. */
  readonly warnings: readonly string[];
  /** Tables that the identity may not read, where the service tells. */
  readonly denied?: readonly string[];
}

/** Sends one request to a service, once. Throws `RequestFailure`, or the reason of an abort. */
export interface Transport {
  /** The service as messages and manifests name it. */
  readonly name: string;
  /** The value of OpenTelemetry's `db.system.name`. */
  readonly system: string;
  ask(request: Request): Promise<Answer>;
}
