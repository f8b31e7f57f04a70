import { describe, expect, test } from "vitest";
import { lines, withLoaded } from "./support.ts";

const vault = (name: string): string =>
  `/subscriptions/s1/resourcegroups/rg1/providers/microsoft.keyvault/vaults/${name}`;
const gateway = "/subscriptions/s1/resourcegroups/rg1/providers/microsoft.network/applicationgateways/gw";

/** A vault's event as the shared table has it, and as its own one has it. */
const shared = (time: string, id: string, more: object = {}): object => ({
  ...{ TimeGenerated: time, Type: "AzureDiagnostics", Category: "AuditEvent", ResourceProvider: "MICROSOFT.KEYVAULT" },
  ...{ _ResourceId: vault(id), OperationName: "SecretGet", CallerIPAddress: "192.0.2.1", httpStatusCode_d: 200 },
  ...{
    id_s: "https://kv/secrets/a",
    isAccessPolicyMatch_b: true,
    identity_claim_oid_g: "0a5f5e3e-1111-4c4c-8f8f-00000000000a",
  },
  ...more,
});
const own = (time: string, id: string, more: object = {}): object => ({
  ...{ TimeGenerated: time, Type: "AZKVAuditLogs", _ResourceId: vault(id), OperationName: "SecretSet" },
  ...{ CallerIpAddress: "192.0.2.2", HttpStatusCode: 403, Id: "https://kv/secrets/b", IsRbacAuthorized: true },
  ...{ Identity: { claim: { oid: "b" } }, ...more },
});

const both = {
  "AzureDiagnostics.json": lines(shared("2024-01-01T00:00:00Z", "old"), {
    ...shared("2024-01-01T00:00:01Z", "old"),
    Category: "AzurePolicyEvaluationDetails",
  }),
  "AZKVAuditLogs.json": lines(own("2024-01-02T00:00:00Z", "new")),
};

