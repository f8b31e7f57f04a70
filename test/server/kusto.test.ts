import { Client, ClientRequestProperties, KustoConnectionStringBuilder } from "azure-kusto-data";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { get, post, type Running, start } from "./support.ts";

let running: Running;
beforeAll(async () => {
  running = await start({ limits: { rows: 1000, bytes: 1_000_000 } });
});
afterAll(() => running.close());

describe("Microsoft's Kusto client", () => {
  let client: Client;
  beforeAll(() => {
    client = new Client(new KustoConnectionStringBuilder(running.url));
  });

  test("runs a query", async () => {
    const result = await client.execute("Logs", "SigninLogs | summarize n=count() by ResultType | sort by n desc");
    expect([...(result.primaryResults[0]?.rows() ?? [])].map((row) => row.toJSON())).toEqual([
      { ResultType: "0", n: 7 },
      { ResultType: "50126", n: 3 },
    ]);
  });

  test("gives values to query parameters, and a clock", async () => {
    const properties = new ClientRequestProperties();
    properties.setParameter("n", 3);
    properties.setParameter("user", "user1@contoso.com");
    properties.setParameter("since", "datetime(2026-06-25)");
    properties.setOption("query_now", "2020-01-01T00:00:00Z");
    const query =
      'declare query_parameters(n:long, user:string, since:datetime, absent:string="none"); SigninLogs | where UserPrincipalName == user and TimeGenerated > since | extend n, absent, Clock=now() | project n, absent, Clock | take 1';
    const result = await client.execute("Logs", query, properties);
    expect([...(result.primaryResults[0]?.rows() ?? [])].map((row) => row.toJSON())).toEqual([
      { n: 3, absent: "none", Clock: new Date("2020-01-01T00:00:00Z") },
    ]);
  });

  test("asks for the schema", async () => {
    const tables = await client.execute("Logs", ".show tables");
    expect([...(tables.primaryResults[0]?.rows() ?? [])].map((row) => row.toJSON().TableName)).toEqual(["SigninLogs"]);
    const schema = await client.execute("Logs", ".show database Logs schema as json");
    const [row] = [...(schema.primaryResults[0]?.rows() ?? [])];
    const { Databases } = JSON.parse(row?.toJSON().DatabaseSchema);
    expect(Databases.Logs.Tables.SigninLogs.OrderedColumns).toContainEqual({
      Name: "TimeGenerated",
      Type: "System.DateTime",
      CslType: "datetime",
    });
  });

  test("is told of a cut answer, unless it asks for all", async () => {
    await expect(client.execute("Logs", "range x from 1 to 2000 step 1")).rejects.toThrow(/set limit of 1000 records/);
    const properties = new ClientRequestProperties();
    properties.setOption("notruncation", true);
    const all = await client.execute("Logs", "range x from 1 to 2000 step 1", properties);
    expect([...(all.primaryResults[0]?.rows() ?? [])]).toHaveLength(2000);
  });
});

describe("Kusto's REST API", () => {
  const query = (csl: string, options: object = {}, path = "/v2/rest/query") =>
    post(`${running.url}${path}`, { db: "Logs", csl, properties: { Options: options } });

  test("frames of the second version", async () => {
    const { body } = await query('print d=dynamic({"a":1}), t=1d, s=dynamic(null)');
    expect(body.map((frame: { FrameType: string }) => frame.FrameType)).toEqual([
      "DataSetHeader",
      "DataTable",
      "DataTable",
      "DataTable",
      "DataSetCompletion",
    ]);
    expect(body[2]).toMatchObject({ TableKind: "PrimaryResult", Rows: [[{ a: 1 }, "1.00:00:00", null]] });
    expect(body[4]).toEqual({ FrameType: "DataSetCompletion", HasErrors: false, Cancelled: false });
  });

  test("progressive frames hold the same rows", async () => {
    const { body } = await query("range x from 1 to 900 step 1", { results_progressive_enabled: true });
    const fragments = body.filter(({ FrameType }: { FrameType: string }) => FrameType === "TableFragment");
    expect(fragments.flatMap(({ Rows }: { Rows: number[][] }) => Rows).length).toBe(900);
    expect(body.find(({ FrameType }: { FrameType: string }) => FrameType === "TableCompletion").RowCount).toBe(900);
  });

  test("the first version has a table of contents, and a row for what is missing", async () => {
    const { body } = await query("range x from 1 to 2000 step 1", {}, "/v1/rest/query");
    expect(body.Tables.at(-1).Rows[0]).toEqual([0, "QueryResult", "PrimaryResult", "", ""]);
    expect(body.Tables[0].Rows).toHaveLength(1001);
    expect(body.Tables[0].Rows.at(-1).OneApiErrors[0].error.code).toBe("LimitsExceeded");
  });

  test.each([
    [".show version", ["BuildVersion", "BuildTime", "ServiceType", "ProductVersion"]],
    [".show databases", ["DatabaseName"]],
    [".show tables details", ["TableName", "DatabaseName", "Folder", "DocString", "TotalRowCount"]],
    [".show table SigninLogs cslschema", ["TableName", "Schema"]],
    [".show table ['SigninLogs'] schema as json", ["TableName", "Schema"]],
    [".show functions", ["Name", "Parameters", "Body"]],
    [".show schema", ["DatabaseName", "TableName", "ColumnName", "ColumnType"]],
    [".show tables | where TableName startswith 'Sign' | count", ["Count"]],
  ])("%s", async (csl, columns) => {
    const { status, body } = await post(`${running.url}/v1/rest/mgmt`, { db: "Logs", csl });
    expect(status).toBe(200);
    const names = body.Tables[0].Columns.map(({ ColumnName }: { ColumnName: string }) => ColumnName);
    expect(names).toEqual(expect.arrayContaining(columns));
    expect(body.Tables[0].Rows.every((row: unknown[]) => row.length === names.length)).toBe(true);
  });

  test.each([
    ["SigninLogs | where", "Syntax error"],
    ["SigninLogs | where Nope == 1", "Semantic error"],
    [".drop table SigninLogs", "does not know the command"],
  ])("%s is refused in the API's form", async (csl, words) => {
    const { status, body } = await query(csl);
    expect(status).toBe(400);
    expect(body.error["@message"]).toContain(words);
  });

  test("tells clients where tokens come from", async () => {
    const { body } = await get(`${running.url}/v1/rest/auth/metadata`);
    expect(body.AzureAD.KustoServiceResourceId).toBe("https://kusto.kusto.windows.net");
  });

  test("speaks under the data lake's prefix too", async () => {
    const { body } = await query("print 1", {}, "/lake/kql/v2/rest/query");
    expect(body[2].Rows).toEqual([[1]]);
  });
});
