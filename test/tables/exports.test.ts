import { describe, expect, test } from "vitest";
import { columnsOf } from "../../src/tables/catalogue.ts";
import { lines } from "../backends/embedded/support.ts";
import { type ExportCase, holds } from "./support.ts";

const RESOURCE = "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG1/PROVIDERS";

const csvLine = (cells: readonly string[]): string => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",");

/** A portal export: every column of the schema is there, most are empty. */
function portal(table: string, cells: Readonly<Record<string, string>>): string {
  const columns = (columnsOf(table) ?? []).map(({ name, type }) => ({ name, time: type === "datetime" }));
  const header = columns.map(({ name, time }) => (time ? `${name} [UTC]` : name));
  return `\uFEFF${csvLine(header)}\r\n${csvLine(columns.map(({ name }) => cells[name] ?? ""))}\r\n`;
}

const diagnostic = (category: string, resource: string, more: object): object => ({
  ...{ time: "2024-03-01T00:00:00Z", resourceId: `${RESOURCE}/${resource}`, category, operationName: "Op" },
  ...more,
});

const vnetFlow = (tuple: string): object => ({
  ...{ time: "2025-04-30T09:07:40.986182+00:00", flowLogVersion: 4, flowLogGUID: "g", macAddress: "112233445566" },
  ...{ operationName: "FlowLogFlowEvent", aclID: "acl1", rule: "AllowInternet", "flow.0": tuple },
});

const portalCsv: readonly ExportCase[] = [
  {
    name: "every column of a wide table, empty ones too; message ids are text",
    files: {
      "query_data (2).csv": portal("SecurityEvent", {
        ...{ Type: "SecurityEvent", TimeGenerated: "4/6/2026, 8:03:39.662 AM", EventID: "4624", LogonType: "3" },
        ...{ AccessMask: "%%1842", EventData: "<EventData>\n  <Data/>\n</EventData>", Account: "CORP\\ada" },
      }),
    },
    query:
      "SecurityEvent | project TimeGenerated, EventID, LogonType, AccessMask, Account, strlen(EventData), IpAddress, isnull(ElevatedToken) or isempty(ElevatedToken)",
    rows: [["2026-04-06T08:03:39.6620000Z", 4624, 3, "%%1842", "CORP\\ada", 34, "", true]],
  },
  {
    name: "JSON that the old portal has pretty-printed over several lines, in a text column and in a dynamic one",
    files: {
      "SigninLogs.csv": `TimeGenerated [UTC],AuthenticationDetails,DeviceDetail\n"9/2/2020, 9:27:59.123 AM","[\n  {\n    ""succeeded"": true\n  }\n]","{\n  ""browser"": ""Edge""\n}"\n`,
    },
    query:
      "SigninLogs | project TimeGenerated, tobool(parse_json(AuthenticationDetails)[0].succeeded), DeviceDetail.browser",
    rows: [["2020-09-02T09:27:59.1230000Z", true, "Edge"]],
  },
  {
    name: "a result of summarize: its own time columns have the zone's suffix too",
    files: {
      "query_data.csv":
        'Computer,"FirstSeen [UTC]","LastSeen [UTC]",Hits\na,"4/6/2026, 8:03:39.662 AM","4/7/2026, 12:00:00.000 AM",7\n',
    },
    options: { assumeTable: "Summary_CL" },
    query: "Summary_CL | project FirstSeen, LastSeen - FirstSeen, Hits + 1",
    rows: [["2026-04-06T08:03:39.6620000Z", "15:56:20.3380000", 8]],
  },
  {
    name: "no suffix and ISO times, as in raw exports",
    files: { "Heartbeat.csv": "TimeGenerated,Computer\n2020-09-02T09:27:59.123Z,a\n" },
    query: "Heartbeat | project TimeGenerated, Computer",
    rows: [["2020-09-02T09:27:59.1230000Z", "a"]],
  },
  {
    name: "a spreadsheet's (blank) is no value where no text is expected, and TRUE a bool",
    files: {
      "SigninLogs.csv":
        'TimeGenerated [UTC],IsInteractive,DeviceDetail,CreatedDateTime [UTC],UserDisplayName\n"4/6/2026, 8:03:39.662 AM",TRUE,(blank),(blank),(blank)\n',
    },
    query: "SigninLogs | project IsInteractive, isnull(DeviceDetail), isnull(CreatedDateTime), UserDisplayName",
    rows: [[true, true, true, "(blank)"]],
  },
];

