import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { PILLARS, STAGE_TITLES } from "../../src/core/maturity.ts";
import { workbook, workbookText } from "../../src/publish/workbook/workbook.ts";
import { HOSTILE, XSS } from "../hostile/corpus.ts";
import { contoso, flawless, nothing } from "../outputs/fixtures.ts";
import { contentOf, pasted, placed, queryItems, workbookParameters } from "./workbook-items.ts";
import { type Answer, type Workspace, workspaceOf } from "./workspace.ts";

const SCHEMA = process.env.ZTLENS_WORKBOOK_SCHEMA;
const NOW = "2026-11-20T14:00:00.0000000Z";
const earlier: Assessment = {
  ...flawless,
  window: { start: "2026-10-20T12:00:00.0000000Z", end: "2026-11-19T12:00:00.0000000Z" },
  anomalies: [],
};

describe("the workbook", () => {
  test.skipIf(!SCHEMA)("validates against the published schema (ZTLENS_WORKBOOK_SCHEMA)", () => {
    const validate = new Ajv({ strict: false, allErrors: true }).compile(
      JSON.parse(readFileSync(SCHEMA ?? "", "utf8")),
    );
    expect(validate(workbook()), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  });

  test("is the same each time, and knows its cloud", () => {
    expect(workbookText()).toBe(workbookText());
    expect(JSON.parse(workbookText())).toEqual(workbook());
    expect(workbookText({ cloud: "usgov" })).toContain("https://portal.azure.us/#blade");
    expect(workbookText({ cloud: "usgov" })).not.toContain("portal.azure.com");
  });

  test("names no subscription and comes from no template", () => {
    expect(workbookText()).not.toMatch(/\/subscriptions\/[0-9a-f]{8}-|fromTemplateId/);
    expect(workbookText()).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test("gives every item a name and every parameter and tab an id of its own", () => {
    const names = placed.map(({ item }) => item.name);
    expect(new Set(names).size).toBe(names.length);
    const ids = [...workbookText().matchAll(/"id": "([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("shows each tab alone, one per pillar", () => {
    const [tabs] = placed.filter(({ item }) => item.type === 11);
    const targets = ((tabs?.item.content.links ?? []) as { subTarget: string; cellValue: string }[]).map(
      (link) => link.subTarget,
    );
    expect(targets).toEqual(["overview", ...PILLARS, "comparison", "health"]);
    for (const { item, visibility } of placed.filter(({ item: { type } }) => type === 3))
      expect(
        visibility.filter(({ parameterName }) => parameterName === "Tab"),
        item.name,
      ).toHaveLength(1);
  });

  test("uses only what is defined", () => {
    const known = new Set([
      ...workbookParameters.map(({ name }) => name),
      ...queryItems.flatMap((item) => contentOf(item).exportParameterName ?? []),
    ]);
    for (const item of queryItems)
      for (const [, name = ""] of contentOf(item).query.matchAll(/\{(\w+)\}/g))
        expect([...known], item.name).toContain(name);
    for (const { visibility } of placed)
      for (const { parameterName } of visibility) expect([...known, "Tab"]).toContain(parameterName);
    const formatters = queryItems.flatMap((item) => contentOf(item).gridSettings?.formatters ?? []);
    for (const { formatter } of formatters) expect([0, 1, 3, 5, 6, 7, 18]).toContain(formatter);
  });

  test("says everywhere why there may be nothing to see", () => {
    for (const item of queryItems) {
      const { noDataMessage, title } = contentOf(item);
      expect(noDataMessage.length, item.name).toBeGreaterThan(20);
      expect(title.length).toBeGreaterThan(5);
    }
  });

  test("lets no value of a log into a query", () => {
    const exported = queryItems.flatMap((item) => contentOf(item).exportFieldName ?? []);
    expect([...new Set(exported)]).toEqual(["CriterionId"]);
    const asked = workbookParameters.filter(({ query, queryType }) => query !== undefined && queryType === 0);
    expect(asked.map(({ name }) => name)).toEqual(["Scope", "RunBefore", "RunAfter"]);
  });
});

describe("over published tables", () => {
  let workspace: Workspace;
  let values: Record<string, string>;
  const run = (name: string, own = values): Promise<readonly Answer[]> => {
    const item = queryItems.find((one) => one.name === name);
    if (!item) throw new Error(`there is no item ${name}`);
    return workspace.query(pasted(contentOf(item).query, own)).then(({ rows }) => rows);
  };

  beforeAll(async () => {
    workspace = await workspaceOf(
      [
        { assessment: earlier, runTime: "2026-11-19T12:30:00.0000000Z" },
        { assessment: contoso, runTime: "2026-11-20T12:30:00.0000000Z" },
        { assessment: nothing, scope: "empty", runTime: "2026-11-20T12:30:00.0000000Z" },
      ],
      NOW,
    );
    values = { Scope: "hq", Workspace: "/subscriptions/0/resourceGroups/rg/providers/x/workspaces/w" };
    for (const pillar of PILLARS) values[`Criterion_${pillar}`] = "";
    for (const { name, query = "", queryType } of workbookParameters) {
      if (queryType !== 0) continue;
      const { columns, rows } = await workspace.query(pasted(query, values));
      expect(columns.map((column) => column.name)).toEqual(["value", "label"]);
      if (name !== "Scope") values[name] = String(rows[0]?.value);
      else expect(rows.map(({ value }) => value)).toEqual(["empty", "hq"]);
    }
  });
  afterAll(() => workspace.close());

  test.each(queryItems.map((item) => [item.name, item] as const))(
    "%s runs, and has the columns that it shows",
    async (_name, item) => {
      const { query, gridSettings, tileSettings, chartSettings, exportFieldName } = contentOf(item);
      const { columns } = await workspace.query(pasted(query, values));
      const names = columns.map(({ name }) => name);
      for (const { columnId } of gridSettings?.labelSettings ?? []) expect(names).toContain(columnId);
      const formatters = [
        ...(gridSettings?.formatters ?? []),
        ...(tileSettings
          ? [
              tileSettings.titleContent,
              tileSettings.leftContent,
              tileSettings.secondaryContent,
              tileSettings.subtitleContent,
            ]
          : []),
      ];
      for (const { columnMatch } of formatters) expect(names).toContain(columnMatch.slice(1, -1));
      if (tileSettings) expect(names).toContain(tileSettings.sortCriteriaField);
      if (chartSettings)
        expect(names).toEqual(
          expect.arrayContaining([chartSettings.xAxis, ...chartSettings.yAxis, chartSettings.group]),
        );
      if (exportFieldName) expect(names).toContain(exportFieldName);
    },
  );

  test("shows the stages of the newest run", async () => {
    const tiles = await run("overview-stages");
    expect(tiles.map(({ Stage }) => Stage)).toEqual(contoso.pillars.map(({ stage }) => STAGE_TITLES[stage]));
    expect((await run("overview-freshness"))[0]).toMatchObject({ Freshness: "fresh", AgeHours: 1.5 });
  });

  test("lists every criterion, and the offenders of the one that is selected", async () => {
    for (const { pillar, criteria } of contoso.pillars) {
      const shown = await run(`${pillar}-criteria`);
      expect(shown.map(({ CriterionId }) => CriterionId).sort()).toEqual(criteria.map(({ id }) => id).sort());
      const most = criteria.toSorted((a, b) => b.offenders.length - a.offenders.length)[0];
      if (most) {
        const { id, offenders } = most;
        const selected = await run(`${pillar}-offenders`, { ...values, [`Criterion_${pillar}`]: id });
        expect(selected.map(({ Details }) => Details)).toEqual(offenders);
      }
    }
  });

  test("links an offender to the blade that shows it, and to nothing else", async () => {
    const [guid, machine] = ["6f1ed002-ab55-4f1f-9d1e-0f4a6c1d2e3f", "0123456789abcdef0123456789abcdef01234567"];
    const resource = "/subscriptions/6f1ed002-ab55-4f1f-9d1e-0f4a6c1d2e3f/resourceGroups/rg/providers/x.y/z/n";
    const known: readonly (readonly [Readonly<Record<string, string | number>>, string])[] = [
      [{ UserPrincipalName: "ann@contoso.com", UserId: guid }, `UserProfileMenuBlade/~/overview/userId/${guid}`],
      [{ UserPrincipalName: "ann+x@contoso.com" }, "UserDetailsMenuBlade/Profile/userId/ann%2bx%40contoso.com"],
      [{ AppDisplayName: "Payroll", AppId: guid }, `ApplicationMenuBlade/~/Overview/appId/${guid}`],
      [{ DeviceName: "WKS-1", DeviceId: machine }, `https://security.microsoft.com/machines/${machine}`],
      [{ Gateway: "gw", _ResourceId: resource }, `https://portal.azure.com/#@/resource${resource}`],
      [{ Resource: resource }, `https://portal.azure.com/#@/resource${resource}`],
      [{ Table: "SigninLogs", Failed: 3 }, ""],
      [{ Resource: "/subscriptions/x/../?redirect=https://evil.example" }, ""],
      [{ User: "https://evil.example/@contoso.com" }, ""],
    ];
    const rows = [
      ...known.map(([row]) => row),
      ...[...HOSTILE, ...XSS].map((text) => ({ User: text, UserId: text, AppId: text })),
    ];
    const [first, ...rest] = contoso.pillars;
    if (!first) throw new Error("the sample has no pillar");
    const criteria = first.criteria.map((c, i) => (i === 0 ? { ...c, offenders: rows } : c));
    const assessment = { ...contoso, pillars: [{ ...first, criteria }, ...rest] };
    const own = await workspaceOf([{ assessment, runTime: "2026-11-20T12:30:00.0000000Z" }], NOW);
    try {
      const item = queryItems.find(({ name }) => name === "identities-offenders");
      const selected = { ...values, Criterion_identities: criteria[0]?.id ?? "" };
      const shown = await own.query(pasted(item ? contentOf(item).query : "", selected));
      const links = shown.rows.map(({ Open }) => String(Open));
      expect(links).toHaveLength(rows.length);
      for (const [i, [, end]] of known.entries())
        expect(end === "" ? links[i] : links[i]?.endsWith(end)).toBe(end === "" ? "" : true);
      for (const link of links)
        expect(link).toMatch(/^$|^https:\/\/(portal\.azure|security\.microsoft)\.com\/[\w#@~/.%()-]*$/);
    } finally {
      await own.close();
    }
  });

  test("puts the criteria that block the weakest pillar first", async () => {
    const rows = await run("overview-weakest");
    expect(rows.map(({ CriterionId }) => CriterionId).sort()).toEqual(
      contoso.pillars.flatMap((p) => [...p.blockedBy]).sort(),
    );
  });

  test("compares two dates", async () => {
    const pillars = await run("comparison-stages");
    expect(pillars.map(({ Before, After }) => [Before, After])).toEqual(
      contoso.pillars.map(({ pillar, stage }) => [
        STAGE_TITLES[flawless.pillars.find((p) => p.pillar === pillar)?.stage ?? "not_assessable"],
        STAGE_TITLES[stage],
      ]),
    );
    const states = (assessment: Assessment) =>
      new Map(assessment.pillars.flatMap((p) => p.criteria.map((c) => [c.id, c])));
    const [before, after] = [states(earlier), states(contoso)];
    const changed = [...before.values()].filter(
      (c) => c.state !== after.get(c.id)?.state || c.value !== after.get(c.id)?.value,
    );
    expect((await run("comparison-criteria")).map(({ CriterionId }) => CriterionId).sort()).toEqual(
      changed.map(({ id }) => id).sort(),
    );
    const same = { ...values, RunBefore: values.RunAfter ?? "" };
    expect(await run("comparison-criteria", same)).toEqual([]);
  });

  test("tells what the runs could not see", async () => {
    expect((await run("health-runs")).map(({ WindowEnd }) => WindowEnd)).toEqual([
      contoso.window.end,
      earlier.window.end,
    ]);
    expect((await run("health-warnings")).map(({ Warning }) => Warning).sort()).toEqual(
      [...new Set(contoso.warnings)].sort(),
    );
    expect(await run("health-interrupted")).toEqual([]);
    const empty = await run("overview-stages", { ...values, Scope: "empty" });
    expect(empty.map(({ Stage }) => Stage)).toEqual(nothing.pillars.map(({ stage }) => STAGE_TITLES[stage]));
  });
});
