import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { STATES } from "../../src/core/maturity.ts";
import { render } from "../../src/outputs/html.ts";
import { HOSTILE, XSS } from "../hostile/corpus.ts";
import { browserAvailable, launch, type Opened, open } from "./browser.ts";
import { contoso, crowded, emptyTenant, flawless, grouped, nothing, poisoned } from "./fixtures.ts";

const checks = readFileSync(new URL("page-checks.js", import.meta.url), "utf8").replace(/^export /gm, "");
/** What an expression over the functions of page-checks.js gives inside the page. */
const inside = <T>(page: Page, expression: string): Promise<T> =>
  page.evaluate<T>(`(() => { ${checks}; return ${expression}; })()`);

describe("the file", () => {
  const html = render(contoso);
  const body = (tag: string): string => new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(html)?.[1] ?? "";

  test("allows only its own style and script", () => {
    const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    expect(html).toContain(`default-src 'none'; style-src ${hash(body("style"))}; script-src ${hash(body("script"))};`);
  });

  test("points nowhere", () => {
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\/|\ssrc=|@import|url\(/);
  });

  test("is the same for the same assessment", () => expect(render(contoso)).toBe(html));

  test("keeps hostile text out of markup", () => {
    for (const texts of [HOSTILE, XSS]) {
      const poisonedPage = render(poisoned(texts));
      expect(poisonedPage.match(/<script/g)).toHaveLength(html.match(/<script/g)?.length ?? 0);
      expect(poisonedPage.match(/<\/script/g)).toHaveLength(html.match(/<\/script/g)?.length ?? 0);
    }
  });
});

