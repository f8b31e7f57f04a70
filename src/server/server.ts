import { createHash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps } from "node:https";
import { isIP } from "node:net";
import { createGunzip, createGzip } from "node:zlib";
import { badRequest, failureOf } from "./failure.ts";
import { kusto } from "./kusto/protocol.ts";
import { logs } from "./logs/protocol.ts";
import { type Protocol, type Request, RequestError, type Response, type Service } from "./types.ts";

export interface ServerOptions {
  readonly service: Service;
  /** What clients must send as bearer token. */
  readonly token?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Told once per request: method, path, status, milliseconds, and what failed inside. */
  readonly onRequest?: (entry: RequestEntry) => void;
}

export interface RequestEntry {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly defect?: unknown;
}

const PROTOCOLS: readonly Protocol[] = [kusto, logs];
const LARGEST_BODY = 16 * 2 ** 20;

/** An HTTP(S) server that speaks the Log Analytics query API and Kusto's REST API over one backend. Listen on it. */
export function createServer(options: ServerOptions): Server {
  const listener: RequestListener = (message, reply) => void serve(message, reply, options);
  return options.tls ? createHttps({ ...options.tls }, listener) : createHttp(listener);
}

async function serve(message: IncomingMessage, reply: ServerResponse, options: ServerOptions): Promise<void> {
  const started = performance.now();
  const { pathname } = new URL(message.url ?? "/", "http://localhost");
  const protocol = /\/rest\/|^\/v2\//i.test(pathname) ? kusto : logs;
  const hungUp = new AbortController();
  reply.once("close", () => hungUp.abort());
  let defect: unknown;
  try {
    authorize(message, options.token);
    await send(message, reply, await dispatch(await readRequest(message, hungUp.signal), options.service));
  } catch (error) {
    const failure = failureOf(error);
    if (failure.status >= 500) defect = error;
    if (reply.headersSent) reply.destroy();
    else await send(message, reply, protocol.error(failure)).catch(() => reply.destroy());
  }
  const entry = {
    method: message.method ?? "",
    path: pathname,
    status: reply.statusCode,
    milliseconds: performance.now() - started,
  };
  options.onRequest?.({ ...entry, ...(defect !== undefined && { defect }) });
}

async function dispatch(request: Request, service: Service): Promise<Response> {
  for (const protocol of PROTOCOLS) {
    const answer = protocol.handle(request, service);
    if (answer) return answer;
  }
  throw new RequestError({ status: 404, code: "PathNotFoundError", message: "The requested path does not exist" });
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * With a token the caller must show it. Without one only this machine reaches the server, and a page in a browser must
 * not: a name other than this machine's own in `Host` is a rebound one.
 */
function authorize({ headers }: IncomingMessage, token: string | undefined): void {
  if (token === undefined) {
    const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
    if (host === "localhost" || isIP(host) !== 0) return;
    throw new RequestError({
      status: 403,
      code: "InsufficientAccessError",
      message: "This endpoint answers to localhost.",
    });
  }
  const [, given = ""] = /^Bearer (.+)$/i.exec(headers.authorization ?? "") ?? [];
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new RequestError({
    status: 401,
    code: "AuthenticationFailed",
    message: "The request has no valid bearer token.",
  });
}

async function readRequest(message: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const url = new URL(message.url ?? "/", "http://localhost");
  const method = message.method ?? "GET";
  return {
    method,
    path: decoded(url.pathname),
    query: url.searchParams,
    headers: message.headers,
    body: method === "POST" ? await readBody(message) : {},
    signal,
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest("The path is not well encoded.");
  }
}

/** A form that a page could post without asking has another content type and is refused. */
async function readBody(message: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json\b/i.test(message.headers["content-type"] ?? ""))
    throw new RequestError({
      status: 415,
      code: "UnsupportedMediaType",
      message: "The content type must be application/json.",
    });
  const gzip = message.headers["content-encoding"]?.toLowerCase() === "gzip";
  const stream = gzip ? message.pipe(createGunzip()) : message;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LARGEST_BODY)
        throw new RequestError({
          status: 413,
          code: "RequestEntityTooLarge",
          message: "The request is larger than 16 MiB.",
        });
      chunks.push(chunk);
    }
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch (error) {
    if (error instanceof RequestError) throw error;
  }
  throw badRequest("The body is not a JSON object.");
}

async function send(message: IncomingMessage, reply: ServerResponse, response: Response): Promise<void> {
  const gzip = /\bgzip\b/i.test(String(message.headers["accept-encoding"] ?? ""));
  const request = message.headers["x-ms-client-request-id"];
  reply.writeHead(response.status, {
    ...response.headers,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(request !== undefined && { "x-ms-client-request-id": request }),
    ...(gzip && { "content-encoding": "gzip" }),
  });
  const out = gzip ? createGzip({ level: 1 }) : reply;
  if (out !== reply) out.pipe(reply);
  for await (const piece of response.body) {
    if (reply.destroyed) return;
    if (!out.write(piece)) await Promise.race([once(out, "drain"), once(reply, "close")]);
  }
  out.end();
  if (!reply.writableFinished && !reply.destroyed) await Promise.race([once(reply, "finish"), once(reply, "close")]);
}
