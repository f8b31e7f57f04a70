import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { ZtlensError } from "../../src/core/errors.ts";
import type { QueryResult, Timespan, Value } from "../../src/core/kusto.ts";
import { parseIsoDatetime, TICKS_PER_DAY, ticksOfDate } from "../../src/core/ticks.ts";
import type { Fault } from "./faults.ts";
import { type Running, readBody, sendJson, serveHttps } from "./https.ts";

/** A request as the server understood it. */
export interface Asked {
  readonly path: string;
  readonly query: string;
  readonly timespan: string | undefined;
  readonly workspaces: readonly string[];
  readonly prefer: ReadonlyMap<string, string>;
  readonly headers: IncomingMessage["headers"];
}

export interface LogsServerOptions {
  /** Answers a query; its errors become the service's. */
  readonly answer: (query: string, timespan: Timespan | undefined) => Promise<QueryResult>;
  /** The tokens that are accepted. Default: `token`. */
  readonly tokens?: ReadonlySet<string>;
  /** A fault in the place of an answer. Called once per authorised request. */
  readonly fault?: (asked: Asked, count: number) => Fault | undefined;
  /** Rows and bytes after which an answer is cut. */
  readonly maxRows?: number;
  readonly maxBytes?: number;
  /** Body members beside `tables`. */
  readonly extra?: (asked: Asked) => object;
}

export interface LogsServer extends Running {
  readonly asked: Asked[];
  /** The most requests that were being answered at the same time. */
  readonly peak: () => number;
}

const MAX_WAIT = 600;
const PATH = /^\/v1\/(workspaces\/[0-9a-f-]{36}|subscriptions\/.+?)\/(query|search)$/;

const badArgument = (message: string, inner?: object): object => ({
  error: { code: "BadArgumentError", message, correlationId: "c0ffee", ...(inner && { innererror: inner }) },
});

/** Parses `start/end`, `P1D`, `start/P1D`, `P1D/end` as the service does; undefined where it is none of these. */
function parseTimespan(text: string): Timespan | undefined {
  const duration = (part: string): bigint | undefined => {
    const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(part);
    return match ? BigInt(match[1] ?? 0) * TICKS_PER_DAY + BigInt(match[2] ?? 0) * (TICKS_PER_DAY / 24n) : undefined;
  };
  const [left = "", right] = text.split("/");
  if (right === undefined) {
    const length = duration(left);
    const now = ticksOfDate(new Date());
    return length === undefined ? undefined : { start: now - length, end: now };
  }
  const [start, end] = [parseIsoDatetime(left), parseIsoDatetime(right)];
  if (start !== undefined && end !== undefined) return { start, end: end + 1n };
  return undefined;
}

const wireCell = (value: Value, type: string): Value =>
  type === "dynamic" ? (value === null ? "" : JSON.stringify(value)) : value;

/** A number as the service writes it: longs in full, although JavaScript cannot hold them. */
function wireRow(row: readonly Value[], types: readonly string[]): string {
  const cells = row.map((value, i) => {
    const type = types[i] ?? "string";
    if (type === "long" && typeof value === "string") return value;
    return JSON.stringify(wireCell(value, type));
  });
  return `[${cells.join(",")}]`;
}

const cutError = (limit: string): object => ({
  code: "PartialError",
  message: "There were some errors when processing your query.",
  details: [
    {
      code: "EngineError",
      message: "Something went wrong processing your query on the server.",
      innererror: {
        code: "-2133196797",
        message: `The results of this query exceed the set limit of ${limit}, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003, see https://aka.ms/kustoquerylimits for more information and possible solutions).`,
        severity: 2,
        severityName: "Error",
      },
    },
  ],
});

/** The body of an answer, cut where it is too large. */
export function logsBody(
  { columns, rows }: QueryResult,
  { maxRows = 500_000, maxBytes = 64_000_000 }: { maxRows?: number; maxBytes?: number } = {},
  extra: object = {},
): string {
  const types = columns.map(({ type }) => type);
  const parts: string[] = [];
  let bytes = 0;
  let error: object | undefined;
  for (const row of rows) {
    if (parts.length >= maxRows) error = cutError(`${maxRows} records`);
    const text = wireRow(row, types);
    bytes += text.length;
    if (bytes > maxBytes) error = cutError(`${maxBytes} bytes`);
    if (error) break;
    parts.push(text);
  }
  const head = JSON.stringify(columns.map(({ name, type }) => ({ name, type })));
  const rest = JSON.stringify({ ...(error && { error }), ...extra }).slice(1, -1);
  return `{"tables":[{"name":"PrimaryResult","columns":${head},"rows":[${parts.join(",")}]}]${rest === "" ? "" : `,${rest}`}}`;
}

