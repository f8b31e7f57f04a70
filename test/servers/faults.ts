import type { ServerResponse } from "node:http";
import { sendJson } from "./https.ts";

/** Sends something else than the answer. Names are those of the checklist in the tests. */
export type Fault = (response: ServerResponse, answer: string) => void;

const gatewayTimeout = {
  error: {
    code: "GatewayTimeout",
    message: "Gateway timeout",
    innererror: { code: "GatewayTimeout", message: "Kusto query timed out" },
  },
};
const throttled = { error: { code: "ThrottledError", message: "Too many requests" } };
const html =
  "<html><head><title>504 Gateway Time-out</title></head><body>Microsoft-Azure-Application-Gateway/v2</body></html>";

const sendHtml = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { "content-type": "text/html" });
  response.end(html);
};

/** Every failure after which the same or a smaller request is worth trying. */
export const PASSING_FAULTS: Readonly<Record<string, Fault>> = {
  throttled: (response) => sendJson(response, 429, throttled),
  throttledSeconds: (response) => sendJson(response, 429, throttled, { "retry-after": "0" }),
  throttledMilliseconds: (response) => sendJson(response, 429, throttled, { "retry-after-ms": "3" }),
  unavailable: (response) => sendJson(response, 503, { error: { code: "ServiceUnavailable", message: "Busy" } }),
  serverError: (response) => sendJson(response, 500, { error: { code: "InternalServerError", message: "Oops" } }),
  badGatewayHtml: (response) => sendHtml(response, 502),
  noContent: (response) => {
    response.writeHead(204);
    response.end();
  },
  emptyOk: (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end();
  },
  okWithoutTables: (response) => sendJson(response, 200, {}),
  okHtml: (response) => sendHtml(response, 200),
  reset: (response) => {
    response.socket?.destroy();
  },
  truncatedBody: (response, answer) => {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(answer)),
    });
    response.write(answer.slice(0, Math.floor(answer.length / 2)));
    setTimeout(() => response.socket?.destroy(), 1);
  },
  brokenJson: (response, answer) => sendJson(response, 200, answer.slice(0, Math.floor(answer.length / 2))),
};

/** Failures that say: ask for less. */
export const HEAVY_FAULTS: Readonly<Record<string, Fault>> = {
  timeoutJson: (response) => sendJson(response, 504, gatewayTimeout),
  timeoutHtml: (response) => sendHtml(response, 504),
};

/** Failures that no repetition mends. */
export const LASTING_FAULTS: Readonly<Record<string, Fault>> = {
  unauthenticated: (response) =>
    sendJson(response, 401, { error: { code: "AuthenticationFailed", message: "Authentication failed" } }),
  forbidden: (response) =>
    sendJson(response, 403, {
      error: {
        code: "InsufficientAccessError",
        message: "The provided credentials have insufficient access to perform the requested operation",
      },
    }),
  forbiddenEmpty: (response) => {
    response.writeHead(403);
    response.end();
  },
  notFound: (response) =>
    sendJson(response, 404, { error: { code: "PathNotFoundError", message: "The requested path does not exist" } }),
};