describe("a log in the shared table and in a table of its own", () => {
  test("is found under its own name, under its own columns", async () => {
    await withLoaded(both, async ({ rows }) => {
      expect(
        await rows(
          "AZKVAuditLogs | sort by TimeGenerated asc | project OperationName, CallerIpAddress, HttpStatusCode, Id, IsAccessPolicyMatch, IsRbacAuthorized, tostring(Identity.claim.oid), Type",
        ),
      ).toEqual([
        [
          "SecretGet",
          "192.0.2.1",
          200,
          "https://kv/secrets/a",
          true,
          null,
          "0a5f5e3e-1111-4c4c-8f8f-00000000000a",
          "AZKVAuditLogs",
        ],
        ["SecretSet", "192.0.2.2", 403, "https://kv/secrets/b", null, true, "b", "AZKVAuditLogs"],
      ]);
    });
  });

  test("is found under its own name where names differ by underscores alone", async () => {
    const audit = {
      ...{ TimeGenerated: "2024-01-01T00:00:00Z", Type: "AzureDiagnostics", Category: "SQLSecurityAuditEvents" },
      ...{
        ResourceProvider: "MICROSOFT.SQL",
        LogicalServerName_s: "sql1",
        server_principal_name_s: "app",
        succeeded_s: "true",
      },
    };
    await withLoaded({ "AzureDiagnostics.json": lines(audit) }, async ({ rows }) => {
      expect(await rows("SQLSecurityAuditEvents | project LogicalServerName, ServerPrincipalName, Type")).toEqual([
        ["sql1", "app", "SQLSecurityAuditEvents"],
      ]);
    });
  });

  test("is found under the shared name, under its columns there", async () => {
    await withLoaded(both, async ({ rows }) => {
      expect(
        await rows(
          'AzureDiagnostics | where Category == "AuditEvent" | sort by TimeGenerated asc | project ResourceProvider, ResourceType, Resource, ResourceGroup, CallerIPAddress, httpStatusCode_d, id_s, identity_claim_oid_g, isRbacAuthorized_b',
        ),
      ).toEqual([
        [
          "MICROSOFT.KEYVAULT",
          "",
          "",
          "",
          "192.0.2.1",
          200,
          "https://kv/secrets/a",
          "0a5f5e3e-1111-4c4c-8f8f-00000000000a",
          null,
        ],
        ["MICROSOFT.KEYVAULT", "VAULTS", "NEW", "RG1", "192.0.2.2", 403, "https://kv/secrets/b", "b", true],
      ]);
    });
  });

  test("is counted once by a text that names both, by a wildcard, and by a function that names both", async () => {
    await withLoaded(both, async ({ rows, backend }) => {
      const names = "withsource=T AZKVAuditLogs, AzureDiagnostics | summarize count() by T | sort by T asc";
      const counts = [
        ["AZKVAuditLogs", 1],
        ["AzureDiagnostics", 2],
      ];
      expect(await rows(`union ${names}`)).toEqual(counts);
      expect(await rows("search * | summarize count() by $table | sort by $table asc")).toEqual(counts);
      Object.assign(backend.schema, { functions: new Map([["Both", "() { union AZKVAuditLogs, AzureDiagnostics }"]]) });
      expect(await rows("Both() | count")).toEqual([[3]]);
    });
  });

  test("a resource that sends to both is counted once, one that was moved is seen before and after", async () => {
    const day = (n: number): string => `2024-01-0${n}T00:00:00Z`;
    const files = {
      "AzureDiagnostics.json": lines(...[1, 2, 3].map((n) => shared(day(n), "moved")), shared(day(5), "twice")),
      "AZKVAuditLogs.json": lines(...[3, 4].map((n) => own(day(n), "moved")), own(day(5), "twice")),
    };
    await withLoaded(files, async ({ rows }) => {
      const byDay = "| summarize count() by Day = dayofmonth(TimeGenerated) | sort by Day asc";
      const once = [1, 2, 3, 4, 5].map((n) => [n, 1]);
      expect(await rows(`AZKVAuditLogs ${byDay}`)).toEqual(once);
      expect(await rows(`AzureDiagnostics ${byDay}`)).toEqual(once);
    });
  });

  test("one place alone is enough, also where only some columns are loaded", async () => {
    const legacy = { "AzureDiagnostics.json": lines(shared("2024-01-01T00:00:00Z", "old")) };
    const columns = new Map([["AZKVAuditLogs", new Set(["HttpStatusCode"])]]);
    await withLoaded(
      legacy,
      async ({ rows, backend }) => {
        expect(await rows("AZKVAuditLogs | project HttpStatusCode")).toEqual([[200]]);
        expect((await backend.tables()).get("AZKVAuditLogs")).toMatchObject({ rows: 1 });
        expect(backend.filledColumns().get("AZKVAuditLogs")?.has("HttpStatusCode")).toBe(true);
      },
      { columns },
    );
    const modern = { "AZKVAuditLogs.json": lines(own("2024-01-02T00:00:00Z", "new")) };
    await withLoaded(
      modern,
      async ({ rows, backend }) => {
        expect(await rows("AzureDiagnostics | project httpStatusCode_d")).toEqual([[403]]);
        expect((await backend.tables()).get("AzureDiagnostics")).toMatchObject({ rows: 1 });
      },
      { columns: new Map([["AzureDiagnostics", new Set(["httpStatusCode_d"])]]) },
    );
  });

  test("Application Gateway: spellings that differ, and the firewall's details", async () => {
    const base = { Type: "AzureDiagnostics", ResourceProvider: "MICROSOFT.NETWORK", _ResourceId: gateway };
    const files = {
      "AzureDiagnostics.json": lines(
        {
          ...base,
          TimeGenerated: "2024-01-01T00:00:00Z",
          Category: "ApplicationGatewayAccessLog",
          clientIP_s: "192.0.2.9",
          httpStatus_d: 301,
          sslEnabled_s: "on",
        },
        {
          ...base,
          TimeGenerated: "2024-01-01T00:00:01Z",
          Category: "ApplicationGatewayFirewallLog",
          clientIp_s: "192.0.2.8",
          action_s: "Blocked",
          details_message_s: "m",
        },
      ),
    };
    await withLoaded(files, async ({ rows }) => {
      expect(await rows("AGWAccessLogs | project ClientIp, HttpStatus, SslEnabled, _ResourceId")).toEqual([
        ["192.0.2.9", 301, "on", gateway],
      ]);
      expect(await rows("AGWFirewallLogs | project ClientIp, Action, DetailedMessage")).toEqual([
        ["192.0.2.8", "Blocked", "m"],
      ]);
      expect(await rows("ApiManagementGatewayLogs | count")).toEqual([[0]]);
    });
  });

  test("rows that are added later are found too", async () => {
    await withLoaded(
      {},
      async ({ backend, rows }) => {
        await backend.addRows("AzureDiagnostics", [shared("2024-01-01T00:00:00Z", "a") as never]);
        expect(await rows("AZKVAuditLogs | project HttpStatusCode")).toEqual([[200]]);
      },
      { paths: () => [] },
    );
  });
});
