import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { PROFILES } from "../../src/simulate/levels.ts";
import { type SimulateOptions, simulate } from "../../src/simulate/simulate.ts";
import { columnsOf } from "../../src/tables/catalogue.ts";

const root = mkdtempSync(join(tmpdir(), "ztlens-simulate-"));
afterAll(() => rmSync(root, { recursive: true }));

let runs = 0;
async function run(options: Partial<SimulateOptions> = {}) {
  const out = join(root, String(runs++));
  const manifest = await simulate({ out, users: 20, days: 4, ...options });
  return { out, manifest };
}

const digest = (out: string): string =>
  readdirSync(out)
    .sort()
    .map((file) =>
      createHash("sha256")
        .update(readFileSync(join(out, file)))
        .digest("hex"),
    )
    .join();

const rowsOf = (out: string, table: string): Record<string, unknown>[] =>
  readFileSync(join(out, `${table}.ndjson`), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("simulate", () => {
  test("gives the same bytes for the same seed, and others for another", async () => {
    const [a, b, c] = [await run({ seed: 7 }), await run({ seed: 7 }), await run({ seed: 8 })];
    expect(digest(a.out)).toBe(digest(b.out));
    expect(digest(a.out)).not.toBe(digest(c.out));
  });

  test("counts in the manifest what is in the files", async () => {
    const { out, manifest } = await run();
    for (const { file, rows } of manifest.files) {
      expect(readFileSync(join(out, file), "utf8").split("\n").length - 1).toBe(rows);
    }
    expect(manifest.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(manifest.rows);
  });

  test.each(PROFILES)("fills only columns that the tables have, inside the window (%s)", async (profile) => {
    const { out, manifest } = await run({ profile, days: 2 });
    for (const { table, rows } of manifest.files) {
      const known = new Map<string, string>(columnsOf(table)?.map(({ name, type }) => [name, type]));
      expect(known.size, table).toBeGreaterThan(0);
      // The workspace id is on every row, whether a table's reference lists it or not.
      known.set("TenantId", "string");
      for (const row of rowsOf(out, table)) {
        for (const [name, value] of Object.entries(row)) {
          expect(known.has(name), `${table}.${name}`).toBe(true);
          if (known.get(name) === "string") expect(typeof value, `${table}.${name}`).toBe("string");
        }
        expect((row.TimeGenerated as string) >= manifest.start && (row.TimeGenerated as string) <= manifest.end).toBe(
          true,
        );
      }
      expect(rows, table).toBeGreaterThan(0);
    }
  });

  test("injects each attack as the ground truth says", async () => {
    const { out, manifest } = await run({ days: 6 });
    const truth = readFileSync(join(out, "ground-truth.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(truth).toEqual(manifest.attacks);
    const spray = manifest.attacks.find(({ attack }) => attack === "password-spray");
    expect(rowsOf(out, "SigninLogs").filter((row) => row.IPAddress === spray?.subject)).toHaveLength(spray?.rows ?? -1);
    const silence = manifest.attacks.find(({ attack }) => attack === "sensor-silence");
    const reports = rowsOf(out, "Heartbeat").filter((row) => String(row.Computer).startsWith(silence?.subject ?? "?"));
    expect(reports.length).toBeGreaterThan(20);
    expect(reports.every((row) => (row.TimeGenerated as string) < (silence?.start ?? ""))).toBe(true);
  });

  test("leaves attacks out on request, and refuses unknown names", async () => {
    const { manifest } = await run({ attacks: [] });
    expect(manifest.attacks).toEqual([]);
    await expect(run({ attacks: ["nonsense"] })).rejects.toThrow(/Known attacks: .*password-spray/);
    await expect(run({ format: "nonsense" })).rejects.toThrow(/Known shapes: .*ndjson/);
    await expect(run({ users: 0 })).rejects.toThrow(/users/);
    await expect(run({ end: "yesterday" })).rejects.toThrow(/ISO 8601/);
  });

  test("turns dials: the rows of one criterion, and the same bytes for the same settings", async () => {
    const dials = { "ID-08": 0.25, "AP-10": 0.5 };
    const [plain, a, b] = [
      await run({ attacks: [] }),
      await run({ attacks: [], dials }),
      await run({ attacks: [], dials }),
    ];
    expect(digest(a.out)).toBe(digest(b.out));
    expect(a.manifest.dials).toEqual(dials);
    const changed = plain.manifest.files.filter(({ file }) => {
      return readFileSync(join(plain.out, file), "utf8") !== readFileSync(join(a.out, file), "utf8");
    });
    const tables = ["AADNonInteractiveUserSignInLogs", "McasShadowItReporting", "SigninLogs"];
    expect(changed.map(({ table }) => table).toSorted()).toEqual(tables);
    const successes = rowsOf(a.out, "SigninLogs")
      .concat(rowsOf(a.out, "AADNonInteractiveUserSignInLogs"))
      .filter(({ ResultType }) => ResultType === "0");
    const enforced = successes.filter(({ ConditionalAccessStatus }) => ConditionalAccessStatus === "success");
    expect(enforced).toHaveLength(Math.floor(successes.length / 4));
  });

  test("leaves attacks as they are when a dial is turned", async () => {
    const [plain, turned] = [await run({ days: 6 }), await run({ days: 6, dials: { "ID-02": 1, "IN-07": 0 } })];
    expect(turned.manifest.attacks).toEqual(plain.manifest.attacks);
    const spray = turned.manifest.attacks.find(({ attack }) => attack === "password-spray");
    const rows = rowsOf(turned.out, "SigninLogs").filter((row) => row.IPAddress === spray?.subject);
    expect(rows).toHaveLength(spray?.rows ?? -1);
  });

  test.each([
    [{ "ID-99": 0.5 }, /no dial ID-99.*ID-01/],
    [{ "ID-01": 1.5 }, /ID-01 takes a share from 0 to 1/],
    [{ "ID-01": {} }, /ID-01 takes a share/],
    [{ "ID-01": { optimal: 0.5 } }, /ID-01 has one share for all stages, not for optimal/],
    [{ "ID-07": { initial: 0.5 } }, /ID-07 has a share of its own for intermediate, optimal, not for initial/],
    [
      { "IN-11": { initial: 0.2, optimal: 0.5 } },
      /IN-11 cannot count more at optimal \(0.5\) than at intermediate \(0.2\)/,
    ],
  ])("refuses the dials %j", async (dials, message) => {
    await expect(run({ dials })).rejects.toThrow(message);
  });

  test("reaches a wanted size within a tenth", async () => {
    const { manifest } = await run({ rows: 30_000, days: 3 });
    const events = manifest.files.filter(({ table }) => !["Heartbeat", "DeviceInfo", "IntuneDevices"].includes(table));
    expect(events.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThan(27_000);
  });

  test("writes gzip", async () => {
    const { out, manifest } = await run({ gzip: true, days: 1 });
    const file = manifest.files.find(({ table }) => table === "SigninLogs");
    const text = gunzipSync(readFileSync(join(out, file?.file ?? ""))).toString();
    expect(text.trim().split("\n")).toHaveLength(file?.rows ?? -1);
  });

  test("writes the portal's CSV: mark, zone in the header, every column", async () => {
    const { out, manifest } = await run({ format: "portal-csv", days: 1 });
    const file = manifest.files.find(({ table }) => table === "AuditLogs");
    const [head = "", first = ""] = readFileSync(join(out, file?.file ?? ""), "utf8").split("\r\n");
    expect(head.startsWith("\uFEFF")).toBe(true);
    expect(head).toContain('"TimeGenerated [UTC]"');
    expect(head.split(",")).toHaveLength(columnsOf("AuditLogs")?.length ?? -1);
    expect(first).toMatch(/"\d{1,2}\/\d{1,2}\/2026, \d{1,2}:\d\d:\d\d\.\d{3} [AP]M"/);
  });
});

describe("the shapes of an export", () => {
  const QUESTIONS = [
    "SigninLogs | summarize count(), dcount(IPAddress), countif(tostring(ConditionalAccessPolicies) has 'success'), countif(isnotempty(tostring(DeviceDetail.deviceId))), countif(Location == 'US'), countif(LocationDetails.city == 'Redmond'), countif(AuthenticationDetails has 'Passkey')",
    "AADNonInteractiveUserSignInLogs | summarize count(), dcount(UserPrincipalName), countif(DeviceDetail has 'isCompliant'), countif(AuthenticationProcessingDetails has 'CAE')",
    "StorageBlobLogs | summarize count(), countif(AuthenticationType == 'OAuth'), countif(StatusCode == '200'), sum(ResponseBodySize), countif(TlsVersion has '1.2'), dcount(RequesterUpn), dcount(_ResourceId)",
    "ApiManagementGatewayLogs | summarize count(), sum(TotalTime), countif(IsRequestSuccess), countif(LastErrorReason != ''), countif(Url startswith 'https'), dcount(UserId)",
    "AzureActivity | summarize count(), dcount(Caller), countif(tostring(Claims_d.idtyp) == 'app'), dcount(CallerIpAddress), dcount(_ResourceId), countif(isnotempty(Properties_d.requestbody))",
    "AuditLogs | summarize count(), countif(Category == 'RoleManagement'), countif(LoggedByService == 'PIM'), countif(isnotempty(InitiatedBy.user)), countif(Result == 'success')",
  ];

  async function answers(format: string): Promise<unknown> {
    const { out } = await run({ format, users: 20, days: 2, profile: "mixed" });
    const backend = await EmbeddedBackend.open({ paths: [out] });
    try {
      expect(backend.inputs().filter(({ quarantined, skipped }) => quarantined + skipped > 0)).toEqual([]);
      const results = [];
      for (const question of QUESTIONS) results.push((await backend.query(question)).rows);
      return results;
    } finally {
      await backend.close();
    }
  }

  test("all hold the same rows once they are read back", async () => {
    const rows = await answers("ndjson");
    for (const format of ["diagnostic", "eventhub", "portal-csv"]) expect(await answers(format), format).toEqual(rows);
  });
});
