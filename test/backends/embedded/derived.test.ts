import { describe, expect, test } from "vitest";
import type { InputReport } from "../../../src/core/assessment.ts";
import { columnsOf } from "../../../src/tables/catalogue.ts";
import { addMembers, derive, type Members } from "../../../src/tables/derive.ts";
import { shapeNamed } from "../../../src/tables/registry.ts";
import type { JsonObject } from "../../../src/tables/shape.ts";
import { lines, withLoaded } from "./support.ts";

type Event = Record<string, unknown>;

/** More than the sampled head of a file holds. */
const COUNT = 1_600;
const PAD = "p".repeat(1_000);

const event = (category: string, resourceId: string, i: number, properties: Event, more: Event = {}): Event => ({
  time: new Date(1_700_000_000_000 + i * 1_000).toISOString(),
  ...{ resourceId, category, operationName: "Op", operationVersion: "1.0", correlationId: `c${i}`, ...more },
  properties: { ...properties, pad: PAD },
});

/** Values that a member may have besides its usual one. */
const ODD: readonly unknown[] = [
  "",
  null,
  "<null>",
  undefined,
  7,
  1.5,
  true,
  { a: [1, { b: "ü" }] },
  ["x"],
  'q"\\u0001',
];
const odd = (i: number, usual: unknown): unknown => (i % 7 === 3 ? ODD[i % ODD.length] : usual);

const signIn =
  (category: string) =>
  (i: number): Event =>
    event(
      category,
      "/tenants/t/providers/Microsoft.aadiam",
      i,
      {
        ...{ id: `s${i}`, createdDateTime: "2023-11-14T22:13:20Z", userPrincipalName: odd(i, `Ada${i}@Contoso.com`) },
        ...{ location: odd(i + 1, { city: "Oslo" }), resourceId: odd(i + 2, "app"), correlationId: `p${i}` },
        ...{
          appliedConditionalAccessPolicies: [{ id: i }],
          autonomousSystemNumber: odd(i + 3, 64500),
          isInteractive: i % 2 === 0,
        },
        ...{ deviceDetail: odd(i + 4, { browser: "Edge", nested: { deep: [1] } }), ipAddress: odd(i + 5, "192.0.2.1") },
        processingTimeInMilliseconds: i,
      },
      {
        tenantId: "t",
        resultType: odd(i + 6, "0"),
        identity: "Ada",
        callerIpAddress: "198.51.100.1",
        location: "NO",
        Level: 4,
      },
    );
const gateway = (i: number): Event =>
  event(
    "GatewayLogs",
    `/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/API${i % 5}`,
    i,
    { method: odd(i, "GET"), url: "https://api/x", responseCode: odd(i + 1, 200), requestSize: i },
    {
      durationMs: odd(i + 2, 70),
      location: "West",
      isRequestSuccess: odd(i + 3, true),
      callerIpAddress: odd(i + 4, "192.0.2.1"),
    },
  );
const vault = (i: number): Event =>
  event(
    "AuditEvent",
    `/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV${i % 5}`,
    i,
    { id: "https://kv", httpStatusCode: odd(i, 200), isRbacAuthorized: odd(i + 1, true) },
    { identity: { claim: { oid: `o${i}` } }, durationMs: "47", resultSignature: "OK" },
  );
const storage = (i: number): Event =>
  event(
    "StorageRead",
    `/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/A${i % 5}/BLOBSERVICES/DEFAULT`,
    i,
    { accountName: "a", objectKey: odd(i, "/a/c"), responseBodySize: i },
    {
      ...{ statusCode: 206, uri: "https://a/c", callerIpAddress: "192.0.2.1:443" },
      identity: { type: odd(i, "OAuth"), tokenHash: "h", requester: { upn: `ada${i}`, objectId: "o" } },
    },
  );
const audit = (i: number): Event =>
  event("AuditLogs", "/tenants/t", i, {
    ...{ id: `a${i}`, category: odd(i, "UserManagement"), operationType: "Add", activityDisplayName: "Add user" },
    ...{ initiatedBy: { user: { id: "u" } }, targetResources: [{ id: i }], result: "success" },
  });
const hunting = (i: number): Event => ({
  ...{ time: "2023-11-14T22:13:20Z", tenantId: "t", category: "AdvancedHunting-DeviceInfo", operationName: "Publish" },
  properties: {
    Timestamp: "2023-11-14T22:13:21Z",
    DeviceId: `d${i}`,
    OSPlatform: odd(i, "Linux"),
    AdditionalFields: PAD,
  },
});

const make = (of: (i: number) => Event): Event[] => Array.from({ length: COUNT }, (_, i) => of(i));

interface Answer {
  readonly books: readonly (readonly unknown[])[];
  readonly rows: unknown;
}

