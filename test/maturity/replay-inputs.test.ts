import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Horizon } from "../../src/backends/embedded/ingest/find.ts";
import type { Assessment } from "../../src/core/assessment.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../../src/core/ticks.ts";
import { replay } from "../../src/maturity/replay.ts";
import { ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-replay-inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const pack = (id: string, tables: string, query: string): string => `id: ${id}
name: Share of ${tables}
description: What it measures.
tables: ${tables}
query: |
  ${query}
  | summarize Numerator = countif(ResultType == "0"), Denominator = count()
zt:
  kind: criterion
  pillar: identities
  stage: initial
  thresholds: { initial: 0.5 }
  next: "Do this."
  fixtures:
    good: { tables: { SigninLogs: [{ ResultType: "0" }] }, numerator: 1, denominator: 1 }
    bad: { tables: { SigninLogs: [{ ResultType: "1" }] }, numerator: 0, denominator: 1 }
    empty: { tables: {}, numerator: 0, denominator: 0 }
`;

/** Sign-ins of a day, as the portal exports them. */
function signIns(day: string, count: number, user = "ada"): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const second = String(i % 60).padStart(2, "0");
    return `SigninLogs,${day}T00:${String(Math.floor(i / 60) % 60).padStart(2, "0")}:${second}Z,0,${user}${i}@contoso.com`;
  });
  return `Type,TimeGenerated,ResultType,UserPrincipalName\n${rows.join("\n")}\n`;
}

const queries = join(folder, "queries");
beforeAll(() => {
  put("queries/identities/XX-01.yaml", pack("XX-01", "[SigninLogs]", "SigninLogs"));
  put(
    "queries/identities/XX-02.yaml",
    pack("XX-02", "[AADNonInteractiveUserSignInLogs]", "AADNonInteractiveUserSignInLogs"),
  );
});

const ticks = (text: string): bigint => parseIsoDatetime(text) ?? 0n;
const between = (from: string, to: string): Horizon => ({ from: ticks(from), to: ticks(to) });

const criterion = ({ pillars }: Assessment, id: string) =>
  pillars.flatMap(({ criteria }) => criteria).find((one) => one.id === id);

describe("an input that may have been cut", () => {
  const other = (count: number): string =>
    signIns("2026-01-01", count).replaceAll("SigninLogs,", "AADNonInteractiveUserSignInLogs,");

  test.each([1_000, 10_000, 30_000])("%d records: what is counted on them is partial", async (count) => {
    const paths = [put(`cut-${count}/a.csv`, signIns("2026-01-01", count)), put(`cut-${count}/b.csv`, other(999))];
    const found = await replay({ paths, packs: queries });
    expect(criterion(found, "XX-01")).toMatchObject({
      ...{ state: "partial", stage: "not_assessable", numerator: count, denominator: count },
      reason: expect.stringContaining(`Exactly ${count} records`),
    });
    expect(criterion(found, "XX-02")).toMatchObject({ state: "met", denominator: 999 });
    expect(found.inputs.map(({ table, partial }) => [table, partial])).toEqual([
      ["SigninLogs", true],
      ["AADNonInteractiveUserSignInLogs", undefined],
    ]);
    expect(
      (await replay({ paths, packs: queries, historyStep: TICKS_PER_DAY })).timeTravel?.steps.at(-1),
    ).toMatchObject({
      pillars: expect.arrayContaining([
        expect.objectContaining({ criteria: expect.arrayContaining([expect.objectContaining({ state: "partial" })]) }),
      ]),
    });
  });

  test("every output says so", async () => {
    const path = put("said/a.csv", signIns("2026-01-01", 1_000));
    const report = join(folder, "said.html");
    const { code, out } = await ztlens(["replay", path, "--queries", queries, "--report", report]);
    expect(code).toBe(3);
    expect(out).toContain("may not be all there");
    expect(readFileSync(report, "utf8")).toContain("Exactly 1000 records");
  });

  test("one record more or less is a whole export", async () => {
    for (const count of [999, 1_001]) {
      const found = await replay({
        paths: [put(`whole-${count}/a.csv`, signIns("2026-01-01", count))],
        packs: queries,
      });
      expect(criterion(found, "XX-01")).toMatchObject({ state: "met", numerator: count });
    }
  });
});

test("a thousand JSON lines are no page of an API", async () => {
  const row = (i: number): string =>
    JSON.stringify({ TimeGenerated: "2026-01-01T00:00:00Z", Id: `${i}`, ResultType: "0", Type: "SigninLogs" });
  const path = put("lines/a.ndjson", `${Array.from({ length: 1_000 }, (_, i) => row(i)).join("\n")}\n`);
  const found = await replay({ paths: [path], packs: queries });
  expect(criterion(found, "XX-01")).toMatchObject({ state: "met", denominator: 1_000 });
});

