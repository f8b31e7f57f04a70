// Screenshots of a report, to be looked at: `npm run screenshots -- report.html [folder]` writes the whole page in light,
// dark, phone width and print, and the two pictures of the README with `--readme`.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { root } from "../support/modules.ts";
import { launch, open } from "./browser.ts";

const FORMS: readonly (readonly [name: string, options: BrowserContextOptions, print?: boolean])[] = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
  ["print", { colorScheme: "light", viewport: { width: 794, height: 1123 } }, true],
];
const README: BrowserContextOptions = { viewport: { width: 1240, height: 860 } };

const PAPER = "({ width: innerWidth, height: Math.ceil(document.documentElement.getBoundingClientRect().height) })";

const [file, folder = "screenshots"] = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
if (file === undefined) throw new Error("usage: npm run screenshots -- report.html [folder] [--readme]");
const html = readFileSync(file, "utf8");
const browser = await launch();

async function shoot(path: string, options: BrowserContextOptions, whole: boolean, print = false): Promise<void> {
  const { page, close } = await open(browser, html, options);
  await page.waitForSelector("html[data-ready]", { state: "attached" });
  if (print) await page.emulateMedia({ media: "print" });
  // Print shrinks the body, which the size of a whole page does not know: what is on paper is clipped out of it.
  const paper = { x: 0, y: 0, ...(await page.evaluate<{ width: number; height: number }>(PAPER)) };
  await page.screenshot({ path, fullPage: whole, ...(print && { clip: paper }) });
  await close();
  process.stdout.write(`${path}\n`);
}

if (process.argv.includes("--readme")) {
  for (const colorScheme of ["light", "dark"] as const)
    await shoot(join(root, `.github/report-${colorScheme}.png`), { ...README, colorScheme }, false);
} else {
  mkdirSync(folder, { recursive: true });
  for (const [name, options, print] of FORMS) await shoot(join(folder, `report-${name}.png`), options, true, print);
}
await browser.close();
