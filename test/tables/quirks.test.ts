import { describe, expect, test } from "vitest";
import { zoneOf } from "../../src/tables/route.ts";
import { lines } from "../backends/embedded/support.ts";
import { type ExportCase, holds } from "./support.ts";

const times = (...values: readonly string[]): string =>
  lines(
    ...values.map((time, i) => ({
      time,
      category: "RiskyUsers",
      operationName: "Risky user",
      resourceId: "/tenants/t/providers/Microsoft.aadiam",
      properties: { id: `u${i}`, userPrincipalName: `u${i}@contoso.com`, additionalInfo: '[{"Key":"a"}]' },
    })),
  );
const blade = (headers: readonly string[], status: string): string =>
  `\uFEFF${headers.map((header) => `"${header}"`).join(",")}\n` +
  `"0a5f5e3e-1111-4c4c-8f8f-000000000001","Etwas","${status}","Administrativ","Info","2024-01-02T03:04:05.678Z","s1","ops@contoso.com","t","rg","/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/VM1"\n`;
const GERMAN = ["Korrelations-ID", "Vorgangsname", "Status", "Ereigniskategorie", "Ebene", "Zeit", "Abonnement"].concat(
  [...["Ereignis initiiert von", "Ressourcentyp", "Ressourcengruppe", "Ressource"]],
);

const quirks: readonly ExportCase[] = [
  {
    name: "diagnostic times in every spelling that services use",
    files: {
      "PT1H.json": times(
        ...["2022-08-22T18:11:52.1234567Z", "8/22/2022 6:11:52 PM", "01/09/2007 09:41:00", "2024-01-01T01:00:00+01:00"],
        ...["2024-01-01T00:00:00.123456789Z", "2022-11-17 07:03:14.6829201", "9999-12-31 23:59:59.9999999"],
      ),
    },
    query: "AADRiskyUsers | sort by Id asc | project TimeGenerated",
    rows: [
      ...["2022-08-22T18:11:52.1234567Z", "2022-08-22T18:11:52.0000000Z", "2007-01-09T09:41:00.0000000Z"],
      ...["2024-01-01T00:00:00.0000000Z", "2024-01-01T00:00:00.1234567Z", "2022-11-17T07:03:14.6829201Z"],
      "9999-12-31T23:59:59.9999999Z",
    ].map((time) => [time]),
  },
  {
    name: "the Activity Log blade in a language whose words are not known: columns by their place, the status not guessed",
    files: { "QueryResult.csv": blade(GERMAN, "Erfolgreich") },
    query:
      "AzureActivity | project TimeGenerated, ActivityStatus, ActivityStatusValue, Caller, _SubscriptionId = SubscriptionId",
    rows: [["2024-01-02T03:04:05.6780000Z", "Erfolgreich", "", "ops@contoso.com", "s1"]],
    said: "in a language that is not read",
  },
  {
    name: "advanced hunting times without a zone are read as UTC, and that is said",
    files: {
      "DeviceLogonEvents.csv":
        '\uFEFFTimestamp,DeviceId,DeviceName,ActionType,LogonType\r\n"Oct 9, 2024 2:40:09 PM",d1,dc01,LogonFailed,Network\r\n',
    },
    query: "DeviceLogonEvents | project TimeGenerated",
    rows: [["2024-10-09T14:40:09.0000000Z"]],
    said: "do not say their zone",
  },
  {
    name: "day and month that cannot be told apart: month first, and that is said",
    files: { "Heartbeat.csv": 'TimeGenerated [UTC],Computer\n"05/06/2024, 14:30:00.500",a\n' },
    query: "Heartbeat | project TimeGenerated",
    rows: [["2024-05-06T14:30:00.5000000Z"]],
    said: "cannot be told apart",
  },
  {
    name: "a display zone that is a city or an offset",
    files: {
      "Heartbeat.csv":
        '"TimeGenerated [(UTC+01:00) Sarajevo, Skopje, Warsaw]",Computer\n"7/1/2024, 1:00:00.000 PM",a\n',
      "h2/Heartbeat.csv": 'TimeGenerated [UTC+02:00],Computer\n"7/1/2024, 1:00:00.000 PM",b\n',
    },
    query: "Heartbeat | sort by Computer asc | project TimeGenerated",
    rows: [["2024-07-01T11:00:00.0000000Z"], ["2024-07-01T11:00:00.0000000Z"]],
  },
  {
    name: "a display zone that is not known: no time is guessed",
    files: { "Heartbeat.csv": 'TimeGenerated [Mars Coordinated],Computer\n"7/1/2024, 1:00:00.000 PM",a\n' },
    query: "union isfuzzy=true Heartbeat, (datatable(Computer:string)[]) | count",
    rows: [[0]],
    said: "time zone of column TimeGenerated [Mars Coordinated] is not known",
  },
  {
    name: "times that a spreadsheet has cut to the clock are reported, not guessed",
    files: {
      "OfficeActivity.csv":
        "TimeGenerated,Operation,OfficeWorkload,UserId\n12:36 PM,Send,Exchange,ada\n2024-01-01T00:00:00Z,Send,Exchange,ada\n",
    },
    query: "OfficeActivity | project TimeGenerated",
    rows: [["2024-01-01T00:00:00.0000000Z"]],
  },
  {
    name: "NSG flow log version 1 has no states and no counts",
    files: {
      "PT1H.json": JSON.stringify({
        records: [
          {
            time: "2024-01-01T01:00:00Z",
            category: "NetworkSecurityGroupFlowEvent",
            resourceId: "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/N",
            properties: {
              Version: 1,
              flows: [{ rule: "R", flows: [{ mac: "0", flowTuples: ["1704067200,10.0.0.1,10.0.0.2,1,443,T,I,D"] }] }],
            },
          },
        ],
      }),
    },
    query: "AzureNetworkAnalytics_CL | project TimeGenerated, FlowStatus_s, DeniedInFlows_d, InboundBytes_d",
    rows: [["2024-01-01T00:00:00.0000000Z", "D", 1, null]],
  },
  {
    name: "an alert that was exported twice is one alert, a later state of it another",
    files: {
      "a/SecurityAlert.json": lines({ TimeGenerated: "2024-01-01T00:00:00Z", SystemAlertId: "a", Status: "New" }),
      "b/SecurityAlert.json": lines(
        { TimeGenerated: "2024-01-01T00:00:00Z", SystemAlertId: "a", Status: "New" },
        { TimeGenerated: "2024-01-02T00:00:00Z", SystemAlertId: "a", Status: "Resolved" },
      ),
    },
    query: "SecurityAlert | summarize count()",
    rows: [[2]],
    said: "1 duplicate record skipped",
  },
];

describe("quirks of real exports", () => {
  test.each(quirks)("$name", holds);
});

test.each([
  ["UTC+5", "Etc/GMT-5"],
  ["UTC-11:00", "Etc/GMT+11"],
  ["(UTC+09:30) Adelaide", "Australia/Adelaide"],
  ["Hong Kong", "Asia/Shanghai"],
  ["(UTC+13:00) Samoa, Apia", "Pacific/Apia"],
  ["Nowhere", undefined],
])("the display zone %s is %s", (display, zone) => {
  expect(zoneOf(display)).toBe(zone);
});