describe("folders by time", () => {
  const at = (container: string, path: string, day: string): string =>
    put(`${container}/WorkspaceResourceId=/w/${path}/PT1H.json`, signInLines(day));
  const signInLines = (day: string): string =>
    Array.from({ length: 40 }, (_, i) =>
      JSON.stringify({
        TimeGenerated: `${day}T01:00:${String(i).padStart(2, "0")}Z`,
        Type: "SigninLogs",
        ResultType: "0",
        _ItemId: `${day}-${i}`,
      }),
    ).join("\n");

  beforeAll(() => {
    for (const day of ["01", "02", "03", "04"])
      at("archive/am-signinlogs", `y=2026/m=01/d=${day}/h=01/m=00`, `2026-01-${day}`);
  });

  test("what the folders say is outside is left out; the command assesses as of --to", async () => {
    const paths = [join(folder, "archive")];
    const all = await replay({ paths, packs: queries });
    expect(criterion(all, "XX-01")).toMatchObject({ denominator: 160 });
    const bounds = ["--from", "2026-01-02", "--to", "2026-01-03T12:00:00Z"];
    const { out } = await ztlens(["replay", ...paths, "--queries", queries, "-o", "json", ...bounds]);
    const asked = JSON.parse(out) as Assessment;
    expect(criterion(asked, "XX-01")).toMatchObject({ denominator: 80 });
    expect(asked.asOf).toBe("2026-01-03T12:00:00.0000000Z");
    const found = await replay({ paths, packs: queries, horizon: between("2026-01-02", "2026-01-03T12:00:00Z") });
    expect(found.inputs.map(({ shape, accepted }) => [shape, accepted])).toEqual([
      ["rows", 40],
      ["rows", 40],
      ["layout", 0],
    ]);
    expect(found.inputs.at(-1)?.reason).toMatch(/outside of the window: it and 1 others/);
  });

  test("diagnostic settings cut by arrival: what came before is old, what came later may still be of then", async () => {
    const event = (day: string): string =>
      JSON.stringify({
        ...{ time: `${day}T01:00:00Z`, category: "SignInLogs", operationName: "Sign-in activity", resultType: "0" },
        ...{ resourceId: "/tenants/t/providers/Microsoft.aadiam", properties: { id: day } },
      });
    for (const day of ["01", "02", "03"])
      put(
        `diagnostics/insights-logs-signinlogs/tenantId=t/y=2026/m=01/d=${day}/h=01/m=00/PT1H.json`,
        event(`2026-01-${day}`),
      );
    const horizon = between("2026-01-02", "2026-01-02T12:00:00Z");
    const found = await replay({ paths: [join(folder, "diagnostics")], packs: queries, horizon });
    expect(found.inputs.map(({ shape, file }) => [shape, /d=(\d\d)/.exec(file)?.[1]])).toEqual([
      ["diagnostic", "02"],
      ["diagnostic", "03"],
      ["layout", "01"],
    ]);
  });
});

test("packs of one's own may name saved functions and watchlists", async () => {
  put("own/identities/XX-03.yaml", pack("XX-03", "[SigninLogs]", "Important(SigninLogs)"));
  put(
    "functions/Important.kql",
    "(T:(UserPrincipalName:string, ResultType:string)) { T | where UserPrincipalName in (_GetWatchlist('VIP') | project SearchKey) }",
  );
  put("watchlists/VIP.csv", `SearchKey\n${Array.from({ length: 35 }, (_, i) => `ada${i}@contoso.com`).join("\n")}\n`);
  const file = put("few/a.csv", signIns("2026-01-01", 60));
  const own = { paths: [file], packs: join(folder, "own") };
  const beside = { functions: join(folder, "functions"), watchlists: join(folder, "watchlists") };
  expect(criterion(await replay({ ...own, ...beside }), "XX-03")).toMatchObject({
    ...{ state: "met", numerator: 35, denominator: 35 },
  });
  expect(criterion(await replay(own), "XX-03")).toMatchObject({
    state: "partial",
    reason: expect.stringContaining("Important"),
  });
  const { out } = await ztlens(
    ["replay", file, "--queries", own.packs, "-o", "json"].concat(
      ...[
        ["--functions", beside.functions],
        ["--watchlists", beside.watchlists],
      ],
    ),
  );
  expect(criterion(JSON.parse(out) as Assessment, "XX-03")).toMatchObject({ state: "met" });
});
