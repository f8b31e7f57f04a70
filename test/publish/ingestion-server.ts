import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { certificate, serveHttps } from "../servers/https.ts";

export const RULE = "dcr-0123456789abcdef0123456789abcdef";
/** What the identities of the tests answer. */
export const TOKEN = "token";

const LIMIT = 1_048_576;

/**
 * What goes wrong with one request. `reset`: before it is taken; `lost`: after, so that only the answer is missing;
 * `silent`: no answer ever comes.
 */
export type Fault = "429" | "429-date" | "500" | "502-html" | "503" | "reset" | "lost" | "slow" | "silent";

export interface IngestionServer {
  readonly endpoint: string;
  /** PEM of the certificate, for `ca`. */
  readonly certificate: string;
  /** Every row that was taken, by stream, in order, however often it was sent. */
  readonly rows: ReadonlyMap<string, Record<string, unknown>[]>;
  /** HTTP status of each request that was answered. */
  readonly statuses: readonly number[];
  readonly largest: number;
  /** Decides the fault of the next request; undefined for none. */
  fault: () => Fault | undefined;
  /** When false every token is refused, as before a role assignment has spread. */
  granted: boolean;
  close(): Promise<void>;
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const body = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

const tooLarge = (size: number): Refusal =>
  new Refusal(413, `Maximum allowed content length: ${LIMIT} bytes (1 MB). Provided content length: ${size} bytes.`);

/** The rows of a request that keeps the protocol of the Logs Ingestion API, api-version 2023-01-01. */
function accepted(
  request: IncomingMessage,
  raw: Buffer,
  streams: ReadonlySet<string>,
  granted: boolean,
): [string, Record<string, unknown>[]] {
  const url = new URL(request.url ?? "", "https://localhost");
  const [, rule, stream = ""] = /^\/dataCollectionRules\/([^/]+)\/streams\/([^/]+)$/.exec(url.pathname) ?? [];
  const { headers } = request;
  if (request.method !== "POST" || url.searchParams.get("api-version") !== "2023-01-01")
    throw new Refusal(400, "bad request");
  if (headers.authorization !== `Bearer ${TOKEN}`) throw new Refusal(401, "no bearer token");
  if (!granted)
    throw new Refusal(
      403,
      `The authentication token provided does not have access to ingest data for the data collection rule with immutable Id '${rule}'.`,
    );
  if (rule !== RULE) throw new Refusal(404, `Data collection rule with immutable Id '${rule}' not found.`);
  if (!streams.has(stream)) throw new Refusal(400, `Stream: ${stream} was not found in the data collection rule.`);
  if (headers["content-encoding"] !== "gzip" || !headers["content-type"]?.startsWith("application/json"))
    throw new Refusal(415, "not JSON in gzip");
  if (raw.length > LIMIT) throw tooLarge(raw.length);
  const text = gunzipSync(raw);
  if (text.length > LIMIT) throw tooLarge(text.length);
  const rows: unknown = JSON.parse(text.toString("utf8"));
  if (!Array.isArray(rows)) throw new Refusal(400, "The body is no JSON array.");
  return [stream, rows];
}

/** A local Logs Ingestion endpoint that enforces the protocol and goes wrong on demand. */
export async function ingestionServer(streams: readonly string[]): Promise<IngestionServer> {
  const rows = new Map<string, Record<string, unknown>[]>();
  const statuses: number[] = [];
  let largest = 0;
  const known = new Set(streams);
  const answer = (response: ServerResponse, status: number, headers: Record<string, string>, text = ""): void => {
    statuses.push(status);
    response.writeHead(status, headers).end(text);
  };
  const refuse = (response: ServerResponse, { status, message }: Refusal): void =>
    answer(
      response,
      status,
      { "content-type": "application/json", "x-ms-error-code": "OperationFailed" },
      JSON.stringify({ error: { code: "OperationFailed", message } }),
    );
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const fault = state.fault();
    if (fault === "reset") return void request.socket.destroy();
    const raw = await body(request);
    if (fault === "silent") return;
    if (fault === "429") return answer(response, 429, { "retry-after-ms": "1" });
    if (fault === "429-date") return answer(response, 429, { "retry-after": new Date(Date.now()).toUTCString() });
    if (fault === "502-html")
      return answer(response, 502, { "content-type": "text/html" }, "<html><h1>Bad Gateway</h1></html>");
    if (fault === "500" || fault === "503") return answer(response, Number(fault), {});
    try {
      const [stream, taken] = accepted(request, raw, known, state.granted);
      largest = Math.max(largest, gunzipSync(raw).length);
      const kept = rows.get(stream) ?? [];
      rows.set(stream, kept);
      for (const row of taken) kept.push(row);
      if (fault === "lost") return void request.socket.destroy();
      if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, 20));
      answer(response, 204, {});
    } catch (error) {
      refuse(response, error instanceof Refusal ? error : new Refusal(400, String(error)));
    }
  };
  const running = await serveHttps((request, response) => void handle(request, response));
  const state: IngestionServer = {
    endpoint: running.url,
    certificate: (await certificate()).cert,
    rows,
    statuses,
    get largest() {
      return largest;
    },
    fault: () => undefined,
    granted: true,
    close: () => running.close(),
  };
  return state;
}