async function loaded(files: Record<string, string>, table: string): Promise<Answer> {
  return withLoaded(files, async ({ inputs, rows }) => {
    const columns = (columnsOf(table) ?? []).map(({ name }) => `['${name}']`);
    return {
      books: inputs
        .map((one: InputReport) => [
          one.table,
          one.read,
          one.accepted,
          one.quarantined,
          one.skipped,
          one.duplicates ?? 0,
        ])
        .sort(),
      rows: await rows(
        `${table} | project ${columns.join(", ")} | extend Row = tostring(pack_all()) | project Row | sort by Row asc`,
      ),
    };
  });
}

/** The same records line by line or in messages, and in an array, which is translated record by record. */
async function same(records: readonly Event[], table: string, messages = false): Promise<void> {
  const chunks = Array.from({ length: COUNT / 5 }, (_, i) => ({ records: records.slice(i * 5, i * 5 + 5) }));
  const direct = await loaded({ "PT1H.json": lines(...(messages ? chunks : records)) }, table);
  const exact = await loaded({ "PT1H.json": JSON.stringify(records) }, table);
  expect(direct.books).toEqual(exact.books);
  expect(direct.rows).toEqual(exact.rows);
}

const kinds: readonly (readonly [string, (i: number) => Event, string])[] = [
  ["SigninLogs", signIn("SignInLogs"), "diagnostic"],
  ["AADNonInteractiveUserSignInLogs", signIn("NonInteractiveUserSignInLogs"), "diagnostic"],
  ["ApiManagementGatewayLogs", gateway, "diagnostic"],
  ["AZKVAuditLogs", vault, "diagnostic"],
  ["StorageBlobLogs", storage, "diagnostic"],
  ["AuditLogs", audit, "diagnostic"],
  ["DeviceInfo", hunting, "defender_streaming"],
];

describe("a translation that only moves values", () => {
  test.each(kinds)("of %s is found by questions", async (table, of, id) => {
    const shape = await shapeNamed(id);
    const records = make(of)
      .slice(0, 200)
      .map((one) => JSON.parse(JSON.stringify(one)) as JsonObject);
    const sample = { format: "json" as const, path: "", columns: [], records, envelope: {} };
    const members: Members = new Map();
    for (const record of records) addMembers(members, record);
    const found = derive((record) => shape?.map?.(record, sample) ?? [], sample, members, shape?.deciders ?? []);
    expect(found).toMatchObject({ table });
    expect(found?.columns.length).toBeGreaterThan(4);
  });

  test.each(kinds)("gives the rows of %s as one statement that it gives one by one", async (table, of) => {
    await same(make(of), table);
  });

  test("ever new members do not make ever more questions", async () => {
    const records = make(vault).map((record, i) => ({
      ...record,
      properties: Object.fromEntries(Array.from({ length: 40 }, (_, k) => [`k${i}_${k}`, PAD.slice(0, 20)])),
    }));
    await withLoaded({ "PT1H.json": lines(...records) }, async ({ inputs }) => {
      expect(inputs).toMatchObject([{ table: "AZKVAuditLogs", read: COUNT, accepted: COUNT }]);
    });
  });

  test("and so from the messages of an Event Hub", async () => {
    await same(make(vault), "AZKVAuditLogs", true);
    const late = make(signIn("SignInLogs"));
    late[Math.floor(COUNT * 0.634)] = { ...signIn("SignInLogs")(1), properties: { riskState: "atRisk" } };
    await same(late, "SigninLogs", true);
  });

  /** A record that no sample of the file holds. */
  const last = Math.floor(COUNT * 0.634);
  const with_ = (of: (i: number) => Event, change: (record: Event) => Event): Event[] =>
    make(of).map((record, i) => (i === last ? change(record) : record));
  const properties = (record: Event): Event => record.properties as Event;

  test.each<[string, string, Event[]]>([
    [
      "a member that only one record has",
      "SigninLogs",
      with_(signIn("SignInLogs"), (r) => ({
        ...r,
        properties: { ...properties(r), riskState: "atRisk", Deep: { x: 1 } },
      })),
    ],
    ["a record of another category", "SigninLogs", with_(signIn("SignInLogs"), () => audit(1))],
    ["properties as text", "AZKVAuditLogs", with_(vault, (r) => ({ ...r, properties: JSON.stringify(properties(r)) }))],
    [
      "a resource of another kind",
      "AZKVAuditLogs",
      with_(vault, (r) => ({ ...r, resourceId: "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/OTHER/X/Y" })),
    ],
    [
      "files among the blobs",
      "StorageBlobLogs",
      with_(storage, (r) => ({ ...r, resourceId: String(r.resourceId).replace("BLOBSERVICES", "FILESERVICES") })),
    ],
    ["members that differ in case", "SigninLogs", make(signIn("SignInLogs")).map((r) => ({ ...r, level: "Warning" }))],
    ["a time that is none", "AuditLogs", with_(audit, (r) => ({ ...r, time: "yesterday" }))],
    [
      "a cell that does not fit",
      "StorageBlobLogs",
      with_(storage, (r) => ({ ...r, properties: { ...properties(r), responseBodySize: "much" } })),
    ],
  ])("%s: nothing of it is lost or guessed", async (_, table, records) => {
    await same(records, table);
  });
});
