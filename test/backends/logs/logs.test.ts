import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { versioned } from "../../../src/backends/logs/open.ts";
import { IncompleteDataError, UnauthorizedError, UsageError } from "../../../src/core/errors.ts";
import { parseIsoDatetime } from "../../../src/core/ticks.ts";
import { HEAVY_FAULTS, LASTING_FAULTS, PASSING_FAULTS } from "../../servers/faults.ts";
import { sendJson } from "../../servers/https.ts";
import { answerFrom } from "../../servers/logs.ts";
import { engineOf, openWorkspace, signIns, WORKSPACE } from "./support.ts";

const COUNT = 1000;
const ALL = "SigninLogs | project TimeGenerated, Id, UserPrincipalName, LocationDetails";
const ORDERED = `${ALL}\n| sort by TimeGenerated asc`;

let engine: EmbeddedBackend;
beforeAll(async () => {
  engine = await engineOf({ SigninLogs: signIns(COUNT) });
});
afterAll(() => engine.close());

const answer = (...args: Parameters<ReturnType<typeof answerFrom>>) => answerFrom(engine)(...args);

describe("an answer of the query API", () => {
  const everyType = `print B=true, I=int(7), L=9007199254740993, R=real(nan), Inf=real(-inf), Dec=decimal(12345678901234567890.123456789),
    S='x"y', T=datetime(2024-01-02T03:04:05.1234567Z), TS=timespan(1.02:03:04.1234567), G=guid(74BE27DE-1E4E-49D9-B579-FE0B331D3642),
    D=dynamic({"a":[1,9007199254740993]}), NL=long(null), NT=datetime(null), NS="", ND=dynamic(null), U=dynamic("text")`;

  test("has the values that the embedded engine has, exactly", async () => {
    const { backend, close } = await openWorkspace({ answer });
    try {
      expect(await backend.query(everyType)).toEqual(await engine.query(everyType));
      expect(await backend.query(ORDERED)).toEqual(await engine.query(ORDERED));
    } finally {
      await close();
    }
  });

  test("is asked for as the protocol says", async () => {
    const { server, backend, close } = await openWorkspace({ answer });
    const timespan = {
      start: parseIsoDatetime("2026-01-01T01:00:00.0000007Z") as bigint,
      end: parseIsoDatetime("2026-01-01T02:00:00.0000007Z") as bigint,
    };
    try {
      const { rows } = await backend.query("SigninLogs | count", { timespan });
      expect(rows).toEqual([[60]]);
      const [asked] = server.asked;
      expect(asked).toMatchObject({
        path: `/v1/workspaces/${WORKSPACE}/query`,
        timespan: "2026-01-01T01:00:00.0000007Z/2026-01-01T02:00:00.0000006Z",
      });
      expect([...(asked?.prefer ?? [])]).toEqual([
        ["wait", "60"],
        ["include-permissions", "true"],
      ]);
      expect(asked?.headers["cache-control"]).toBe("no-cache");
      expect(asked?.headers["user-agent"]).toContain("ztlens/");
      expect(asked?.headers["x-ms-client-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    } finally {
      await close();
    }
  });

  test.each([
    [
      "a resource",
      "/subscriptions/s/resourceGroups/g/providers/p/x",
      "query" as const,
      "/v1/subscriptions/s/resourceGroups/g/providers/p/x/query",
    ],
    ["a Basic table", WORKSPACE, "search" as const, `/v1/workspaces/${WORKSPACE}/search`],
  ])("can be about %s", async (_, workspace, route, path) => {
    const { server, backend, close } = await openWorkspace({ answer }, { workspace, route });
    try {
      expect((await backend.query("print 1")).rows).toEqual([[1]]);
      expect(server.asked[0]?.path).toBe(path);
    } finally {
      await close();
    }
  });

  test("can span workspaces", async () => {
    const { server, backend, close } = await openWorkspace({ answer }, { additionalWorkspaces: ["second", "third"] });
    try {
      await backend.query("print 1");
      expect(server.asked[0]?.workspaces).toEqual(["second", "third"]);
    } finally {
      await close();
    }
  });

  test.each([
    ["https://api.loganalytics.io", "https://api.loganalytics.io/v1"],
    ["https://api.loganalytics.us/v1/", "https://api.loganalytics.us/v1"],
  ])("comes from an endpoint with its version: %s", (given, expected) => expect(versioned(given)).toBe(expected));
});

describe("a failure", () => {
  test.each(Object.entries(PASSING_FAULTS))("%s passes: the request is repeated", async (_, fault) => {
    const { server, backend, close } = await openWorkspace({ answer, fault: (__, n) => (n < 2 ? fault : undefined) });
    try {
      expect((await backend.query(ORDERED)).rows).toHaveLength(COUNT);
      expect(server.asked).toHaveLength(3);
    } finally {
      await close();
    }
  });

  test.each(Object.entries(PASSING_FAULTS))("%s that never passes is told, with what came", async (_, fault) => {
    const { server, backend, close } = await openWorkspace({ answer, fault: () => fault });
    try {
      await expect(backend.query(ORDERED)).rejects.toThrow(IncompleteDataError);
      expect(server.asked).toHaveLength(8);
    } finally {
      await close();
    }
  });

  test.each(Object.entries(HEAVY_FAULTS))("%s is not repeated but asked in parts", async (_, fault) => {
    const whole = (query: string): boolean => !/summarize|where|take 0/.test(query);
    const { server, backend, close } = await openWorkspace({
      answer,
      fault: ({ query }) => (whole(query) ? fault : undefined),
    });
    try {
      const { rows, partial } = await backend.query(ALL);
      expect([rows.length, partial]).toEqual([COUNT, undefined]);
      expect(server.asked.filter(({ query }) => query === ALL)).toHaveLength(1);
    } finally {
      await close();
    }
  });

  test.each(Object.entries(LASTING_FAULTS))("%s is told at once", async (name, fault) => {
    const { server, backend, close } = await openWorkspace({ answer, fault: () => fault });
    try {
      await expect(backend.query(ORDERED)).rejects.toThrow(name === "notFound" ? UsageError : UnauthorizedError);
      // A token may have ended on its way: one more try.
      expect(server.asked).toHaveLength(name === "unauthenticated" ? 2 : 1);
    } finally {
      await close();
    }
  });

  test("401 once passes with the next token", async () => {
    const { backend, close } = await openWorkspace({
      answer,
      fault: (_, n) => (n === 0 ? LASTING_FAULTS.unauthenticated : undefined),
    });
    try {
      expect((await backend.query("print 1")).rows).toEqual([[1]]);
    } finally {
      await close();
    }
  });

  test("a mistake in the query names its place", async () => {
    const { backend, close } = await openWorkspace({ answer });
    try {
      const error: UsageError = await backend.query("SigninLogs\n| where Nowhere == 1").catch((e) => e);
      expect(error).toBeInstanceOf(UsageError);
      expect(error.diagnostics).toMatchObject([{ code: "SEM0100", line: 2, column: 9 }]);
      expect(error.message).toContain("Nowhere");
    } finally {
      await close();
    }
  });

  test("an abort ends a slow request at once", async () => {
    const { backend, close } = await openWorkspace({ answer, fault: () => () => undefined });
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 50);
    const start = performance.now();
    try {
      await expect(backend.query("print 1", { signal: stop.signal })).rejects.toThrow("enough");
      expect(performance.now() - start).toBeLessThan(5000);
    } finally {
      await close();
    }
  });
});

describe("a partial answer", () => {
  const remark = (severity: number, message: string) => () => ({
    error: {
      code: "PartialError",
      message: "There were some errors when processing your query.",
      details: [
        { code: "EngineError", message: "Something went wrong", innererror: { code: "-1", message, severity } },
      ],
    },
  });

  test("with warnings alone is whole: they tell which tables are not there", async () => {
    const message = "'union' operator: Failed to resolve table expression named 'barracuda_CL'";
    const { backend, close } = await openWorkspace({ answer, extra: remark(3, message) });
    try {
      const { rows, partial } = await backend.query(ORDERED);
      expect([rows.length, partial]).toEqual([COUNT, undefined]);
      expect(backend.journal.warnings).toEqual([message]);
    } finally {
      await close();
    }
  });

  test("of a query that cannot be divided says so", async () => {
    const { backend, close } = await openWorkspace({ answer, maxRows: 300 });
    try {
      const { rows, partial } = await backend.query("SigninLogs | sort by Id desc | project Id");
      expect(rows).toHaveLength(300);
      expect(partial).toContain("exceed the set limit of 300 records");
    } finally {
      await close();
    }
  });

  test.each([
    ["by time", ALL, { maxRows: 300 }],
    ["by size", ALL, { maxBytes: 20_000 }],
    ["by the hash of the row, without a time", "SigninLogs | project Id, UserPrincipalName", { maxRows: 300 }],
  ])("is completed in parts, %s", async (_, query, limits) => {
    const { backend, close } = await openWorkspace({ answer, ...limits });
    try {
      const { rows, partial } = await backend.query(query);
      expect(partial).toBeUndefined();
      expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(COUNT);
      expect(rows).toHaveLength(COUNT);
    } finally {
      await close();
    }
  });
});

describe("tables", () => {
  test("tells rows and the newest time, and which tables this identity may not see", async () => {
    const usage = [{ TimeGenerated: "2026-01-01T00:00:00Z", DataType: "AzureActivity", Quantity: 5.5 }];
    const full = await engineOf({ SigninLogs: signIns(10), Usage: usage, AzureActivity: [], AuditLogs: [] });
    const { backend, close } = await openWorkspace(
      {
        answer: answerFrom(full),
        extra: () => ({
          permissions: { resources: [], dataSources: [{ resourceId: "w", denyTables: ["AuditLogs"] }] },
        }),
      },
      { tables: ["SigninLogs", "AzureActivity", "AuditLogs", "Heartbeat"], usage: true },
    );
    try {
      const tables = await backend.tables();
      expect(tables.get("SigninLogs")).toEqual({
        rows: 10,
        newest: parseIsoDatetime("2026-01-01T00:09:00.0000007Z"),
        oldest: parseIsoDatetime("2026-01-01T00:00:00.0000007Z"),
      });
      expect(tables.get("AzureActivity")?.unreadable).toContain("sees no row");
      expect(tables.get("AuditLogs")?.unreadable).toContain("no permission");
      expect(tables.has("Heartbeat")).toBe(false);
    } finally {
      await close();
      await full.close();
    }
  });
});

test("at most five requests run at the same time", async () => {
  const { server, backend, close } = await openWorkspace({ answer });
  try {
    await Promise.all(Array.from({ length: 20 }, (_, i) => backend.query(`print ${i}`)));
    expect(server.peak()).toBeLessThanOrEqual(5);
    expect(server.peak()).toBeGreaterThan(1);
  } finally {
    await close();
  }
});

test("what is no JSON of the protocol never becomes an answer", async () => {
  const { backend, close } = await openWorkspace({
    answer,
    fault: () => (response) => sendJson(response, 200, { tables: [{ name: "PrimaryResult", columns: [] }] }),
  });
  try {
    await expect(backend.query("print 1")).rejects.toThrow("the answer has no rows");
  } finally {
    await close();
  }
});
