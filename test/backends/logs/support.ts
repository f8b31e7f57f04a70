import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { LiveBackend, type LiveOptions } from "../../../src/backends/live/backend.ts";
import { LogsTransport } from "../../../src/backends/logs/client.ts";
import { formatDatetime, parseIsoDatetime } from "../../../src/core/ticks.ts";
import type { JsonObject } from "../../../src/tables/shape.ts";
import { trustCertificate } from "../../servers/https.ts";
import { type LogsServer, type LogsServerOptions, serveLogs } from "../../servers/logs.ts";

export const WORKSPACE = "11111111-1111-1111-1111-111111111111";
export const TOKEN = { getToken: async () => ({ token: "token", expiresOnTimestamp: Date.now() + 3_600_000 }) };
/** Repeats at once. */
export const HASTY = { attempts: 8, busy: 1, transient: 1 };

export interface Workspace {
  readonly server: LogsServer;
  readonly backend: LiveBackend;
  close(): Promise<void>;
}

/** A live backend over HTTPS to a server that enforces the protocol. */
export async function openWorkspace(
  server: LogsServerOptions,
  options: LiveOptions & {
    readonly workspace?: string;
    readonly route?: "query" | "search";
    readonly additionalWorkspaces?: string[];
  } = {},
): Promise<Workspace> {
  await trustCertificate();
  const running = await serveLogs(server);
  const { workspace = WORKSPACE, route = "query", additionalWorkspaces = [], ...live } = options;
  const transport = new LogsTransport({
    workspace,
    endpoint: `${running.url}/v1`,
    scope: "https://api.loganalytics.io/.default",
    credential: TOKEN,
    route,
    additionalWorkspaces,
    timeout: 60,
  });
  const backend = new LiveBackend(transport, { patience: HASTY, ...live });
  return { server: running, backend, close: () => running.close() };
}

/** Sign-ins, one every `step` seconds from 2026-01-01 on, with every kind of value. */
export function signIns(count: number, step = 60): JsonObject[] {
  const start = parseIsoDatetime("2026-01-01") as bigint;
  return Array.from({ length: count }, (_, i) => ({
    TimeGenerated: formatDatetime(start + BigInt(i) * BigInt(Math.round(step * 10_000_000)) + 7n),
    Id: `id-${String(i).padStart(7, "0")}`,
    UserPrincipalName: `user${i % 97}@contoso.com`,
    ResultType: i % 5 === 0 ? "50126" : "0",
    LocationDetails: { city: `Zürich "${i % 3}"`, big: 9_007_199_254_740_991 },
  }));
}

export async function engineOf(tables: Readonly<Record<string, JsonObject[]>>): Promise<EmbeddedBackend> {
  const backend = await EmbeddedBackend.open({ paths: [] });
  for (const [table, rows] of Object.entries(tables)) await backend.addRows(table, rows);
  return backend;
}
