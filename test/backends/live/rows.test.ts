import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { KustoTransport } from "../../../src/backends/kusto/client.ts";
import { LiveBackend } from "../../../src/backends/live/backend.ts";
import { LogsTransport } from "../../../src/backends/logs/client.ts";
import type { QueryBackend } from "../../../src/backends/types.ts";
import type { QueryResult, Value } from "../../../src/core/kusto.ts";
import { later, TICKS_PER_DAY } from "../../../src/core/ticks.ts";
import { loadPacks } from "../../../src/packs/load.ts";
import { inTimeOrder } from "../../../src/packs/statements.ts";
import { createServer } from "../../../src/server/server.ts";
import { NO_LIMITS } from "../../../src/server/types.ts";
import { certificate, trustCertificate } from "../../servers/https.ts";
import { ztlens } from "../../support/ztlens.ts";
import { TOKEN, WORKSPACE } from "../logs/support.ts";

/*
 * The shipped packs over a simulated tenant, three ways: the embedded engine itself, and `ztlens serve` over it by the
 * Log Analytics API and by Kusto's, with the clients that a live run uses.
 */
const LONG = process.env.ZTLENS_LONG === "1";
const folder = mkdtempSync(join(tmpdir(), "ztlens-rows-"));
const packs = loadPacks();

let engine: EmbeddedBackend;
let server: Server;
let backends: Readonly<Record<"logs" | "kusto", QueryBackend>>;
let now: bigint;

beforeAll(async () => {
  await trustCertificate();
  const tenant = join(folder, "tenant");
  const { code, err } = await ztlens(["simulate", tenant, "--users", "12", "--days", "5", "--seed", "3"]);
  expect(code, err).toBe(0);
  engine = await EmbeddedBackend.open({ paths: [tenant] });
  const newest = [...(await engine.tables()).values()].flatMap((table) => table.newest ?? []);
  now = newest.reduce(later, 0n);
  server = createServer({
    service: { backend: engine, now, limits: NO_LIMITS },
    token: "token",
    tls: await certificate(),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  const logs = new LogsTransport({
    workspace: WORKSPACE,
    endpoint: `${url}/v1`,
    scope: "https://api.loganalytics.io/.default",
    credential: TOKEN,
  });
  const kusto = new KustoTransport({ cluster: url, database: "Logs", credential: TOKEN });
  backends = { logs: new LiveBackend(logs), kusto: new LiveBackend(kusto) };
});
afterAll(async () => {
  server?.close();
  server?.closeAllConnections();
  await engine?.close();
  rmSync(folder, { recursive: true, force: true });
});

const queries = [
  ...packs.criteria.flatMap(({ id, query, offendersQuery, window }) => [
    { id, query, window },
    ...(offendersQuery === undefined ? [] : [{ id: `${id} offenders`, query: offendersQuery, window }]),
  ]),
  ...packs.signals.map(({ id, query, window }) => ({ id, query: inTimeOrder(query), window })),
];
const chosen = LONG
  ? queries
  : queries.filter(({ id }, i) => i % 6 === 0 || packs.signals.some((pack) => pack.id === id));

/** Rows as text, in an order of our own: rows that a query sorts as equal come in any order. */
const rowsOf = ({ columns, rows }: QueryResult): { columns: unknown; rows: string[] } => ({
  columns,
  rows: rows.map((row) => JSON.stringify(row)).sort(),
});

describe.each(["logs", "kusto"] as const)("%s over serve", (name) => {
  test.each(chosen)("$id gives the embedded engine's rows", async ({ query, window }) => {
    const options = { now, timespan: { start: now - BigInt(window) * TICKS_PER_DAY, end: now + 1n } };
    const [here, there] = [await engine.query(query, options), await backends[name].query(query, options)];
    expect(there.partial).toBeUndefined();
    expect(rowsOf(there)).toEqual(rowsOf(here));
  });

  test("streams the events of a signal query as the embedded engine does", async () => {
    const { query = "", window = 1 } = packs.signals.find(({ id }) => id === "entra-sign-ins") ?? {};
    const options = { now, timespan: { start: now - BigInt(window) * TICKS_PER_DAY, end: now + 1n } };
    const idsOf = async (backend: QueryBackend): Promise<Value[]> => {
      const ids: Value[] = [];
      for await (const { columns } of backend.stream(inTimeOrder(query), options))
        ids.push(...(columns.get("EventId") ?? []));
      return ids;
    };
    const [here, there] = [await idsOf(engine), await idsOf(backends[name])];
    expect(here.length).toBeGreaterThan(100);
    expect(there.toSorted()).toEqual(here.toSorted());
  });
});
