import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { loadDetectors } from "../../src/analyzer/registry.ts";
import { displayWidth } from "../../src/core/text/terminal.ts";
import { explainAnomaly } from "../../src/outputs/explain/anomaly.ts";
import { explainCriterion } from "../../src/outputs/explain/criterion.ts";
import { normalOf } from "../../src/outputs/explain/normal.ts";
import { portalLink } from "../../src/outputs/explain/portal.ts";
import { eventsQuery } from "../../src/outputs/explain/rows.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { ACTIVE, HOSTILE, XSS } from "../hostile/corpus.ts";
import { contoso, poisoned } from "./fixtures.ts";

const [identities] = contoso.pillars;
if (!identities) throw new Error("the sample has no pillar");

describe("a criterion", () => {
  test("is explained from its counts up", async () => {
    const [mfa] = identities.criteria;
    if (!mfa) throw new Error("no criterion");
    const text = explainCriterion(identities, mfa, { rows: 3, link: "https://portal.example/#x" });
    await expect(text).toMatchFileSnapshot("golden/explain-criterion.txt");
  });

  test("without a verdict says why there is none", () => {
    const absent = contoso.pillars.flatMap((p) => p.criteria).find(({ state }) => state === "absent");
    const text = explainCriterion(identities, absent as NonNullable<typeof absent>, { rows: 3 });
    expect(text).toContain("no data");
    expect(text).not.toContain("✓");
  });
});

describe("an anomaly", () => {
  const travel = contoso.anomalies.find(({ detector }) => detector === "impossible-travel");
  if (!travel) throw new Error("no anomaly");

  test("is explained by its baseline, its peers and what would be normal", async () => {
    const normal = await normalOf(travel.detector);
    const events = {
      columns: [{ name: "TimeGenerated", type: "datetime" as const }],
      rows: [[travel.time], [travel.time]],
    };
    const text = explainAnomaly(contoso, travel, { normal, events, query: "SigninLogs\n| take 1", rows: 1 });
    await expect(text).toMatchFileSnapshot("golden/explain-anomaly.txt");
  });

  test("every detector says what it takes for normal, in figures of its own settings", async () => {
    for (const { name } of await loadDetectors()) {
      const text = await normalOf(name);
      expect(text, name).toMatch(/\.$/);
      expect(text, name).not.toMatch(/NaN|[{}](?!\d)/);
    }
    expect(await normalOf("constructor")).toBeUndefined();
  });

  test("has a query for its events whatever the subject is called", () => {
    const [pack] = loadPacks().signals.filter(({ pillar }) => pillar === "identities");
    if (!pack) throw new Error("no pack");
    const query = eventsQuery(pack, { ...travel, subject: 'a"b\\c\nd' }, 2) ?? "";
    expect(query).toContain('Subject =~ "a\\"b\\\\c\\u000ad"');
    expect(query).toContain("datetime(2026-11-19T06:12:41.0000000Z)");
    expect(eventsQuery(pack, { ...travel, subject: "a\0b" }, 2)).toBeUndefined();
  });
});

test("the link opens the query in the Logs blade", () => {
  const kql = "SigninLogs\n| where UserPrincipalName == 'x & y' // €";
  const resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w";
  const link = portalLink(kql, contoso.window, { resource, tenant: "contoso.com" });
  expect(link).toMatch(/^[\x21-\x7e]+$/);
  const [, blade, id, zipped, span] =
    /^https:\/\/portal\.azure\.com\/#@contoso\.com\/blade\/(.+)\/resourceId\/([^/]+)\/source\/LogsBlade\.AnalyticsShareLinkToQuery\/q\/([^/]+)\/timespan\/([^/]+)$/.exec(
      link,
    ) ?? [];
  expect(blade).toBe("Microsoft_OperationsManagementSuite_Workspace/Logs.ReactView");
  expect(decodeURIComponent(id ?? "")).toBe(resource);
  expect(gunzipSync(Buffer.from(decodeURIComponent(zipped ?? ""), "base64")).toString()).toBe(kql);
  expect(decodeURIComponent(span ?? "")).toBe("2026-10-21T12:00:00.000Z/2026-11-20T12:00:00.000Z");
});

test.each([
  ["hostile strings", HOSTILE],
  ["XSS payloads", XSS],
])("%s reach no terminal, and no line but of rows and queries is wider than the board", (_name, texts) => {
  const bad = poisoned(texts);
  const [pillar] = bad.pillars;
  for (const criterion of pillar?.criteria ?? []) {
    const text = explainCriterion(pillar as NonNullable<typeof pillar>, { ...criterion, query: "x" }, { rows: 20 });
    expect(text).not.toMatch(ACTIVE);
    expect(Math.max(...text.split("\n").map(displayWidth))).toBeLessThanOrEqual(100);
  }
  for (const anomaly of bad.anomalies.slice(0, 100)) {
    const text = explainAnomaly(bad, anomaly, { normal: undefined, rows: 5, query: anomaly.subject });
    expect(text).not.toMatch(ACTIVE);
  }
});