const other: readonly ExportCase[] = [
  {
    name: "the admin center's CSV: no-break spaces, an interruption, no device",
    files: {
      "SignIns.csv":
        "Date (UTC),Request ID,Username,User ID,Application ID ,Resource ID ,Location,Status,Sign-in error code,Failure reason,Authentication requirement,Compliant,Managed\n" +
        '2025-12-31T00:18:33Z,r1,Ada@Contoso.com,u1,a1,res1,"Oslo, Oslo, NO",Interrupted,50074,Strong\u00a0authentication is\u00a0required.,Multifactor authentication,,\n',
    },
    query:
      "SigninLogs | project ResultType, ResultDescription, AuthenticationRequirement, LocationDetails.city, isnull(DeviceDetail.isCompliant)",
    rows: [["50074", "Strong authentication is required.", "multiFactorAuthentication", "Oslo", true]],
  },
  {
    name: "the Activity Log blade with the spaces of its headers stripped",
    files: {
      "QueryResult.csv":
        "Correlationid,Operationname,Status,Eventcategory,Level,Time,Subscription,Eventinitiatedby,Resourcetype,Resourcegroup,Resource\n" +
        "c1,Create VM,Accepted,Administrative,Informational,2019-09-25T20:04:39.334Z,s1,ops@contoso.com,t,dev,/subscriptions/S1\n",
    },
    query:
      "AzureActivity | project OperationName, ActivityStatus, ActivityStatusValue, OperationNameValue, _ResourceId",
    rows: [["Create VM", "Accepted", "Accept", "", "/subscriptions/s1"]],
  },
  {
    name: "a batch answer of the Log Analytics API, with statistics and drawing",
    files: {
      "batch.json": JSON.stringify({
        responses: [
          {
            id: "1",
            status: 200,
            body: {
              tables: [
                {
                  name: "PrimaryResult",
                  columns: [
                    { name: "TimeGenerated", type: "datetime" },
                    { name: "Type", type: "string" },
                    { name: "Computer", type: "string" },
                    { name: "Properties", type: "dynamic" },
                  ],
                  rows: [["2021-06-01T00:00:00.1234567Z", "Heartbeat", "a", '"{\\"x\\":1}"']],
                },
              ],
              statistics: {},
              render: {},
            },
          },
          { id: "2", status: 400, body: { error: { code: "BadArgumentError", message: "no" } } },
        ],
      }),
    },
    query: "Heartbeat | project TimeGenerated, Computer",
    rows: [["2021-06-01T00:00:00.1234567Z", "a"]],
    said: "response 2: no",
  },
  {
    name: "Kusto v1: the result among the engine's own tables, types by their CLR names",
    files: {
      "Heartbeat.json": JSON.stringify({
        Tables: [
          {
            TableName: "Table_0",
            Columns: [
              { ColumnName: "TimeGenerated", DataType: "DateTime", ColumnType: "datetime" },
              { ColumnName: "Computer", DataType: "String", ColumnType: "string" },
              { ColumnName: "n", DataType: "Int64" },
              { ColumnName: "ok", DataType: "SByte" },
            ],
            Rows: [["2024-01-01T00:00:00Z", "a", 7, true]],
          },
          { TableName: "Table_1", Columns: [{ ColumnName: "Value", DataType: "String" }], Rows: [["{}"]] },
          {
            TableName: "Table_2",
            Columns: ["Ordinal", "Kind", "Name"].map((ColumnName) => ({ ColumnName, DataType: "String" })),
            Rows: [
              ["0", "QueryResult", "PrimaryResult"],
              ["1", "QueryProperties", "@ExtendedProperties"],
            ],
          },
        ],
      }),
    },
    query: "Heartbeat | project Computer, n + 1, ok",
    rows: [["a", 8, true]],
  },
  {
    name: "Kusto v2 in whole tables",
    files: {
      "Heartbeat.json": JSON.stringify([
        { FrameType: "DataSetHeader", IsProgressive: false },
        { FrameType: "DataTable", TableKind: "QueryProperties", TableName: "x", Columns: [], Rows: [] },
        {
          FrameType: "DataTable",
          TableKind: "PrimaryResult",
          TableName: "PrimaryResult",
          Columns: [
            { ColumnName: "TimeGenerated", ColumnType: "datetime" },
            { ColumnName: "Computer", ColumnType: "string" },
          ],
          Rows: [["2024-01-01T00:00:00Z", "a"]],
        },
        { FrameType: "DataSetCompletion" },
      ]),
    },
    query: "Heartbeat | project Computer",
    rows: [["a"]],
  },
  {
    name: "messages of an Event Hub of a data-export rule: rows under `records`, a bool as a number",
    files: {
      "hub.json": lines(
        ...[1, 2].map((i) => ({
          records: [
            {
              ...{ TimeGenerated: `2024-09-26T05:23:3${i}.5594143Z`, Type: "SecurityAlert", _ItemId: `i${i}` },
              ...{ IsIncident: 0, Entities: '[{"$id":"2"}]', SystemAlertId: `a${i}` },
            },
          ],
        })),
      ),
    },
    query: 'SecurityAlert | sort by SystemAlertId asc | project IsIncident, parse_json(Entities)[0]["$id"]',
    rows: [
      [false, "2"],
      [false, "2"],
    ],
  },
  {
    name: "PT05M.json and what overflowed into PT05M_1.json, with a record that was sent again",
    files: Object.fromEntries(
      ["", "_1"].map((part) => [
        `am-heartbeat/WorkspaceResourceId=/w/y=2026/m=11/d=23/h=07/m=05/PT05M${part}.json`,
        lines({ TimeGenerated: "2026-11-23T07:06:00Z", Type: "Heartbeat", Computer: "a", _ItemId: "i1" }),
      ]),
    ),
    query: "Heartbeat | count",
    rows: [[1]],
    said: "1 duplicate record skipped",
  },
  {
    name: "Activity Log events of an SDK, in snake_case",
    files: {
      "events.json": JSON.stringify([
        {
          event_timestamp: "2024-01-01T00:00:00Z",
          operation_name: { value: "Microsoft.Compute/disks/delete", localized_value: "Delete Disk" },
          status: { value: "Failed" },
          sub_status: { value: "Forbidden" },
          category: { value: "Administrative" },
          caller: "ops@contoso.com",
          http_request: { client_ip_address: "192.0.2.1" },
          resource_id: "/subscriptions/S/x/y",
          correlation_id: "c1",
        },
      ]),
    },
    query:
      "AzureActivity | project OperationNameValue, ActivityStatusValue, CallerIpAddress, CorrelationId, _ResourceId",
    rows: [["MICROSOFT.COMPUTE/DISKS/DELETE", "Failure", "192.0.2.1", "c1", "/subscriptions/s/x/y"]],
  },
  {
    name: "continuous export of Defender for Cloud: an assessment and a sub-assessment",
    files: {
      "hub.json": lines(
        {
          id: "/subscriptions/s/providers/Microsoft.Security/assessments/a1",
          name: "a1",
          type: "Microsoft.Security/assessments",
          properties: { displayName: "Encrypt disks", status: { code: "Unhealthy" }, metadata: { severity: "High" } },
          assessmentEventDataEnrichment: { action: "Insert", isSnapshot: false, timeGenerated: "2024-01-01T00:00:00Z" },
        },
        {
          $type: "SubAssessment",
          Id: "/subscriptions/s/providers/Microsoft.Security/assessments/a1/subassessments/s1",
          Name: "s1",
          Type: "Microsoft.Security/assessments/subAssessments",
          Properties: { Id: "CVE-1", DisplayName: "CVE", timeGenerated: "2024-01-01T00:00:00Z" },
        },
      ),
    },
    query:
      "union SecurityRecommendation, SecurityNestedRecommendation | project Type, RecommendationState, RecommendationSeverity | sort by Type desc",
    rows: [
      ["SecurityRecommendation", "Unhealthy", "High"],
      ["SecurityNestedRecommendation", "", ""],
    ],
  },
  {
    name: "Graph sign-ins with null for what is absent",
    files: {
      "signins.json": JSON.stringify({
        "@odata.nextLink": "https://graph/next",
        value: [
          {
            ...{ id: "g1", createdDateTime: "2023-12-01T16:03:35Z", clientAppUsed: "Browser", ipAddress: "192.0.2.7" },
            ...{
              status: { errorCode: 0, additionalDetails: null },
              deviceDetail: null,
              location: null,
              mfaDetail: null,
            },
          },
        ],
      }),
    },
    query: "SigninLogs | project ResultType, Location, isnull(DeviceDetail), IPAddress",
    rows: [["0", "", true, "192.0.2.7"]],
  },
];

