import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { parseIsoDatetime } from "../../src/core/ticks.ts";
import { createServer, type ServerOptions } from "../../src/server/server.ts";
import { type Limits, SERVICE_LIMITS } from "../../src/server/types.ts";

const NOW = parseIsoDatetime("2026-06-30T12:00:00Z") as bigint;

/** Ten sign-ins, one per day up to the server's clock. */
const SIGN_INS = Array.from({ length: 10 }, (_, i) => ({
  TimeGenerated: `2026-06-${String(21 + i)}T11:00:00.1234567Z`,
  UserPrincipalName: `user${i % 3}@contoso.com`,
  ResultType: i % 4 === 0 ? "50126" : "0",
  AuthenticationRequirement: "multiFactorAuthentication",
  LocationDetails: { city: "Zürich", latitude: 47.37 + i },
}));

export interface Running {
  readonly url: string;
  readonly server: Server;
  readonly backend: EmbeddedBackend;
  close(): Promise<void>;
}

export async function start(options: Omit<ServerOptions, "service"> & { limits?: Limits } = {}): Promise<Running> {
  const { limits = SERVICE_LIMITS, ...rest } = options;
  const backend = await EmbeddedBackend.open({ paths: [] });
  await backend.addRows("SigninLogs", SIGN_INS);
  const server = createServer({ service: { backend, now: NOW, limits }, ...rest });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? "https" : "http"}://localhost:${port}`,
    server,
    backend,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await backend.close();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into JSON whose form it asserts.
  readonly body: any;
}

export async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const reply = await fetch(url, { headers });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}
