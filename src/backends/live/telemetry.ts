import { metrics, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { redactSecrets } from "../../core/text/secrets.ts";

/*
 * Spans and metrics of the OpenTelemetry API: without an SDK in the process they cost nothing and go nowhere. Names
 * follow the semantic conventions for databases. Query text is in no attribute: it can hold what is searched for.
 */
const tracer = trace.getTracer("ztlens");
const meter = metrics.getMeter("ztlens");

const duration = meter.createHistogram("db.client.operation.duration", {
  unit: "s",
  description: "Time of one request to a query service",
});
const returned = meter.createCounter("ztlens.query.rows", {
  unit: "{row}",
  description: "Rows that services answered",
});
const failures = meter.createCounter("ztlens.query.failures", {
  unit: "{request}",
  description: "Requests that a service refused or did not answer",
});

export interface SpanFacts {
  readonly system: string;
  readonly id: string;
  readonly attempt: number;
}

/** Runs one request inside a span, which is the parent of what it sends. `rowsOf` counts its answer. */
export function traced<T>(
  { system, id, attempt }: SpanFacts,
  task: () => Promise<T>,
  rowsOf: (answer: T) => number,
): Promise<T> {
  const attributes = { "db.system.name": system, "db.operation.name": "query" };
  const details = { ...attributes, "ztlens.request.id": id, "ztlens.attempt": attempt };
  return tracer.startActiveSpan("query", { kind: SpanKind.CLIENT, attributes: details }, async (span) => {
    const start = performance.now();
    try {
      const answer = await task();
      const rows = rowsOf(answer);
      span.setAttribute("db.response.returned_rows", rows);
      returned.add(rows, attributes);
      return answer;
    } catch (error) {
      recordFailure(span, error);
      failures.add(1, attributes);
      throw error;
    } finally {
      duration.record((performance.now() - start) / 1000, attributes);
      span.end();
    }
  });
}

function recordFailure(span: Span, error: unknown): void {
  const message = redactSecrets(error instanceof Error ? error.message : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute("error.type", error instanceof Error ? error.name : "unknown");
}
