import { type Attributes, metrics, type Span, type SpanOptions, trace } from "@opentelemetry/api";
import { afterAll, expect, test } from "vitest";
import { trustCertificate } from "../../servers/https.ts";

/*
 * A provider of our own, registered by the API as an SDK registers itself: before ztlens is loaded.
 */
interface Seen {
  readonly name: string;
  readonly attributes: Attributes;
  status?: string;
  ended: boolean;
}
const spans: Seen[] = [];
const measured: { readonly name: string; readonly value: number; readonly attributes: Attributes | undefined }[] = [];

const spanOf = (name: string, options: SpanOptions): Span => {
  const seen: Seen = { name, attributes: { ...options.attributes }, ended: false };
  spans.push(seen);
  const span: Partial<Span> = {
    setAttribute: (key, value) => {
      seen.attributes[key] = value;
      return span as Span;
    },
    setStatus: ({ message }) => {
      seen.status = message ?? "";
      return span as Span;
    },
    end: () => {
      seen.ended = true;
    },
  };
  return span as Span;
};
const instrument = (name: string) => {
  const note = (value: number, attributes?: Attributes): void => void measured.push({ name, value, attributes });
  return { add: note, record: note };
};
trace.setGlobalTracerProvider({
  getTracer: () => ({
    startSpan: (name: string, options: SpanOptions = {}) => spanOf(name, options),
    startActiveSpan: ((name: string, options: SpanOptions, run: (span: Span) => unknown) =>
      run(spanOf(name, options))) as never,
  }),
});
metrics.setGlobalMeterProvider({
  getMeter: () => ({ createHistogram: instrument, createCounter: instrument }) as never,
});
afterAll(() => {
  trace.disable();
  metrics.disable();
});

test("every request is a span and is counted; no query text and no token is in it", async () => {
  await trustCertificate();
  const { engineOf, openWorkspace } = await import("../logs/support.ts");
  const { LASTING_FAULTS, PASSING_FAULTS } = await import("../../servers/faults.ts");
  const { answerFrom } = await import("../../servers/logs.ts");
  const engine = await engineOf({ SigninLogs: [{ TimeGenerated: "2026-01-01T00:00:00Z", Id: "a" }] });
  const { backend, close } = await openWorkspace({
    answer: answerFrom(engine),
    fault: (_, n) => (n === 0 ? PASSING_FAULTS.badGatewayHtml : n === 2 ? LASTING_FAULTS.forbidden : undefined),
  });
  try {
    await backend.query("SigninLogs | where Id == 'a'");
    await expect(backend.query("print 'very private'")).rejects.toThrow("refuses this identity");
  } finally {
    await close();
    await engine.close();
  }
  expect(spans.map(({ name, ended, attributes }) => [name, ended, attributes["ztlens.attempt"]])).toEqual([
    ["query", true, 1],
    ["query", true, 2],
    ["query", true, 1],
  ]);
  expect(spans[1]?.attributes).toMatchObject({
    "db.system.name": "azure.loganalytics",
    "db.response.returned_rows": 1,
  });
  expect(spans[0]?.status).toContain("HTTP 502");
  const named = (name: string) => measured.filter((entry) => entry.name === name).map(({ value }) => value);
  expect(named("db.client.operation.duration")).toHaveLength(3);
  expect(named("ztlens.query.rows")).toEqual([1]);
  expect(named("ztlens.query.failures")).toEqual([1, 1]);
  expect(JSON.stringify([spans, measured])).not.toMatch(/very private|SigninLogs|Bearer/);
});
