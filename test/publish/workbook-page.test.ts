import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { PILLAR_TITLES, PILLARS, STAGE_TITLES } from "../../src/core/maturity.ts";
import { HOSTILE, XSS } from "../hostile/corpus.ts";
import { browserAvailable, launch, open } from "../outputs/browser.ts";
import { contoso, flawless, poisoned } from "../outputs/fixtures.ts";
import { type Answered, renderWorkbook } from "./render-workbook.ts";
import { contentOf, pasted, placed, queryItems, workbookParameters } from "./workbook-items.ts";
import { type Published, workspaceOf } from "./workspace.ts";

const NOW = "2026-11-20T14:00:00.0000000Z";
const SCREENSHOT = process.env.ZTLENS_SCREENSHOT;

const days = (count: number): Published[] =>
  Array.from({ length: count }, (_, i) => {
    const day = String(20 - i).padStart(2, "0");
    const window = { start: `2026-10-${day}T12:00:00.0000000Z`, end: `2026-11-${day}T12:00:00.0000000Z` };
    return { assessment: { ...(i < 3 ? contoso : flawless), window }, runTime: `2026-11-${day}T12:30:00.0000000Z` };
  });

/** The page of the workbook over what was published. */
async function pageOf(runs: readonly Published[]): Promise<string> {
  const workspace = await workspaceOf(runs, NOW);
  try {
    const values: Record<string, string> = { Workspace: "/subscriptions/0/workspaces/w", Scope: "hq" };
    for (const pillar of PILLARS) values[`Criterion_${pillar}`] = "";
    for (const { name, query = "", queryType } of workbookParameters)
      if (queryType === 0) values[name] = String((await workspace.query(pasted(query, values))).rows[0]?.value ?? "");
    const answers = new Map<string, Answered>();
    for (const item of queryItems) {
      const { columns, rows } = await workspace.query(pasted(contentOf(item).query, values));
      answers.set(item.name, { names: columns.map(({ name }) => name), rows });
    }
    return renderWorkbook(placed, answers);
  } finally {
    await workspace.close();
  }
}

describe.skipIf(!browserAvailable)("the workbook in a browser (Linux x64, or CHROME_PATH elsewhere)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  const shown = async (
    runs: readonly Published[],
    check: (opened: Awaited<ReturnType<typeof open>>) => Promise<void>,
  ) => {
    const opened = await open(browser, await pageOf(runs));
    try {
      await check(opened);
      expect(opened.messages).toEqual([]);
      expect(opened.requests).toEqual([]);
    } finally {
      await opened.close();
    }
  };

  test("turns every query into its grid, tiles or chart", () =>
    shown(days(6), async ({ page }) => {
      if (SCREENSHOT) await page.screenshot({ path: SCREENSHOT, fullPage: true });
      for (const item of queryItems) {
        const part = page.locator(`#${item.name}`);
        const kind = contentOf(item).visualization;
        const figure = kind === "table" ? "table" : kind === "tiles" ? ".tile" : "svg :is(circle, rect)";
        const count = (await part.locator(figure).count()) + (await part.locator(".nodata").count());
        expect(count, item.name).toBeGreaterThan(0);
        const box = await part.boundingBox();
        expect(box?.height, item.name).toBeGreaterThan(30);
      }
      const titles = await page.locator("#overview-stages .tile b").allTextContents();
      expect(titles).toEqual(PILLARS.map((pillar) => PILLAR_TITLES[pillar]));
      const stages = await page.locator("#overview-stages .tile .chip").allTextContents();
      expect(stages).toEqual(contoso.pillars.map(({ stage }) => STAGE_TITLES[stage]));
      expect(await page.locator('[data-representation="none"]').count()).toBe(0);
      const empty = await page.locator(".item:has(.nodata)").evaluateAll((items) => items.map(({ id }) => id));
      expect(empty).toContain("health-interrupted");
      expect(empty.length).toBeLessThan(queryItems.length / 2);
    }));

  test("shows hostile text as text", () => {
    const bad: Assessment = poisoned([...HOSTILE.slice(0, 60), ...XSS.slice(0, 40)]);
    return shown([{ assessment: bad, runTime: "2026-11-20T12:30:00.0000000Z" }], async ({ page }) => {
      expect(await page.evaluate("window.pwned")).toBeUndefined();
      expect(await page.locator("script, iframe, img").count()).toBe(0);
    });
  });
});
