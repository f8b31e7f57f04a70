import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { KustoTransport } from "../../../src/backends/kusto/client.ts";
import { clusterUrl, flavourOf } from "../../../src/backends/kusto/endpoints.ts";
import { LiveBackend } from "../../../src/backends/live/backend.ts";
import { UnauthorizedError, UsageError } from "../../../src/core/errors.ts";
import { parseIsoDatetime } from "../../../src/core/ticks.ts";
import { HEAVY_FAULTS, LASTING_FAULTS, PASSING_FAULTS } from "../../servers/faults.ts";
import { sendJson, trustCertificate } from "../../servers/https.ts";
import { type KustoServer, type KustoServerOptions, serveKusto } from "../../servers/kusto.ts";
import { engineOf, HASTY, signIns, TOKEN } from "../logs/support.ts";

const COUNT = 600;
const ALL = "SigninLogs | project TimeGenerated, Id, LocationDetails";
const ORDERED = `${ALL}\n| sort by TimeGenerated asc`;

let engine: EmbeddedBackend;
beforeAll(async () => {
  await trustCertificate();
  engine = await engineOf({ SigninLogs: signIns(COUNT) });
});
afterAll(() => engine.close());

async function open(
  options: Partial<KustoServerOptions>,
  client: { readonly progressive?: boolean } = {},
): Promise<{ server: KustoServer; backend: LiveBackend; scopes: string[]; close(): Promise<void> }> {
  const server = await serveKusto({ answer: (query) => engine.query(query), tables: ["SigninLogs"], ...options });
  const scopes: string[] = [];
  const credential = {
    getToken: (scope: string | string[]) => {
      scopes.push(...[scope].flat());
      return TOKEN.getToken();
    },
  };
  const cluster = `${server.url}${options.prefix ?? ""}`;
  const transport = new KustoTransport({ cluster, database: "Logs", credential, ...client });
  const backend = new LiveBackend(transport, { patience: HASTY, lacks: transport.flavour.lacks });
  return { server, backend, scopes, close: () => server.close() };
}

describe("the frames of an answer", () => {
  const everyType = `print B=true, I=int(7), L=9007199254740993, R=real(nan), Inf=real(-inf), Dec=decimal(12345678901234567890.123456789),
    S='x"y', T=datetime(2024-01-02T03:04:05.1234567Z), TS=timespan(1.02:03:04.1234567), G=guid(74BE27DE-1E4E-49D9-B579-FE0B331D3642),
    D=dynamic({"a":[1,9007199254740993]}), NL=long(null), NT=datetime(null), NS="", ND=dynamic(null), U=dynamic("text")`;

  test.each([[false], [true]])(
    "give the values of the embedded engine, exactly (progressive: %s)",
    async (progressive) => {
      const { backend, close } = await open({}, { progressive });
      try {
        expect(await backend.query(everyType)).toEqual(await engine.query(everyType));
        expect(await backend.query(ORDERED)).toEqual(await engine.query(ORDERED));
      } finally {
        await close();
      }
    },
  );

  test.each([
    ["at the end", false],
    ["as a row", true],
  ])("that say %s that rows are missing are completed in parts", async (_, rowError) => {
    const { backend, close } = await open({ maxRows: 100, rowError });
    try {
      const { rows, partial } = await backend.query(ALL);
      expect([rows.length, new Set(rows.map(([, id]) => id)).size, partial]).toEqual([COUNT, COUNT, undefined]);
      const sorted = await backend.query("SigninLogs | sort by Id desc | project Id");
      expect(sorted.rows).toHaveLength(100);
      expect(sorted.partial).toContain("exceed the set limit");
    } finally {
      await close();
    }
  });

  test("without the last one are no answer", async () => {
    const { backend, close } = await open({
      fault: (_, n) => (n === 0 ? (response) => sendJson(response, 200, [{ FrameType: "DataSetHeader" }]) : undefined),
    });
    try {
      expect((await backend.query("print 1")).rows).toEqual([[1]]);
    } finally {
      await close();
    }
  });
});

test("an interval narrows the tables that are there, and lines keep their numbers", async () => {
  const { server, backend, close } = await open({});
  const at = (text: string): bigint => parseIsoDatetime(text) as bigint;
  const timespan = { start: at("2026-01-01T01:00:00.0000007Z"), end: at("2026-01-01T02:00:00.0000007Z") };
  try {
    expect((await backend.query("union isfuzzy=true SigninLogs, Nowhere | count", { timespan })).rows).toEqual([[60]]);
    expect(server.queries[0]).not.toContain("let Nowhere");
    const error: UsageError = await backend.query("SigninLogs\n| where Wrong == 1", { timespan }).catch((e) => e);
    expect(error.diagnostics).toMatchObject([{ line: 2, column: 9 }]);
  } finally {
    await close();
  }
});

describe("a failure", () => {
  test.each(Object.entries(PASSING_FAULTS))("%s passes", async (_, fault) => {
    const { server, backend, close } = await open({ fault: (__, n) => (n < 2 ? fault : undefined) });
    try {
      expect((await backend.query(ORDERED)).rows).toHaveLength(COUNT);
      expect(server.queries).toHaveLength(3);
    } finally {
      await close();
    }
  });

  test.each(Object.entries(HEAVY_FAULTS))("%s is asked in parts", async (_, fault) => {
    const { backend, close } = await open({
      fault: (query) => (/summarize|where|take 0/.test(query) ? undefined : fault),
    });
    try {
      expect((await backend.query(ALL)).rows).toHaveLength(COUNT);
    } finally {
      await close();
    }
  });

  test.each(Object.entries(LASTING_FAULTS))("%s is told at once", async (name, fault) => {
    const { backend, close } = await open({ fault: () => fault });
    try {
      await expect(backend.query("print 1")).rejects.toThrow(name === "notFound" ? UsageError : UnauthorizedError);
    } finally {
      await close();
    }
  });

  test("an abort ends a slow request", async () => {
    const { backend, close } = await open({ fault: () => () => undefined });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    try {
      await expect(backend.query("print 1", { signal: stop.signal })).rejects.toThrow("enough");
    } finally {
      await close();
    }
  });
});

describe("where a token may go", () => {
  test.each([
    [true, "", "https://kusto.kusto.windows.net/.default"],
    [false, "", "https://kusto.kusto.windows.net/.default"],
    [false, "/lake/kql", "4500ebfb-89b6-4b14-a480-7f749797bfcd/.default"],
  ])("its scope (metadata: %s, path %s)", async (metadata, prefix, scope) => {
    const { backend, scopes, close } = await open({ metadata, prefix });
    try {
      expect((await backend.query("print 1")).rows).toEqual([[1]]);
      expect(new Set(scopes)).toEqual(new Set([scope]));
    } finally {
      await close();
    }
  });

  test.each([
    ["https://help.kusto.windows.net"],
    ["https://x.z1.kusto.fabric.microsoft.com"],
    ["https://api.securityplatform.microsoft.com/lake/kql"],
  ])("%s", (url) => expect(clusterUrl(url).href).toContain(url));
  test.each([
    ["http://help.kusto.windows.net"],
    ["https://kusto.windows.net.evil.example"],
    ["https://evilkusto.windows.net.x"],
    ["no url"],
  ])("not to %s", (url) => expect(() => clusterUrl(url)).toThrow(UsageError));

  test("the data lake lacks what its documentation says", () => {
    const { lacks } = flavourOf(new URL("https://api.securityplatform.microsoft.com/lake/kql"));
    expect([...lacks.keys()]).toEqual(["watchlists", "workspace-functions", "ingestion-time"]);
  });
});
