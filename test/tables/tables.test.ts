import { describe, expect, test } from "vitest";
import { canonicalTable, columnsOf, tableNames, tablesWith } from "../../src/tables/catalogue.ts";
import { tableOfCategory } from "../../src/tables/diagnostics/categories.ts";
import { tableOfColumns, tableOfPath } from "../../src/tables/fingerprint.ts";
import { isPrivate } from "../../src/tables/flows.ts";
import { inferType } from "../../src/tables/infer.ts";
import { planFields, zoneOf } from "../../src/tables/route.ts";

describe("the catalogue", () => {
  test("knows the columns of a table in order, with Kusto's types", () => {
    expect(columnsOf("Heartbeat")?.find(({ name }) => name === "TimeGenerated")).toEqual({
      name: "TimeGenerated",
      type: "datetime",
    });
    expect(columnsOf("SigninLogs")?.find(({ name }) => name === "DeviceDetail")?.type).toBe("dynamic");
    expect(columnsOf("signinlogs")).toBeUndefined();
    expect(canonicalTable("signinlogs")).toBe("SigninLogs");
    expect([...tableNames()].length).toBeGreaterThan(1000);
  });

  test("takes numbers and times of custom tables for what the endings of their names say", () => {
    const types: Readonly<Record<string, readonly string[]>> = { _d: ["real"], _b: ["bool"], _t: ["datetime"] };
    const custom = [...tableNames()].filter((name) => name.endsWith("_CL"));
    const wrong = custom.flatMap((table) =>
      (columnsOf(table) ?? []).filter(({ name, type }) => types[name.slice(-2)]?.includes(type) === false),
    );
    expect(wrong).toEqual([]);
  });

  test("finds the tables of a column by the column's whole name", () => {
    const names = [...tableNames()];
    for (const column of ["EventID", "Event", "TimeGenerated", "UserPrincipalName", "no such column", "", "s,tTime"])
      expect(tablesWith(column)).toEqual(
        names.filter((table) => columnsOf(table)?.some(({ name }) => name === column) ?? false),
      );
  });

  test("has no table twice and no table without columns", () => {
    const names = [...tableNames()];
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names.filter((name) => (columnsOf(name) ?? []).length === 0)).toEqual([]);
  });
});

describe("tables by columns", () => {
  const tables = [
    "SigninLogs",
    "AuditLogs",
    "AzureActivity",
    "OfficeActivity",
    "SecurityEvent",
    "SecurityAlert",
    "DeviceInfo",
    "CommonSecurityLog",
    "AZFWNetworkRule",
  ];
  test.each(tables)("%s is told from all of its columns, and from most of them", (table) => {
    const columns = (columnsOf(table) ?? []).map(({ name }) => name);
    expect(tableOfColumns(columns)).toMatchObject({ kind: "table", table });
    expect(tableOfColumns(columns.filter((_, i) => i % 5 !== 0))).toMatchObject({ kind: "table", table });
  });

  test("few shared columns are ambiguous or unknown, never a guess", () => {
    expect(tableOfColumns(["TimeGenerated", "TenantId", "Type"]).kind).toBe("unknown");
    expect(tableOfColumns(["DeviceId", "DeviceName", "ReportId", "ActionType"]).kind).not.toBe("table");
  });
});

describe("tables by path", () => {
  test.each([
    ["x/SigninLogs.ndjson", "SigninLogs"],
    ["x/SigninLogs_2026-01.csv.gz", "SigninLogs"],
    ["am-signinlogs/WorkspaceResourceId=/y=2026/PT05M.json", "SigninLogs"],
    ["AuditLogs/part-1.json", "AuditLogs"],
    ["My_Custom_CL.json", "My_Custom_CL"],
    ["AuditLogs/OfficeActivity.json", "OfficeActivity"],
    ["exports/query_data.csv", undefined],
  ])("%s", (path, table) => {
    expect(tableOfPath(path)).toBe(table);
  });
});

describe("tables by category", () => {
  test.each([
    ["SignInLogs", "", "SigninLogs"],
    ["Administrative", "", "AzureActivity"],
    ["StorageRead", "/x/fileServices/default", "StorageFileLogs"],
    ["AuditEvent", "/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/A", "AZKVAuditLogs"],
    ["AuditEvent", "/PROVIDERS/MICROSOFT.OTHER/X/A", "AzureDiagnostics"],
    ["kube-apiserver", "", "AKSControlPlane"],
    ["AZFWNetworkRule", "", "AZFWNetworkRule"],
    ["AppServiceHTTPLogs", "", "AppServiceHTTPLogs"],
    ["SomethingNew", "", "AzureDiagnostics"],
    ["", "", undefined],
  ])("%s of %s", (category, resource, table) => {
    expect(tableOfCategory(category, resource)).toBe(table);
  });
});

describe("types", () => {
  test.each<[readonly unknown[], boolean, string]>([
    [[1, 2, null], false, "long"],
    [[1, 2.5], false, "real"],
    [["1", "2"], true, "long"],
    [["1", "2"], false, "string"],
    [["007"], true, "string"],
    [["true", "FALSE"], true, "bool"],
    [["2024-01-01T00:00:00Z"], false, "datetime"],
    [["2024-01-01T00:00:00Z", "never"], false, "string"],
    [[{ a: 1 }, [1]], false, "dynamic"],
    [[1, "x"], false, "string"],
    [[], false, "string"],
  ])("%j (text: %s)", (values, isText, type) => {
    expect(inferType(values, isText)).toBe(type);
  });

  test("display zones of the portal", () => {
    expect(zoneOf("UTC")).toBe("UTC");
    expect(zoneOf("Pacific Time (US and Canada) Tijuana")).toBe("America/Tijuana");
    expect(zoneOf("Europe/Berlin")).toBe("Europe/Berlin");
    expect(zoneOf("Somewhere")).toBeUndefined();
  });

  test("columns that differ in case or suffix find their place; an event time stands in for a missing one", () => {
    const sample = { format: "csv" as const, path: "", columns: [], records: [], envelope: {} };
    const { fields, unknown } = planFields(
      "AzureNetworkAnalytics_CL",
      ["SrcIP", "DestPort", "timegenerated", "Mine"],
      sample,
    );
    expect(fields.map(({ column }) => column)).toEqual(["SrcIP_s", "DestPort_d", "TimeGenerated", "Mine"]);
    expect(unknown).toEqual(["Mine"]);
    expect(planFields("DeviceEvents", ["Timestamp"], sample).fields.map(({ column }) => column)).toEqual([
      "Timestamp",
      "TimeGenerated",
    ]);
  });
});

test.each([
  ["10.0.0.1", true],
  ["172.31.255.1", true],
  ["172.32.0.1", false],
  ["100.64.0.1", true],
  ["8.8.8.8", false],
  ["fd00::1", true],
  ["2001:db8::1", false],
])("%s lies in a private range: %s", (ip, expected) => {
  expect(isPrivate(ip)).toBe(expected);
});
