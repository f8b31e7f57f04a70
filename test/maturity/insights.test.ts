import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Anomaly, Assessment } from "../../src/core/assessment.ts";
import { gatherInsights } from "../../src/maturity/insights.ts";
import { loadPacks } from "../../src/packs/load.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-insights-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hour = (n: number): string => new Date(Date.UTC(2026, 5, 1, n)).toISOString();
const spoken = `o'brien"\\${String.fromCharCode(0x202e)}@contoso.com`;

const signIn = (n: number, user: string, ip: string, code: string, at: readonly [number, number]) => ({
  TimeGenerated: hour(n),
  Id: `${n}`,
  UserPrincipalName: user,
  IPAddress: ip,
  ResultType: code,
  AuthenticationRequirement: "singleFactorAuthentication",
  Location: at[0] > 0 ? "DE" : "BR",
  LocationDetails: { geoCoordinates: { latitude: at[0], longitude: at[1] } },
});
const BERLIN = [52.52, 13.4] as const;
const SAO_PAULO = [-23.5, -46.6] as const;

const flow = (source: object, target: object, rest: object) => ({
  TimeGenerated: hour(30),
  SubType: "FlowLog",
  FlowStatus: "Allowed",
  FlowType: "IntraVNet",
  BytesSrcToDest: 10,
  BytesDestToSrc: 5,
  ...source,
  ...target,
  ...rest,
});

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

test("places, flows and the activity of subjects and addresses, whatever their names are", async () => {
  writeFileSync(
    join(folder, "SigninLogs.json"),
    lines([
      ...Array.from({ length: 40 }, (_, n) => signIn(n, spoken, "198.51.100.1", "0", BERLIN)),
      ...Array.from({ length: 5 }, (_, n) => signIn(40 + n, `u${n}@contoso.com`, "203.0.113.9", "50126", SAO_PAULO)),
    ]),
  );
  writeFileSync(
    join(folder, "NTANetAnalytics.json"),
    lines([
      flow({ SrcSubnet: "vnet/a" }, { DestSubnet: "vnet/b" }, { NsgRule: "allow-sql", NsgRuleType: "User Defined" }),
      flow({ SrcSubnet: "vnet/a" }, { DestSubnet: "vnet/b" }, { NsgRule: "DefaultRule_AllowVnetInBound" }),
      flow({ SrcIp: "10.9.8.7" }, { DestIp: "8.8.8.8" }, { FlowStatus: "Denied", FlowType: "ExternalPublic" }),
    ]),
  );
  const anomaly = (subject: string): Anomaly => ({
    ...{ id: subject, pillar: "identities", detector: "x", subject, time: hour(41) },
    ...{ score: 1, pValue: null, reason: "" },
  });
  const assessment = {
    asOf: "2026-06-02T23:00:00.0000000Z",
    window: { start: "2026-06-01T00:00:00.0000000Z", end: "2026-06-02T23:00:00.0000000Z" },
    anomalies: [anomaly(spoken), anomaly("203.0.113.9"), anomaly("a\0b")],
  } as unknown as Assessment;
  const backend = await EmbeddedBackend.open({ paths: [folder] });
  const { insights, problems } = await gatherInsights(backend, loadPacks(), assessment).finally(() => backend.close());
  expect(problems).toEqual([]);
  expect(insights.places).toEqual([
    { latitude: 52.5, longitude: 13.5, country: "DE", events: 40, refused: 0, failed: 40, users: 1, names: [spoken] },
    {
      ...{ latitude: -23.5, longitude: -46.5, country: "BR", events: 5, refused: 5, failed: 0, users: 5 },
      names: [0, 1, 2, 3, 4].map((n) => `u${n}@contoso.com`),
    },
  ]);
  expect(insights.flows).toEqual([
    { source: "vnet/a", target: "vnet/b", flows: 2, bytes: 30, denied: 0, unintended: 1 },
    { source: "10.9.8.0/24", target: "Internet", flows: 1, bytes: 15, denied: 1, unintended: 0 },
  ]);
  const sum = (counts: readonly number[] = []): number => counts.reduce((total, count) => total + count, 0);
  const of = (subject: string | null) => insights.activity.find((one) => one.subject === subject);
  expect([null, spoken, "203.0.113.9"].map((subject) => sum(of(subject)?.events))).toEqual([45, 40, 5]);
  expect(of(spoken)?.subjectType).toBe("user");
  expect(insights.peers).toEqual([
    { pillar: "identities", subjectType: "user", subjects: 6, median: 1, p95: 40, most: 40 },
  ]);
});