const settings: readonly ExportCase[] = [
  {
    name: "records lie in files of other categories: each goes by its own",
    files: {
      "insights-activity-logs/PT1H.json": lines(
        diagnostic("Administrative", "P/T/N", { resultType: "Success" }),
        diagnostic("SignInLogs", "x", {
          resultType: "0",
          properties: { id: "s1", createdDateTime: "2024-03-01T00:00:00Z" },
        }),
      ),
    },
    query: "union withsource=T AzureActivity, SigninLogs | summarize count() by T | sort by T asc",
    rows: [
      ["AzureActivity", 1],
      ["SigninLogs", 1],
    ],
  },
  {
    name: "properties as JSON text, an address that is <null>, Level beside level",
    files: {
      "PT1H.json": lines(
        diagnostic("AuditEvent", "MICROSOFT.KEYVAULT/VAULTS/KV1", {
          ...{ callerIpAddress: "<null>", durationMs: 12, Level: "Informational", level: "4" },
          properties: JSON.stringify({
            httpStatusCode: 403,
            requestUri: "https://kv1/secrets/a",
            isAddressAuthorized: true,
          }),
        }),
      ),
    },
    query: "AZKVAuditLogs | project HttpStatusCode, RequestUri, IsAddressAuthorized, CallerIpAddress, DurationMs",
    rows: [[403, "https://kv1/secrets/a", true, "", 12]],
  },
  {
    name: "a variant with the columns of Log Analytics at the top and no time",
    files: {
      "PT1H.json": lines({
        ...{ TimeGenerated: "2024-03-01T00:00:00Z", Category: "SignInLogs", Type: "SigninLogs", ResultType: "0" },
        ...{ UserPrincipalName: "ada@contoso.com", OperationName: "Sign-in activity" },
      }),
    },
    query: "SigninLogs | project ResultType, UserPrincipalName",
    rows: [["0", "ada@contoso.com"]],
  },
  {
    name: "Application Gateway: timeStamp, renamed members, the firewall's details",
    files: {
      "PT1H.json": lines(
        {
          ...diagnostic("ApplicationGatewayAccessLog", "MICROSOFT.NETWORK/APPLICATIONGATEWAYS/GW", {}),
          ...{ time: undefined, timeStamp: "2021-10-14T22:17:11+00:00" },
          properties: {
            clientIP: "192.0.2.1",
            httpStatus: 200,
            WAFEvaluationTime: "0.001",
            WAFMode: "Detection",
            error_info: "E",
          },
        },
        {
          ...diagnostic("ApplicationGatewayFirewallLog", "MICROSOFT.NETWORK/APPLICATIONGATEWAYS/GW", {}),
          ...{ time: undefined, timeStamp: "2021-10-14T22:17:12+00:00" },
          properties: {
            ...{ clientIp: "192.0.2.2", ruleId: "942130", action: "Blocked" },
            details: { message: "m", data: "d", file: "f.conf", line: "554" },
          },
        },
      ),
    },
    query:
      "union AGWAccessLogs, AGWFirewallLogs | sort by TimeGenerated asc | project TimeGenerated, ClientIp, WafEvaluationTime, WafMode, ErrorInfo, DetailedMessage, FileDetails, LineDetails",
    rows: [
      ["2021-10-14T22:17:11.0000000Z", "192.0.2.1", 0.001, "Detection", "E", "", "", ""],
      ["2021-10-14T22:17:12.0000000Z", "192.0.2.2", null, "", "", "m", "f.conf", "554"],
    ],
  },
  {
    name: "storage: status and address at the top, the identity taken apart, the table by the service",
    files: {
      "PT1H.json": lines(
        diagnostic("StorageRead", "MICROSOFT.STORAGE/STORAGEACCOUNTS/A/BLOBSERVICES/DEFAULT", {
          ...{
            statusCode: 206,
            statusText: "Success",
            durationMs: 8,
            callerIpAddress: "192.0.2.1:443",
            uri: "https://a/c",
          },
          identity: { type: "OAuth", tokenHash: "h", requester: { upn: "ada@contoso.com", objectId: "o" } },
          properties: { accountName: "a", objectKey: "/a/c", responseBodySize: 5 },
        }),
      ),
    },
    query:
      "StorageBlobLogs | project StatusCode, StatusText, DurationMs, CallerIpAddress, AuthenticationType, AuthenticationHash, RequesterUpn, AccountName, ResponseBodySize",
    rows: [["206", "Success", 8, "192.0.2.1:443", "OAuth", "h", "ada@contoso.com", "a", 5]],
  },
  {
    name: "Intune: columns by name, times without a zone, the whole of an operation in Properties",
    files: {
      "PT1H.json": lines(
        {
          time: "2022-11-17T07:03:14Z",
          category: "Devices",
          operationName: "x",
          resultType: "y",
          tenantId: "t",
          properties: {
            DeviceId: "d1",
            OS: "Windows",
            CompliantState: "Compliant",
            LastContact: "2022-11-17 07:03:14.6829201",
          },
        },
        {
          time: "2022-11-17T07:03:15Z",
          category: "OperationalLogs",
          operationName: "Enrollment",
          resultType: "Fail",
          tenantId: "t",
          properties: { IntuneDeviceId: "d1", Failure: { Reason: "r" } },
        },
      ),
    },
    query:
      "union IntuneDevices, IntuneOperationalLogs | sort by TimeGenerated asc | project DeviceId, CompliantState, LastContact, Reason = tostring(parse_json(Properties).Failure.Reason)",
    rows: [
      ["d1", "Compliant", "2022-11-17 07:03:14.6829201", ""],
      ["", "", "", "r"],
    ],
  },
  {
    name: "Azure Firewall: resource-specific records by name, legacy ones as text",
    files: {
      "PT1H.json": lines(
        diagnostic("AZFWNetworkRule", "MICROSOFT.NETWORK/AZUREFIREWALLS/F", {
          properties: {
            Protocol: "TCP",
            SourceIp: "10.0.0.1",
            DestinationIp: "192.0.2.1",
            DestinationPort: 443,
            Action: "Deny",
          },
        }),
        diagnostic("AzureFirewallNetworkRule", "MICROSOFT.NETWORK/AZUREFIREWALLS/F", {
          properties: { msg: "TCP request from 192.168.0.2:49680 to 89.160.20.156:1688. Action: Deny" },
        }),
      ),
    },
    query:
      "union AZFWNetworkRule, AzureDiagnostics | sort by Type asc | project Type, SourceIp, DestinationPort, Action, msg_s",
    rows: [
      ["AZFWNetworkRule", "10.0.0.1", 443, "Deny", ""],
      ["AzureDiagnostics", "", null, "", "TCP request from 192.168.0.2:49680 to 89.160.20.156:1688. Action: Deny"],
    ],
  },
  {
    name: "Graph's own activity: names by any case, what has no column is said",
    files: {
      "PT1H.json": lines({
        ...{
          time: "2024-03-01T00:00:00Z",
          category: "MicrosoftGraphActivityLogs",
          operationName: "x",
          resourceId: "/TENANTS/T",
        },
        properties: {
          requestId: "r1",
          ipAddress: "192.0.2.1",
          responseStatusCode: 200,
          __UDI_RequiredFields_TenantId: "t",
          C_Iat: "1",
        },
      }),
    },
    query: "MicrosoftGraphActivityLogs | project RequestId, IPAddress, ResponseStatusCode",
    rows: [["r1", "192.0.2.1", 200]],
    said: "C_Iat",
  },
  {
    name: "flow tuples that a forwarder has flattened, one in an event",
    files: {
      "vnet.json": lines(
        vnetFlow("1663146003599,10.0.0.4,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0"),
        vnetFlow("1663146003606,10.0.0.4,192.0.2.180,23956,443,6,O,E,NX,3,767,2,1580"),
      ),
      "nsg.json": lines({
        ...{
          time: "2024-08-19T18:00:06Z",
          category: "NetworkSecurityGroupFlowEvent",
          Version: 2,
          rule: "Deny",
          mac: "00",
        },
        ...{ resourceId: `${RESOURCE}/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/N` },
        "flow.0": "1724090347,10.1.0.4,10.1.0.5,50000,22,T,I,D,B,,,,",
      }),
    },
    query:
      "union (NTANetAnalytics | project T = TimeGenerated, Ip = SrcIp, Port = DestPort, Rule = AclRule, Bytes = BytesDestToSrc), (AzureNetworkAnalytics_CL | project T = TimeGenerated, Ip = SrcIP_s, Port = toint(DestPort_d), Rule = NSGRule_s, Bytes = tolong(DeniedInFlows_d)) | sort by T asc",
    rows: [
      ["2022-09-14T09:00:03.5990000Z", "10.0.0.4", 443, "AllowInternet", 0],
      ["2022-09-14T09:00:03.6060000Z", "10.0.0.4", 443, "AllowInternet", 1580],
      ["2024-08-19T17:59:07.0000000Z", "10.1.0.4", 22, "Deny", 1],
    ],
  },
];

describe("portal and spreadsheet CSV", () => test.each(portalCsv)("$name", holds));
describe("APIs, streams and export rules", () => test.each(other)("$name", holds));
describe("diagnostic settings", () => test.each(settings)("$name", holds));

test("no case stands twice", () => {
  const names = [...portalCsv, ...other, ...settings].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