describe.skipIf(!browserAvailable)("the page in a browser (Linux x64, or CHROME_PATH elsewhere)", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  const visit = async (assessment: Assessment, options = {}, hash = ""): Promise<Opened> => {
    const opened = await open(browser, render(assessment), options, hash);
    await opened.page.waitForSelector("html[data-ready]", { state: "attached" });
    return opened;
  };

  const text = (page: Page, selector: string): Promise<string[]> =>
    page.locator(selector).evaluateAll((elements) => elements.map((element) => element.textContent ?? ""));

  const openAll = (page: Page): Promise<unknown> => inside(page, "openAll()");

  describe.each([
    ["contoso", contoso],
    ["empty tenant", emptyTenant],
    ["flawless", flawless],
    ["nothing", nothing],
  ])("of %s", (_name, assessment) => {
    const criteria = assessment.pillars.flatMap((pillar) => pillar.criteria);

    test("shows the counts of the data", async () => {
      const { page, requests, messages, close } = await visit(assessment);
      const inState = (...states: string[]): number => criteria.filter(({ state }) => states.includes(state)).length;
      const tiles = (await text(page, ".tile b")).map((value) => Number(value.replaceAll(",", "")));
      const quarantined = assessment.inputs.reduce((sum, input) => sum + input.quarantined, 0);
      expect(tiles).toEqual([
        inState("met"),
        inState("not_met"),
        inState("insufficient", "absent", "stale", "partial"),
        inState("excepted"),
        assessment.anomalies.length,
        quarantined,
      ]);
      expect(await text(page, ".card h3")).toHaveLength(assessment.pillars.length);
      expect(await text(page, ".criterion")).toHaveLength(criteria.length);
      const states = (await text(page, "#health table tbody td.number")).map(Number);
      expect(states).toEqual(STATES.map((state) => inState(state)));
      expect(requests).toEqual([]);
      expect(messages).toEqual([]);
      await close();
    });

    test.each(["light", "dark"] as const)(
      "has names, order and contrast in the %s theme, and breaks no rule of axe-core",
      async (colorScheme) => {
        const { page, messages, close } = await visit(assessment, { colorScheme });
        await openAll(page);
        const contrast = await inside<{ checked: number; poor: string[] }>(page, "poorContrast()");
        expect(contrast.poor).toEqual([]);
        expect(contrast.checked).toBeGreaterThan(40);
        expect(await inside(page, "unnamed()")).toEqual([]);
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
        expect(violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html.slice(0, 120)}`)).toEqual(
          [],
        );
        expect(messages).toEqual([]);
        await close();
      },
    );

    test.each([1280, 768, 390])("fits %i pixels", async (width) => {
      const { page, close } = await visit(assessment, { viewport: { width, height: 800 } });
      await openAll(page);
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      await close();
    });
  });

  describe("of contoso", () => {
    test("filters, sorts and counts criteria", async () => {
      const { page, close } = await visit(contoso);
      const shown = (): Promise<string[]> => text(page, ".criterion .id");
      await page.getByLabel("Search criteria").fill("legacy auth");
      expect(await shown()).toEqual(["ID-02"]);
      await page.getByLabel("Search criteria").fill("");
      await page.locator("#criteria").getByLabel("Pillar").selectOption("network");
      expect((await shown()).sort()).toEqual(["NW-01", "NW-04", "NW-08"]);
      await page.getByRole("button", { name: /partial data/ }).click();
      expect(await shown()).toEqual(["NW-08"]);
      expect(await page.locator("#criteria .status").textContent()).toBe("1 of 24 criteria");
      await page.getByRole("button", { name: /partial data/ }).click();
      await page.locator("#criteria").getByLabel("Pillar").selectOption("");
      await page.locator("#criteria").getByLabel("Sort by").selectOption("id");
      expect(await shown()).toEqual(contoso.pillars.flatMap((p) => p.criteria.map((c) => c.id)).sort());
      await close();
    });

    test("is operated by the keyboard alone", async () => {
      const { page, close } = await visit(contoso);
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
      await page.keyboard.press("Enter");
      expect(await page.evaluate("document.activeElement.id")).toBe("main");
      await page
        .getByRole("link", { name: /^ID-01/ })
        .first()
        .focus();
      await page.keyboard.press("Enter");
      const opener = page.locator("#c-0 .opener");
      await expect.poll(() => opener.getAttribute("aria-expanded")).toBe("true");
      expect(await page.evaluate("document.activeElement.className")).toBe("opener");
      expect(await page.locator("#panel-0 pre").textContent()).toBe(contoso.pillars[0]?.criteria[0]?.query);
      await page.keyboard.press("Enter");
      expect(await page.locator("#panel-0").isVisible()).toBe(false);
      await close();
    });

    test("every stop of the Tab key is visible and has a name", async () => {
      const { page, close } = await visit(contoso);
      const stops = await page.locator("a[href],button,input,select,summary,[tabindex='0']").count();
      for (let i = 0; i < Math.min(stops, 60); i++) {
        await page.keyboard.press("Tab");
        const { ring, name } = await inside<{ ring: boolean; name: string }>(page, "focusRing()");
        expect(ring, name).toBe(true);
      }
      await close();
    });

    test("opens the criterion that the address names", async () => {
      const { page, close } = await visit(contoso, {}, "#c-3");
      expect(await page.locator("#c-3 .opener").getAttribute("aria-expanded")).toBe("true");
      await close();
    });

    test("clears the filters, also where they hide the criterion that a link names", async () => {
      const { page, close } = await visit(contoso);
      await page.getByLabel("Search criteria").fill("nothing has this name");
      expect(await page.locator(".criterion").count()).toBe(0);
      await page
        .getByRole("link", { name: /^NW-01/ })
        .first()
        .click();
      await expect.poll(() => page.getByRole("button", { name: /^NW-01/ }).getAttribute("aria-expanded")).toBe("true");
      expect(await page.getByLabel("Search criteria").inputValue()).toBe("");
      await page.getByRole("button", { name: /not met/ }).click();
      expect(await page.locator(".criterion").count()).toBe(3);
      await page.getByRole("button", { name: "Clear" }).click();
      expect(await page.locator(".criterion").count()).toBe(24);
      expect(await page.getByRole("button", { name: /not met/ }).getAttribute("aria-pressed")).toBe("false");
      await close();
    });

    test("keeps the focus while the keyboard walks through a long table", async () => {
      const { page, close } = await visit(contoso);
      await page.locator("#offenders .rows a").first().focus();
      const seen = new Set<string>();
      for (let i = 0; i < 150; i++) {
        await page.keyboard.press("Tab");
        // Nobody is faster than a frame: the rows that a scroll uncovers are drawn in the next one.
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
        seen.add(
          await page.evaluate<string>(
            "document.activeElement.closest('#offenders .row')?.firstChild.textContent ?? ''",
          ),
        );
      }
      expect(seen.has("")).toBe(false);
      expect(seen.has("30")).toBe(true);
      await close();
    });

    test("copies the query", async () => {
      const { page, close } = await visit(contoso, {}, "#c-0");
      await page.getByRole("button", { name: "Copy query" }).click();
      await expect.poll(() => page.locator("#announce").textContent()).toMatch(/Copied|Selected/);
      await close();
    });

    test("changes its theme", async () => {
      const { page, close } = await visit(contoso, { colorScheme: "light" });
      const background = (): Promise<string> =>
        page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      const light = await background();
      await page.locator("#theme").click();
      expect(await background()).toBe(light);
      await page.locator("#theme").click();
      expect(await background()).not.toBe(light);
      expect(await page.locator("#theme").getAttribute("aria-label")).toBe("Colour theme: Dark");
      await close();
    });

    test("draws each interval where the numbers say", async () => {
      const { page, close } = await visit(contoso, {}, "#c-0");
      const label = await page.locator("#panel-0 svg.interval").getAttribute("aria-label");
      expect(label).toBe(
        "91.0 %, 95 % interval 90.8–91.3 %. Thresholds: Initial ≥ 80 %, Intermediate ≥ 95 %, Optimal ≥ 99 %.",
      );
      const chart = await inside<{ point: number; bands: { name: string; x: number }[] }>(
        page,
        'interval("#panel-0 svg.interval")',
      );
      const scale = (value: number): number => 6 + ((value - 0.765) / (1 - 0.765)) * 628;
      expect(chart.point).toBeCloseTo(scale(45_612 / 50_104), 3);
      expect(chart.bands.map(({ name }) => name)).toEqual([
        "band stage-traditional",
        "band stage-initial",
        "band stage-intermediate",
        "band stage-optimal",
      ]);
      expect(chart.bands[2]?.x).toBeCloseTo(scale(0.95), 3);
      await close();
    });

    test("travels in time", async () => {
      const { page, close } = await visit(contoso);
      const lanes = await page.locator("#history svg g").count();
      expect(lanes).toBe(contoso.pillars.length);
      const stages = (): Promise<string[]> => text(page, "#history .then .chip");
      expect(await stages()).toContain("Traditional");
      const slider = page.getByRole("slider", { name: "Moment" });
      await slider.focus();
      await page.keyboard.press("End");
      expect(await stages()).toEqual(await text(page, ".card .stage-name"));
      expect(await slider.getAttribute("aria-valuetext")).toBe("2026-11-20 12:00 UTC");
      await close();
    });

    test("tells what concerns one subject at one time as one finding", async () => {
      const { page, close } = await visit(grouped);
      const status = page.locator("#anomalies .status");
      expect(await status.textContent()).toBe("9 of 9 findings");
      await page.locator("#anomalies").getByLabel("Search anomalies").fill("chen.wei");
      expect(await status.textContent()).toBe("1 of 9 findings");
      await page.getByRole("button", { name: "chen.wei@contoso.com" }).click();
      const pane = page.getByRole("region", { name: "What was chosen" });
      expect(await text(page, "#anomalies .story button")).toEqual(["impossible-travel", "unfamiliar-sign-in"]);
      expect(await pane.textContent()).toContain("Also told by unfamiliar-sign-in.");
      await pane.getByRole("button", { name: "unfamiliar-sign-in" }).click();
      expect(await pane.textContent()).toContain("First sign-in from BR");
      await page.locator("#anomalies").getByLabel("List", { exact: true }).selectOption("anomalies");
      expect(await status.textContent()).toBe("2 of 10 anomalies");
      await close();
    });

    test("lists anomalies alone where nobody grouped them", async () => {
      const { findings: _, ...older } = contoso;
      const { page, close } = await visit(older);
      expect(await page.locator("#anomalies .status").textContent()).toBe("9 of 9 anomalies");
      expect(await page.locator("#anomalies").getByLabel("List", { exact: true }).count()).toBe(0);
      await close();
    });

    test("says what a chosen anomaly is measured by", async () => {
      const { page, close } = await visit(contoso);
      await page.locator("#anomalies").getByLabel("List", { exact: true }).selectOption("anomalies");
      await page.locator("#anomalies").getByLabel("Search anomalies").fill("chen.wei");
      await page.getByRole("button", { name: "chen.wei@contoso.com" }).click();
      const pane = await page.getByRole("region", { name: "What was chosen" }).textContent();
      expect(pane).toContain("with a median of 43 and 80 at most");
      expect(pane).toContain("812 users");
      await close();
    });

    test("tells apart what was misses narrowly, holds narrowly and blocks", async () => {
      const { page, close } = await visit(contoso);
      const shown = async (option: string): Promise<string[]> => {
        await page.locator("#criteria").getByLabel("Show").selectOption(option);
        return (await text(page, ".criterion .id")).sort();
      };
      expect(await shown("blocks")).toEqual([...new Set(contoso.pillars.flatMap((p) => p.blockedBy))].sort());
      expect(await shown("miss")).toContain("ID-02");
      expect(await shown("excepted")).toEqual(["IN-06"]);
      await close();
    });

    test("prints without its controls", async () => {
      const { page, close } = await visit(contoso);
      await page.emulateMedia({ media: "print" });
      expect(await page.locator(".toolbar").first().isVisible()).toBe(false);
      expect(await page.locator(".card").count()).toBe(6);
      await page.setViewportSize({ width: 794, height: 1123 });
      const cut =
        "[document.documentElement, ...document.querySelectorAll('.viewport')].filter((e) => e.scrollWidth > e.clientWidth + 1).length";
      expect(await page.evaluate(cut)).toBe(0);
      await close();
    });
  });

  test("100,000 offenders open and scroll without building 100,000 rows", async () => {
    const assessment = crowded(100_000);
    const offenders = assessment.pillars.flatMap((p) => p.criteria.flatMap((c) => c.offenders));
    const subjects = new Set(offenders.map((o) => Object.values(o).find((value) => typeof value === "string"))).size;
    const all = subjects.toLocaleString("en-US");
    const { page, messages, close } = await visit(assessment);
    const paints = "Object.fromEntries(performance.getEntriesByType('paint').map((e) => [e.name, e.startTime]))";
    expect((await page.evaluate<Record<string, number>>(paints))["first-contentful-paint"]).toBeLessThan(1000);
    expect(await page.locator("#offenders .status").textContent()).toBe(`${all} of ${all} subjects`);
    expect(await page.evaluate<number>("document.querySelectorAll('*').length")).toBeLessThan(4000);
    const box = page.getByRole("region", { name: "Offenders, scrollable" });
    await box.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await expect
      .poll(() => text(page, "#offenders .rows .row").then((rows) => rows.some((row) => row.startsWith(all))))
      .toBe(true);
    await page.getByLabel("Search offenders").fill("user99999@");
    expect(await page.locator("#offenders .status").textContent()).toBe(`1 of ${all} subjects`);
    expect(messages).toEqual([]);
    await close();
  });

  test.each([
    ["XSS payloads", XSS],
    ["hostile strings", HOSTILE],
  ])("%s: nothing runs, nothing is requested, no link leaves the page", async (_name, texts) => {
    expect(texts.length).toBeGreaterThan(190);
    const { page, requests, messages, close } = await visit(poisoned(texts));
    await openAll(page);
    await page.waitForTimeout(300);
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(requests).toEqual([]);
    expect(messages).toEqual([]);
    const links = await page.locator("a").evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    for (const link of links) expect(link).toMatch(/^#[a-z]+(-\d+)?$/);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    }
    // The past that somebody else kept: two moments of it have a time, and now.
    expect(await page.getByRole("slider", { name: "Moment" }).getAttribute("max")).toBe("2");
    expect(await page.locator("#history tbody tr").count()).toBeGreaterThan(texts.length / 2);
    expect(await page.locator("#history").innerHTML()).not.toMatch(/NaN|undefined/);
    await page.locator("#anomalies").getByLabel("List", { exact: true }).selectOption("anomalies");
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(await page.locator("img,iframe,object,embed,base,link,form[action],script[src]").count()).toBe(0);
    expect(await page.evaluate("Reflect.ownKeys(Object.prototype).length")).toBe(
      Reflect.ownKeys(Object.prototype).length,
    );
    await close();
  });
});
