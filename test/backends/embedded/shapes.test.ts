import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Value } from "../../../src/core/kusto.ts";
import { type Files, lines, reconciled, withLoaded } from "./support.ts";

interface ShapeCase {
  readonly name: string;
  readonly files: Files;
  readonly shape: string;
  readonly table: string;
  readonly accepted: number;
  readonly query: string;
  readonly rows: readonly (readonly Value[])[];
}

const VAULT = "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG1/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV1";

const signInEvent = {
  time: "2024-05-01T10:05:00.1234567Z",
  resourceId: "/tenants/t1/providers/Microsoft.aadiam",
  operationName: "Sign-in activity",
  category: "SignInLogs",
  tenantId: "t1",
  resultType: "50126",
  resultDescription: "Invalid password",
  callerIpAddress: "203.0.113.9",
  location: "DE",
  Level: 4,
  properties: {
    id: "e1",
    createdDateTime: "2024-05-01T10:02:00Z",
    userPrincipalName: "Ada@Contoso.com",
    location: { city: "Berlin", countryOrRegion: "DE" },
    resourceId: "app-target",
    appliedConditionalAccessPolicies: [{ id: "p1", result: "failure" }],
    autonomousSystemNumber: 64500,
    processingTimeInMilliseconds: 91,
    riskEventTypes_v2: ["unfamiliarFeatures"],
    deviceDetail: { operatingSystem: "Windows11" },
    isInteractive: true,
    rngcStatus: 0,
  },
};