function queryError(error: unknown): object {
  if (!(error instanceof ZtlensError)) throw error;
  const [first] = error.diagnostics;
  const isSyntax = first?.code.startsWith("KS00") ?? false;
  return badArgument("The request had some invalid properties", {
    code: isSyntax ? "SyntaxError" : "SemanticError",
    message: isSyntax ? "A recognition error occurred in the query." : "A semantic error occurred.",
    innererror: {
      code: isSyntax ? "SYN0002" : "SEM0100",
      message: first?.message ?? error.message,
      ...(first?.line !== undefined && { line: first.line, pos: first.column }),
    },
  });
}

function readPrefer(header: string | string[] | undefined): Map<string, string> {
  const parts = String(header ?? "")
    .split(",")
    .map((part) => part.trim().split("="));
  return new Map(parts.map(([name = "", value = ""]) => [name, value]));
}

/** An HTTPS server that enforces the Log Analytics query protocol over any engine. */
export async function serveLogs(options: LogsServerOptions): Promise<LogsServer> {
  const asked: Asked[] = [];
  const { tokens = new Set(["token"]) } = options;
  let running = 0;
  let peak = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined || !tokens.has(token)) {
      sendJson(response, 401, { error: { code: "AuthenticationFailed", message: "No valid token" } });
      return;
    }
    const path = new URL(request.url ?? "/", "https://localhost").pathname;
    if (request.method !== "POST" || !PATH.test(path)) {
      sendJson(response, 404, { error: { code: "PathNotFoundError", message: "The requested path does not exist" } });
      return;
    }
    // The service answers a body without a declared type with nothing at all.
    if (!request.headers["content-type"]?.startsWith("application/json")) {
      response.writeHead(200);
      response.end();
      return;
    }
    await answer(request, response, path, JSON.parse(body) as Record<string, unknown>);
  };
  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    { query, timespan, workspaces }: Record<string, unknown>,
  ): Promise<void> => {
    const prefer = readPrefer(request.headers.prefer);
    if (Number(prefer.get("wait") ?? 180) > MAX_WAIT) {
      sendJson(response, 400, badArgument("wait is at most 600"));
      return;
    }
    const span = typeof timespan === "string" ? parseTimespan(timespan) : undefined;
    if (typeof query !== "string" || (timespan !== undefined && !span)) {
      sendJson(response, 400, badArgument("The query or the timespan is not valid"));
      return;
    }
    const record: Asked = {
      path,
      query,
      timespan: timespan as string | undefined,
      workspaces: (workspaces as string[] | undefined) ?? [],
      prefer,
      headers: request.headers,
    };
    const fault = options.fault?.(record, asked.length);
    asked.push(record);
    let text: string;
    try {
      text = logsBody(await options.answer(query, span), options, options.extra?.(record));
    } catch (error) {
      sendJson(response, 400, queryError(error));
      return;
    }
    if (fault) fault(response, text);
    else if (/\bgzip\b/.test(String(request.headers["accept-encoding"]))) {
      response.writeHead(200, { "content-type": "application/json; charset=utf-8", "content-encoding": "gzip" });
      response.end(gzipSync(text, { level: 1 }));
    } else sendJson(response, 200, text);
  };
  const running_ = await serveHttps((request, response) => {
    running += 1;
    peak = Math.max(peak, running);
    response.once("close", () => {
      running -= 1;
    });
    handle(request, response).catch((error: unknown) => {
      sendJson(response, 500, { error: { code: "InternalServerError", message: String(error) } });
    });
  });
  return { ...running_, asked, peak: () => peak };
}

/** Answers from the embedded engine. */
export const answerFrom =
  (backend: EmbeddedBackend) =>
  (query: string, timespan: Timespan | undefined): Promise<QueryResult> =>
    backend.query(query, timespan ? { timespan } : {});
