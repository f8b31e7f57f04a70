import type { ChangeEvent } from "../../src/publish/events.ts";
import { type Running, readBody, sendJson, serveHttps } from "../servers/https.ts";

/** What goes wrong with one request. `reset`: before it is taken; `lost`: after, so that only the answer is missing. */
export type WebhookFault = 429 | 500 | 503 | 400 | "reset" | "lost" | "silent" | "redirect";

export interface WebhookServer extends Running {
  /** Every event that was taken, in order, however often it came. */
  readonly taken: ChangeEvent[];
  /** Decides what becomes of an event; undefined for nothing. */
  fault: (event: ChangeEvent) => WebhookFault | undefined;
}

/** A receiver of events on localhost: one JSON object per request, for a bearer token, answered with 202. */
export async function serveWebhook(token: string): Promise<WebhookServer> {
  const taken: ChangeEvent[] = [];
  const running = await serveHttps(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) return sendJson(response, 401, { err: "access_denied" });
    if (request.method !== "POST" || request.headers["content-type"] !== "application/json")
      return sendJson(response, 415, {});
    const event = JSON.parse(await readBody(request)) as ChangeEvent;
    if (request.headers["idempotency-key"] !== event.jti) return sendJson(response, 400, {});
    const fault = server.fault(event);
    if (fault === "silent") return;
    if (fault === "reset") return void request.socket.destroy();
    if (fault === "redirect") return sendJson(response, 307, {}, { location: "https://elsewhere.example/" });
    if (typeof fault === "number") return sendJson(response, fault, {}, fault === 429 ? { "retry-after": "0" } : {});
    taken.push(event);
    if (fault === "lost") return void request.socket.destroy();
    sendJson(response, 202, {});
  });
  const server: WebhookServer = { ...running, taken, fault: () => undefined };
  return server;
}