const cases: readonly ShapeCase[] = [
  {
    name: "portal CSV: BOM, zone suffix, US times, quoted newlines, JSON cells, $table routing",
    files: {
      "query_data.csv":
        '\uFEFF$table,"TimeGenerated [UTC]",UserPrincipalName,"IsInteractive",DeviceDetail,ResultDescription\r\n' +
        'SigninLogs,"4/6/2026, 8:03:39.662 AM",ada@contoso.com,true,"{""browser"":""Edge""}","two\nlines"\r\n' +
        'SigninLogs,"12/31/2025, 12:00:00.000 PM",bob@contoso.com,FALSE,,\r\n',
    },
    shape: "rows",
    table: "SigninLogs",
    accepted: 2,
    query:
      "SigninLogs | sort by TimeGenerated desc | project TimeGenerated, UserPrincipalName, IsInteractive, DeviceDetail.browser, ResultDescription, AppDisplayName",
    rows: [
      ["2026-04-06T08:03:39.6620000Z", "ada@contoso.com", true, "Edge", "two\nlines", ""],
      ["2025-12-31T12:00:00.0000000Z", "bob@contoso.com", false, null, "", ""],
    ],
  },
  {
    name: "portal CSV in another display zone, with split columns of a union",
    files: {
      "SigninLogs/query_data (1).csv":
        "TimeGenerated [Pacific Time (US and Canada) Tijuana],UserPrincipalName,Status_dynamic,Status_string\n" +
        '"7/1/2024, 1:00:00.000 AM",ada@contoso.com,,"{""errorCode"":1}"\n' +
        '"1/1/2024, 1:00:00.000 AM",bob@contoso.com,"{""errorCode"":2}",\n',
    },
    shape: "rows",
    table: "SigninLogs",
    accepted: 2,
    query: "SigninLogs | sort by TimeGenerated asc | project TimeGenerated, toint(Status.errorCode)",
    rows: [
      ["2024-01-01T09:00:00.0000000Z", 2],
      ["2024-07-01T08:00:00.0000000Z", 1],
    ],
  },
  {
    name: "portal CSV with the day before the month",
    files: {
      "SecurityAlert.csv":
        'TimeGenerated [UTC],AlertName,AlertSeverity\n"13/02/2024, 14:30:00.500",A,High\n"01/02/2024, 00:00:00.000",B,Low\n',
    },
    shape: "rows",
    table: "SecurityAlert",
    accepted: 2,
    query: "SecurityAlert | sort by AlertName asc | project TimeGenerated",
    rows: [["2024-02-13T14:30:00.5000000Z"], ["2024-02-01T00:00:00.0000000Z"]],
  },
  {
    name: "Defender CSV: spoken times, Invalid date, 0 and 1 as booleans",
    files: {
      "New query.csv":
        "\uFEFFTimestamp,DeviceId,DeviceName,ActionType,LogonType,AccountName,IsLocalAdmin,InitiatingProcessCreationTime,RemoteDeviceName,AccountDomain,LogonId\r\n" +
        '"Oct 9, 2024 2:40:09 PM",d1,dc01,LogonFailed,Network,guest,0,Invalid date,pc7,corp,77\r\n',
    },
    shape: "rows",
    table: "DeviceLogonEvents",
    accepted: 1,
    query:
      "DeviceLogonEvents | project TimeGenerated, Timestamp, DeviceName, IsLocalAdmin, InitiatingProcessCreationTime, LogonId",
    rows: [["2024-10-09T14:40:09.0000000Z", "2024-10-09T14:40:09.0000000Z", "dc01", false, null, 77]],
  },
  {
    name: "data-export blobs: Type routing, dynamic as text, omitted columns, 100 ns times, a folder layout",
    files: {
      "am-signinlogs/WorkspaceResourceId=/y=2026/m=11/d=23/h=07/m=05/PT05M.json": lines(
        {
          TimeGenerated: "2026-11-23T07:01:02.1234567Z",
          UserPrincipalName: "ada@contoso.com",
          DeviceDetail: '{"browser":"Edge"}',
          Type: "SigninLogs",
          _ItemId: "i1",
        },
        {
          TimeGenerated: "2026-11-23T07:01:03Z",
          UserPrincipalName: "bob@contoso.com",
          DeviceDetail: { browser: "Chrome" },
          Type: "SigninLogs",
          _ItemId: "i2",
        },
      ),
    },
    shape: "rows",
    table: "SigninLogs",
    accepted: 2,
    query: "SigninLogs | sort by TimeGenerated asc | project TimeGenerated, DeviceDetail.browser, Type",
    rows: [
      ["2026-11-23T07:01:02.1234567Z", "Edge", "SigninLogs"],
      ["2026-11-23T07:01:03.0000000Z", "Chrome", "SigninLogs"],
    ],
  },
  {
    name: "a JSON array over several lines, table by its columns alone",
    files: {
      "export.json": JSON.stringify(
        [
          {
            TimeGenerated: "2024-01-01T00:00:00Z",
            AppDisplayName: "Portal",
            ConditionalAccessStatus: "success",
            IPAddress: "198.51.100.1",
            UserPrincipalName: "a@b.c",
            ClientAppUsed: "Browser",
            RiskLevelDuringSignIn: "none",
            IsInteractive: true,
            Status: { errorCode: 0 },
            MfaDetail: {},
            SignInIdentifier: "x",
            FlaggedForReview: false,
          },
        ],
        null,
        2,
      ),
    },
    shape: "rows",
    table: "SigninLogs",
    accepted: 1,
    query: "SigninLogs | project IPAddress, IsInteractive, toint(Status.errorCode)",
    rows: [["198.51.100.1", true, 0]],
  },
  {
    name: "diagnostic sign-ins: both locations, policies and target resource in their columns, UPN in lower case",
    files: { "insights-logs-signinlogs/PT1H.json": lines(signInEvent) },
    shape: "diagnostic",
    table: "SigninLogs",
    accepted: 1,
    query:
      "SigninLogs | project TimeGenerated, CreatedDateTime, Location, LocationDetails.city, ConditionalAccessPolicies[0].result, ResourceIdentity, ResultType, UserPrincipalName, IPAddress, AADTenantId, AutonomousSystemNumber, ProcessingTimeInMilliseconds, RiskEventTypes_V2, ResourceGroup",
    rows: [
      [
        "2024-05-01T10:05:00.1234567Z",
        "2024-05-01T10:02:00.0000000Z",
        ...["DE", "Berlin", "failure", "app-target", "50126", "ada@contoso.com", "203.0.113.9", "t1", "64500", "91"],
        ...['["unfamiliarFeatures"]', "Microsoft.aadiam"],
      ],
    ],
  },
  {
    name: "non-interactive sign-ins keep objects as text and time in ProcessingTimeInMs",
    files: {
      "events.json": JSON.stringify({ records: [{ ...signInEvent, category: "NonInteractiveUserSignInLogs" }] }),
    },
    shape: "diagnostic",
    table: "AADNonInteractiveUserSignInLogs",
    accepted: 1,
    query:
      "AADNonInteractiveUserSignInLogs | project ProcessingTimeInMs, tostring(parse_json(DeviceDetail).operatingSystem), UserPrincipalName",
    rows: [["91", "Windows11", "Ada@Contoso.com"]],
  },
  {
    name: "diagnostic audit: the event's own category and operation type win",
    files: {
      "PT1H.json": lines({
        time: "2024-05-01T10:00:00Z",
        category: "AuditLogs",
        operationName: "Add user",
        tenantId: "t1",
        properties: {
          id: "a1",
          category: "UserManagement",
          operationType: "Add",
          activityDisplayName: "Add user",
          result: "success",
          initiatedBy: { user: { id: "u" } },
          targetResources: [{ id: "x" }],
        },
      }),
    },
    shape: "diagnostic",
    table: "AuditLogs",
    accepted: 1,
    query:
      "AuditLogs | project Category, AADOperationType, OperationName, Result, InitiatedBy.user.id, TargetResources[0].id, AADTenantId",
    rows: [["UserManagement", "Add", "Add user", "success", "u", "x", "t1"]],
  },
  {
    name: "Activity Log through an Event Hub: status wording, sub-status after the dot, caller of the claims, old category",
    files: {
      "hub.json": JSON.stringify({
        records: [
          {
            time: "2024-03-07T14:23:51.991Z",
            resourceId: "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG1/PROVIDERS/MICROSOFT.WEB/SITES/APP1",
            operationName: "Microsoft.Web/sites/write",
            category: "Write",
            resultType: "Success",
            resultSignature: "Succeeded.Created",
            callerIpAddress: "192.0.2.1",
            level: "Information",
            identity: {
              authorization: { action: "write" },
              claims: { "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "ops@contoso.com" },
            },
            properties: { eventDataId: "d1" },
          },
        ],
      }),
    },
    shape: "diagnostic",
    table: "AzureActivity",
    accepted: 1,
    query:
      "AzureActivity | project OperationNameValue, ActivityStatusValue, ActivitySubstatusValue, CategoryValue, Caller, Level, _ResourceId, Resource, Authorization_d.action, EventDataId",
    rows: [
      [
        ...["MICROSOFT.WEB/SITES/WRITE", "Success", "Created", "Administrative", "ops@contoso.com", "Informational"],
        ...["/subscriptions/s1/resourcegroups/rg1/providers/microsoft.web/sites/app1", "APP1", "write", "d1"],
      ],
    ],
  },
  {
    name: "resource logs: API gateway with its renamed and split members",
    files: {
      "PT1H.json": lines({
        time: "2024-03-01T00:00:00Z",
        resourceId: "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/API",
        category: "GatewayLogs",
        operationName: "Microsoft.ApiManagement/GatewayLogs",
        durationMs: 70,
        location: "West Europe",
        isRequestSuccess: false,
        properties: {
          method: "GET",
          url: "https://api/x",
          responseCode: 401,
          lastError: { reason: "TokenExpired", source: "validate-jwt" },
        },
      }),
    },
    shape: "diagnostic",
    table: "ApiManagementGatewayLogs",
    accepted: 1,
    query:
      "ApiManagementGatewayLogs | project Method, ResponseCode, TotalTime, Region, LastErrorReason, LastErrorSource, IsRequestSuccess",
    rows: [["GET", 401, 70, "West Europe", "TokenExpired", "validate-jwt", false]],
  },
  {
    name: "Key Vault: its own table by name, properties as an object",
    files: {
      "PT1H.json": lines({
        time: "2024-03-01T00:00:00Z",
        resourceId: VAULT,
        category: "AuditEvent",
        operationName: "SecretGet",
        resultSignature: "OK",
        durationMs: "47",
        callerIpAddress: "192.0.2.4",
        identity: { claim: { oid: "o1" } },
        properties: { id: "https://kv1", httpStatusCode: 200 },
      }),
    },
    shape: "diagnostic",
    table: "AZKVAuditLogs",
    accepted: 1,
    query: "AZKVAuditLogs | project OperationName, HttpStatusCode, Id, Identity.claim.oid, DurationMs, _ResourceId",
    rows: [["SecretGet", 200, "https://kv1", "o1", 47, VAULT.toLowerCase()]],
  },
  {
    name: "a service without a table of its own: AzureDiagnostics with typed suffixes, from single-quoted properties",
    files: {
      "PT1H.json": lines({
        time: "2024-03-01T00:00:00Z",
        resourceId: "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG1/PROVIDERS/MICROSOFT.CDN/PROFILES/FD1",
        category: "FrontDoorAccessLog",
        operationName: "Request",
        properties: "{'httpStatusCode':200,'isHit':true,'details':{'rule':'it\\'s'}}",
      }),
    },
    shape: "diagnostic",
    table: "AzureDiagnostics",
    accepted: 1,
    query:
      "AzureDiagnostics | project Category, ResourceProvider, ResourceGroup, SubscriptionId, toint(column_ifexists('httpStatusCode_d', 0))",
    rows: [["FrontDoorAccessLog", "MICROSOFT.CDN", "RG1", "s1", 200]],
  },
  {
    name: "kube-audit: the event inside properties.log",
    files: {
      "hub.json": JSON.stringify([
        {
          records: [
            {
              time: "2024-01-01T00:00:00Z",
              category: "kube-audit",
              resourceId: "/SUBSCRIPTIONS/S/K",
              operationName: "Read",
              properties: {
                pod: "api-0",
                log: JSON.stringify({
                  auditID: "u1",
                  verb: "get",
                  requestURI: "/api",
                  user: { username: "root" },
                  stageTimestamp: "2024-01-01T00:00:01Z",
                }),
              },
            },
          ],
        },
      ]),
    },
    shape: "diagnostic",
    table: "AKSAudit",
    accepted: 1,
    query: "AKSAudit | project AuditId, Verb, RequestUri, User.username, StageReceivedTime, PodName",
    rows: [["u1", "get", "/api", "root", "2024-01-01T00:00:01.0000000Z", "api-0"]],
  },
  {
    name: "Defender streaming",
    files: {
      "hub.json": lines({
        time: "2023-01-02T17:21:10Z",
        tenantId: "t",
        category: "AdvancedHunting-DeviceInfo",
        properties: {
          Timestamp: "2023-01-02T17:20:00.5Z",
          DeviceId: "d1",
          OSPlatform: "Windows11",
          IsAzureADJoined: true,
        },
      }),
    },
    shape: "defender_streaming",
    table: "DeviceInfo",
    accepted: 1,
    query: "DeviceInfo | project TimeGenerated, DeviceId, OSPlatform, IsAzureADJoined",
    rows: [["2023-01-02T17:20:00.5000000Z", "d1", "Windows11", true]],
  },
  {
    name: "Log Analytics API: stated types, numbers as text, dynamic as encoded text, partial answers said",
    files: {
      "answer.json": JSON.stringify({
        tables: [
          {
            name: "PrimaryResult",
            columns: [
              { name: "TimeGenerated", type: "datetime" },
              { name: "DataType", type: "string" },
              { name: "Quantity", type: "real" },
              { name: "IsBillable", type: "bool" },
              { name: "Type", type: "string" },
              { name: "Extra", type: "dynamic" },
              { name: "Count", type: "long" },
            ],
            rows: [["2024-01-01T00:00:00Z", "Perf", "1.5", "true", "Usage", '{"a":[1]}', "9007199254740993"]],
          },
        ],
        error: { code: "PartialError", message: "cut" },
      }),
    },
    shape: "api_answer",
    table: "Usage",
    accepted: 1,
    query: "Usage | project TimeGenerated, DataType, Quantity, IsBillable, Extra.a[0], Count",
    rows: [["2024-01-01T00:00:00.0000000Z", "Perf", 1.5, true, 1, "9007199254740993"]],
  },
  {
    name: "Kusto v2 frames, progressive",
    files: {
      "Heartbeat.json": JSON.stringify([
        { FrameType: "DataSetHeader", Version: "v2.0" },
        {
          FrameType: "TableHeader",
          TableId: 1,
          TableKind: "PrimaryResult",
          TableName: "PrimaryResult",
          Columns: [
            { ColumnName: "TimeGenerated", ColumnType: "datetime" },
            { ColumnName: "Computer", ColumnType: "string" },
          ],
        },
        {
          FrameType: "TableFragment",
          TableId: 1,
          TableFragmentType: "DataAppend",
          Rows: [["2024-01-01T00:00:00Z", "a"]],
        },
        {
          FrameType: "TableFragment",
          TableId: 1,
          TableFragmentType: "DataReplace",
          Rows: [
            ["2024-01-01T00:00:00Z", "b"],
            ["2024-01-02T00:00:00Z", "c"],
          ],
        },
        { FrameType: "DataSetCompletion", HasErrors: false },
      ]),
    },
    shape: "api_answer",
    table: "Heartbeat",
    accepted: 2,
    query: "Heartbeat | sort by Computer asc | project Computer",
    rows: [["b"], ["c"]],
  },
  {
    name: "az monitor log-analytics query: every value is text",
    files: { "Heartbeat.json": JSON.stringify([{ Computer: "a", TableName: "PrimaryResult", count_: "57" }]) },
    shape: "rows",
    table: "Heartbeat",
    accepted: 1,
    query: "Heartbeat | project Computer, count_ + 1",
    rows: [["a", 58]],
  },
  {
    name: "NSG flow log: versions 1 and 2, one row per tuple, counters, the public side apart",
    files: {
      "PT1H.json": JSON.stringify({
        records: [
          {
            time: "2024-08-19T18:00:06.8944384Z",
            category: "NetworkSecurityGroupFlowEvent",
            resourceId: "/SUBSCRIPTIONS/S1/RESOURCEGROUPS/RG1/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG1",
            properties: {
              Version: 2,
              flows: [
                {
                  rule: "Default_Allow",
                  flows: [
                    {
                      mac: "0011",
                      flowTuples: [
                        "1724090346,10.1.0.4,20.98.192.237,50000,443,T,O,A,E,10,74,5,80",
                        "1724090347,10.1.0.4,10.1.0.5,50000,22,T,I,D,B,,,,",
                      ],
                    },
                  ],
                },
              ],
            },
          },
        ],
      }),
    },
    shape: "nsg_flow",
    table: "AzureNetworkAnalytics_CL",
    accepted: 1,
    query:
      "AzureNetworkAnalytics_CL | sort by FlowStartTime_t asc | project FlowStartTime_t, SrcIP_s, DestIP_s, VMIP_s, PublicIPs_s, DestPort_d, FlowStatus_s, OutboundBytes_d, InboundBytes_d, DeniedInFlows_d, AllowedOutFlows_d, NSGList_s",
    rows: [
      [
        "2024-08-19T17:59:06.0000000Z",
        "",
        "",
        "10.1.0.4",
        "20.98.192.237|1|0|0|0|0|0",
        443,
        "A",
        74,
        80,
        0,
        0,
        "s1/rg1/nsg1",
      ],
      ["2024-08-19T17:59:07.0000000Z", "10.1.0.4", "10.1.0.5", "", "", 22, "D", null, null, 1, 0, "s1/rg1/nsg1"],
    ],
  },
  {
    name: "virtual network flow log: milliseconds, protocol numbers, state and encryption",
    files: {
      "PT1H.json": JSON.stringify({
        records: [
          {
            time: "2024-12-12T04:00:24.7917700Z",
            category: "FlowLogFlowEvent",
            flowLogVersion: 4,
            macAddress: "6045",
            targetResourceID: "/subscriptions/s1/vnet",
            flowRecords: {
              flows: [
                {
                  aclID: "acl1",
                  flowGroups: [
                    {
                      rule: "R1",
                      flowTuples: [
                        "1733975962447,10.1.0.4,40.119.6.228,123,123,17,O,E,X,4,360,4,528",
                        "1733975966605,64.62.197.181,10.1.0.4,19795,2123,6,I,D,NX,0,0,0,0",
                      ],
                    },
                  ],
                },
              ],
            },
          },
        ],
      }),
    },
    shape: "vnet_flow",
    table: "NTANetAnalytics",
    accepted: 1,
    query:
      "NTANetAnalytics | sort by FlowStartTime asc | project FlowStartTime, SrcIp, SrcPublicIps, DestPort, L4Protocol, FlowStatus, FlowEncryption, BytesSrcToDest, CompletedFlows, DeniedInFlows, AclRule",
    rows: [
      ["2024-12-12T03:59:22.4470000Z", "10.1.0.4", "", 123, "U", "A", "X", 360, 1, 0, "R1"],
      ["2024-12-12T03:59:26.6050000Z", "", "64.62.197.181|1|0|0|0|0|0", 2123, "T", "D", "NX", 0, 0, 1, "R1"],
    ],
  },
  {
    name: "Graph sign-ins",
    files: {
      "signins.json": JSON.stringify({
        "@odata.context": "x#auditLogs/signIns",
        value: [
          {
            id: "g1",
            createdDateTime: "2023-12-01T16:03:35Z",
            userPrincipalName: "Ada@Contoso.com",
            clientAppUsed: "Browser",
            ipAddress: "192.0.2.7",
            status: { errorCode: 50074, failureReason: "MFA" },
            location: { city: "Oslo", countryOrRegion: "NO" },
            appliedConditionalAccessPolicies: [{ result: "success" }],
          },
        ],
      }),
    },
    shape: "graph_signin",
    table: "SigninLogs",
    accepted: 1,
    query:
      "SigninLogs | project TimeGenerated, ResultType, ResultDescription, Location, LocationDetails.city, ConditionalAccessPolicies[0].result, UserPrincipalName",
    rows: [["2023-12-01T16:03:35.0000000Z", "50074", "MFA", "NO", "Oslo", "success", "ada@contoso.com"]],
  },
  {
    name: "Graph directory audits",
    files: {
      "audits.json": JSON.stringify({
        value: [
          {
            id: "g2",
            activityDateTime: "2023-12-01T16:03:35Z",
            activityDisplayName: "Add member",
            category: "GroupManagement",
            operationType: "Assign",
            result: "success",
            targetResources: [],
          },
        ],
      }),
    },
    shape: "graph_audit",
    table: "AuditLogs",
    accepted: 1,
    query: "AuditLogs | project TimeGenerated, OperationName, Category, AADOperationType",
    rows: [["2023-12-01T16:03:35.0000000Z", "Add member", "GroupManagement", "Assign"]],
  },
  {
    name: "Activity Log of the management API",
    files: {
      "activity.json": JSON.stringify([
        {
          eventTimestamp: "2024-01-01T00:00:00Z",
          operationName: { value: "Microsoft.Compute/disks/delete", localizedValue: "Delete Disk" },
          status: { value: "Succeeded" },
          subStatus: { value: "OK" },
          category: { value: "Administrative" },
          caller: "ops@contoso.com",
          httpRequest: { clientIpAddress: "192.0.2.1" },
          resourceId: "/subscriptions/s/x/y",
        },
      ]),
    },
    shape: "activity_rest",
    table: "AzureActivity",
    accepted: 1,
    query:
      "AzureActivity | project OperationNameValue, OperationName, ActivityStatusValue, ActivityStatus, CallerIpAddress, CategoryValue",
    rows: [["MICROSOFT.COMPUTE/DISKS/DELETE", "Delete Disk", "Success", "Succeeded", "192.0.2.1", "Administrative"]],
  },
  {
    name: "admin center sign-in CSV: odd headers, flattened location, display texts",
    files: {
      "InteractiveSignIns.csv":
        "Date (UTC),Request ID,User agent,User,Username,User ID,Application,Application ID ,Resource ID ,Autonomous system  number,IP address,Location,Status,Sign-in error code,Failure reason,Client app,Browser,Operating System,Compliant,Conditional Access,Authentication requirement\n" +
        '2025-12-31T00:18:33Z,r1,UA,Ada,Ada@Contoso.com,u1,Portal,app1,res1,64500,2001:db8::10,"Toronto, Ontario, CA",Failure,50126,Bad password,Browser,Chrome 143,Windows10,FALSE,Not Applied,Single-factor authentication\n',
    },
    shape: "entra_signin_csv",
    table: "SigninLogs",
    accepted: 1,
    query:
      "SigninLogs | project TimeGenerated, Id, AppId, ResourceIdentity, AutonomousSystemNumber, Location, LocationDetails.state, ResultType, DeviceDetail.isCompliant, ConditionalAccessStatus, AuthenticationRequirement",
    rows: [
      [
        "2025-12-31T00:18:33.0000000Z",
        "r1",
        "app1",
        "res1",
        "64500",
        "CA",
        "Ontario",
        "50126",
        false,
        "notApplied",
        "singleFactorAuthentication",
      ],
    ],
  },
  {
    name: "Activity Log blade CSV in Portuguese",
    files: {
      "QueryResult.csv":
        '\uFEFF"ID de Correlação","Nome da operação","Status","Categoria do evento","Nível","Hora","Assinatura","Evento iniciado por","Tipo de recurso","Grupo de recursos","Recurso"\n' +
        '"c1","Criar VM","Bem-sucedido","Administrativo","Informativo","2019-09-25T20:04:39.334Z","s1","ops@contoso.com","Microsoft.Compute/virtualMachines","dev","/subscriptions/S1/resourceGroups/dev/providers/Microsoft.Compute/virtualMachines/VM1"\n',
    },
    shape: "activity_blade_csv",
    table: "AzureActivity",
    accepted: 1,
    query:
      "AzureActivity | project TimeGenerated, CorrelationId, ActivityStatusValue, CategoryValue, Caller, _ResourceId",
    rows: [
      [
        "2019-09-25T20:04:39.3340000Z",
        "c1",
        "Success",
        "Administrative",
        "ops@contoso.com",
        "/subscriptions/s1/resourcegroups/dev/providers/microsoft.compute/virtualmachines/vm1",
      ],
    ],
  },
  {
    name: "unified audit log CSV, with PowerShell's type line",
    files: {
      "audit.csv":
        '#TYPE Selected.System.Management.Automation.PSCustomObject\n"RecordType","CreationDate","UserIds","Operations","AuditData"\n' +
        '"ExchangeAdmin","5/18/2021 9:13:33 PM","ada","New-InboxRule","{""CreationTime"":""2021-05-18T21:13:33"",""Id"":""o1"",""Operation"":""New-InboxRule"",""RecordType"":1,""UserType"":2,""Workload"":""Exchange"",""ObjectId"":""box"",""Parameters"":[{""Name"":""a""}]}"\n',
    },
    shape: "unified_audit_csv",
    table: "OfficeActivity",
    accepted: 1,
    query:
      "OfficeActivity | project TimeGenerated, Operation, RecordType, UserType, OfficeWorkload, OfficeObjectId, OfficeId, Parameters",
    rows: [
      [
        "2021-05-18T21:13:33.0000000Z",
        "New-InboxRule",
        "ExchangeAdmin",
        "Admin",
        "Exchange",
        "box",
        "o1",
        '[{"Name":"a"}]',
      ],
    ],
  },
  {
    name: "Management Activity API",
    files: {
      "content.json": JSON.stringify([
        {
          CreationTime: "2024-01-01T00:00:00",
          Id: "m1",
          Operation: "FileAccessed",
          RecordType: 6,
          UserType: 0,
          Workload: "SharePoint",
          SiteUrl: "https://s",
          ClientIP: "192.0.2.1",
        },
      ]),
    },
    shape: "management_activity",
    table: "OfficeActivity",
    accepted: 1,
    query: "OfficeActivity | project RecordType, UserType, Site_Url, ClientIP",
    rows: [["SharePointFileOperation", "Regular", "https://s", "192.0.2.1"]],
  },
  {
    name: "Sentinel incidents of the REST API",
    files: {
      "incidents.json": JSON.stringify({
        value: [
          {
            id: "/x",
            name: "n1",
            type: "Microsoft.SecurityInsights/incidents",
            properties: {
              title: "T",
              severity: "High",
              status: "New",
              incidentNumber: 7,
              createdTimeUtc: "2024-01-01T00:00:00Z",
              lastModifiedTimeUtc: "2024-01-02T00:00:00Z",
              owner: { email: "a@b" },
              labels: [],
            },
          },
        ],
      }),
    },
    shape: "sentinel_incident",
    table: "SecurityIncident",
    accepted: 1,
    query: "SecurityIncident | project TimeGenerated, IncidentName, IncidentNumber, CreatedTime, Owner.email",
    rows: [["2024-01-02T00:00:00.0000000Z", "n1", 7, "2024-01-01T00:00:00.0000000Z", "a@b"]],
  },
  {
    name: "Defender for Cloud secure score",
    files: {
      "scores.json": JSON.stringify({
        value: [
          {
            id: "/s/x",
            name: "ascScore",
            type: "Microsoft.Security/secureScores",
            properties: { displayName: "ASC score", score: { max: 39, current: 23.5, percentage: 0.6 }, weight: 67 },
          },
        ],
      }),
    },
    shape: "security_resource",
    table: "SecureScores",
    accepted: 1,
    query: "SecureScores | project DisplayName, CurrentScore, MaxScore, PercentageScore, Weight",
    rows: [["ASC score", 23.5, 39, 0.6, 67]],
  },
  {
    name: "policy states, which Log Analytics has no table for",
    files: {
      "states.json": JSON.stringify({
        value: [
          {
            "@odata.id": null,
            timestamp: "2019-10-09T17:48:05Z",
            resourceId: "/r",
            policyAssignmentId: "/a",
            policyDefinitionId: "/d",
            isCompliant: false,
          },
        ],
      }),
    },
    shape: "policy_states",
    table: "PolicyStates",
    accepted: 1,
    query: "PolicyStates | project TimeGenerated, ResourceId, IsCompliant",
    rows: [["2019-10-09T17:48:05.0000000Z", "/r", false]],
  },
  {
    name: "platform metrics",
    files: {
      "PT1H.json": lines({
        time: "2024-01-01T00:00:00Z",
        resourceId: VAULT,
        metricName: "Requests",
        timeGrain: "PT1M",
        count: 3,
        total: 9,
        minimum: 1,
        maximum: 5,
        average: 3,
      }),
    },
    shape: "diagnostic",
    table: "AzureMetrics",
    accepted: 1,
    query: "AzureMetrics | project MetricName, Total, Average",
    rows: [["Requests", 9, 3]],
  },
];

describe("export shapes", () => {
  test.each(cases)("$name", async ({ files, shape, table, accepted, query, rows }) => {
    await withLoaded(files, async (loaded) => {
      expect(loaded.inputs.map((input) => [input.shape, input.table, input.accepted])).toEqual([
        [shape, table, accepted],
      ]);
      expect(reconciled(loaded.inputs)).toBe(true);
      expect(await loaded.rows(query)).toEqual(rows);
    });
  });
});

describe("packing", () => {
  const content = lines({ TimeGenerated: "2024-01-01T00:00:00Z", Computer: "ünï", Type: "Heartbeat" });
  const utf16 = Buffer.from(`\uFEFF${content}`, "utf16le");
  const packed: Files = {
    "a.json.gz": gzipSync(content),
    "b.json.zst": zstdCompressSync(content),
    "c.json": utf16,
    "d.gz.gz": gzipSync(gzipSync(content)),
  };

  test.each(Object.keys(packed))("%s", async (name) => {
    await withLoaded({ [name]: packed[name] ?? "" }, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([{ table: "Heartbeat", accepted: 1 }]);
      expect(await rows("Heartbeat | project Computer")).toEqual([["ünï"]]);
    });
  });
});
