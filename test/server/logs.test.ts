import { LogsQueryClient as Client, type LogsQueryClient } from "@azure/monitor-query-logs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localCertificate } from "../support/tls.ts";
import { get, post, type Running, start } from "./support.ts";

const WORKSPACE = "11111111-1111-1111-1111-111111111111";
const EVERYTHING = { startTime: new Date("2026-01-01"), endTime: new Date("2026-12-31") };

describe("the Log Analytics query API", () => {
  let running: Running;
  let url: string;
  beforeAll(async () => {
    running = await start();
    url = `${running.url}/v1/workspaces/${WORKSPACE}`;
  });
  afterAll(() => running.close());

  test("answers with typed columns, exact integers and 7-digit times, dynamic as text", async () => {
    const query =
      'print t=datetime(2024-01-02T03:04:05.1234567Z), whole=datetime(2024-01-02), l=9007199254740993, d=dynamic({"a":[1,9007199254740993]}), dec=decimal(12345678901234567890.5), r=real(nan), g=guid(74be27de-1e4e-49d9-b579-fe0b331d3642), b=true, ts=1d+2h, s="x", i=int(7)';
    const reply = await fetch(`${url}/query`, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify({ query }),
    });
    expect(reply.status).toBe(200);
    const text = await reply.text();
    expect(text).toContain(
      '[["2024-01-02T03:04:05.1234567Z","2024-01-02T00:00:00Z",9007199254740993,"{\\"a\\":[1,9007199254740993]}","12345678901234567890.5","NaN","74be27de-1e4e-49d9-b579-fe0b331d3642",true,"1.02:00:00","x",7]]',
    );
    expect(
      JSON.parse(text)
        .tables[0].columns.map((column: { type: string }) => column.type)
        .join(" "),
    ).toBe("datetime datetime long dynamic decimal real guid bool timespan string int");
  });

  test("nulls are null, but an empty text for string and dynamic", async () => {
    const { body } = await post(`${url}/query`, {
      query: 'print t=datetime(null), l=long(null), d=dynamic(null), s="", r=real(null), b=bool(null)',
    });
    expect(body.tables[0].rows).toEqual([[null, null, "", "", null, null]]);
  });

  test.each([
    ["a duration before now", "P1D", 1],
    ["an interval", "2026-06-21T00:00:00Z/2026-06-24T00:00:00Z", 3],
    ["a start and a duration", "2026-06-21T00:00:00Z/P2D", 2],
    ["a duration and an end", "PT36H/2026-06-30T12:00:00Z", 2],
    ["weeks", "P1W", 7],
    ["both ends belong to it", "2026-06-21T11:00:00.1234567Z/2026-06-22T11:00:00.1234567Z", 2],
  ])("timespan: %s", async (_name, timespan, count) => {
    const { body } = await post(`${url}/query`, { query: "SigninLogs | count", timespan });
    expect(body.tables[0].rows).toEqual([[count]]);
    const viaGet = await get(`${url}/query?query=${encodeURIComponent("SigninLogs | count")}&timespan=${timespan}`);
    expect(viaGet.body.tables[0].rows).toEqual([[count]]);
  });

  test("now() is the clock of the logs", async () => {
    const { body } = await post(`${url}/query`, { query: "print now()" });
    expect(body.tables[0].rows).toEqual([["2026-06-30T12:00:00Z"]]);
  });

  test("preferences add statistics, render and permissions", async () => {
    const query = "SigninLogs | summarize count() by bin(TimeGenerated, 1d) | render timechart";
    const plain = await post(`${url}/query`, { query });
    expect(Object.keys(plain.body)).toEqual(["tables"]);
    const { body } = await post(
      `${url}/query`,
      { query },
      { prefer: "wait=600,include-statistics=true,include-render=true,include-permissions=true" },
    );
    expect(body.render.visualization).toBe("timechart");
    expect(body.statistics.query.datasetStatistics[0].tableRowCount).toBe(10);
    expect(body.permissions.dataSources[0].denyTables).toEqual([]);
  });

  test.each([
    ["SigninLogs | where", "SyntaxError", "SYN0002", 1],
    ["SigninLogs\n| where Nope == 1", "SemanticError", "SEM0100", 2],
    ["NoSuchTable | count", "SemanticError", "SEM0100", 1],
  ])("a mistake is placed: %s", async (query, kind, code, line) => {
    const { status, body } = await post(`${url}/query`, { query });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({
      code: "BadArgumentError",
      innererror: { code: kind, innererror: { code, line } },
    });
  });

  test.each([
    ["no query", "/query", {}, 400, "BadArgumentError"],
    ["no such timespan", "/query", { query: "print 1", timespan: "P1M" }, 400, "BadArgumentError"],
    ["another workspace", "/query", { query: "print 1", workspaces: ["elsewhere"] }, 400, "BadArgumentError"],
    ["no such path", "/nothing", { query: "print 1" }, 404, "PathNotFoundError"],
  ])("%s is refused", async (_name, path, request, status, code) => {
    const answer = await post(`${url}${path}`, request);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  test("a form, a name that was rebound and a body that is no JSON are refused", async () => {
    const form = await fetch(`${url}/query`, { method: "POST", body: new URLSearchParams({ query: "print 1" }) });
    expect(form.status).toBe(415);
    const broken = await fetch(`${url}/query`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{",
    });
    expect(broken.status).toBe(400);
    const { request } = await import("node:http");
    const rebound = await new Promise((resolve) => {
      request(`${url}/query?query=print%201`, { headers: { host: "evil.example" } }, ({ statusCode }) =>
        resolve(statusCode),
      ).end();
    });
    expect(rebound).toBe(403);
  });

  test("metadata lists tables, columns and the workspace", async () => {
    const { body } = await get(`${url}/metadata`);
    const table = body.tables.find(({ name }: { name: string }) => name === "SigninLogs");
    expect(table.columns).toContainEqual({ name: "UserPrincipalName", type: "string" });
    expect(body.workspaces[0]).toMatchObject({ id: WORKSPACE, tables: ["t/SigninLogs"] });
  });
});

describe("limits", () => {
  let running: Running;
  beforeAll(async () => {
    running = await start({ limits: { rows: 1000, bytes: 10_000 } });
  });
  afterAll(() => running.close());

  test.each([
    ["rows", "range x from 1 to 5000 step 1", 1000, "1000 records"],
    ["bytes", 'range x from 1 to 900 step 1 | extend s=strrep("x", 100)', undefined, "10000 bytes"],
    ["the text's own limit", "set truncationmaxrecords=5; range x from 1 to 50 step 1", 5, "5 records"],
  ])("an answer that exceeds %s is partial and says so", async (_name, query, rows, words) => {
    const { status, body } = await post(`${running.url}/v1/workspaces/x/query`, { query });
    expect(status).toBe(200);
    if (rows !== undefined) expect(body.tables[0].rows).toHaveLength(rows);
    expect(body.error.code).toBe("PartialError");
    expect(body.error.details[0].innererror).toMatchObject({ severity: 2 });
    expect(body.error.details[0].innererror.message).toContain(words);
  });
});

describe("Microsoft's client over TLS", () => {
  const token = "s3cret";
  let running: Running;
  let client: LogsQueryClient;
  const clientWith = (value: string, ca: string): LogsQueryClient =>
    new Client(
      { getToken: async () => ({ token: value, expiresOnTimestamp: Date.now() + 3_600_000 }) },
      { endpoint: `${running.url}/v1`, tlsOptions: { ca }, retryOptions: { maxRetries: 0 } },
    );
  let ca: string;
  beforeAll(async () => {
    const tls = await localCertificate();
    ca = tls.cert;
    running = await start({ tls, token, limits: { rows: 5, bytes: 1_000_000 } });
    client = clientWith(token, ca);
  });
  afterAll(() => running.close());

  test("queries a workspace and a resource", async () => {
    const query = "SigninLogs | summarize n=count() by ResultType | sort by n desc";
    const result = await client.queryWorkspace(WORKSPACE, query, EVERYTHING);
    expect(result.status).toBe("Success");
    expect(result.status === "Success" && result.tables[0]?.rows).toEqual([
      ["0", 7],
      ["50126", 3],
    ]);
    const resource = await client.queryResource("subscriptions/s/resourceGroups/g", query, EVERYTHING);
    expect(resource.status).toBe("Success");
  });

  test("sees a partial answer", async () => {
    const result = await client.queryWorkspace(WORKSPACE, "range x from 1 to 9 step 1", EVERYTHING);
    expect(result.status).toBe("PartialFailure");
  });

  test("queries in a batch, each with its own outcome", async () => {
    const results = await client.queryBatch([
      { workspaceId: WORKSPACE, query: "print 1", timespan: EVERYTHING },
      { workspaceId: WORKSPACE, query: "print 2", timespan: EVERYTHING },
    ]);
    expect(results.map((result) => result.status === "Success" && result.tables[0]?.rows)).toEqual([[[1]], [[2]]]);
  });

  test("is refused with another token", async () => {
    await expect(clientWith("other", ca).queryWorkspace(WORKSPACE, "print 1", EVERYTHING)).rejects.toMatchObject({
      statusCode: 401,
    });
  });
});
