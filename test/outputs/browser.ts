import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium as launcher, type Page } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** CHROME_PATH, or the browser of the npm package, which is built for Linux x64; undefined where there is none. */
async function executable(): Promise<{ readonly path: string; readonly flags: readonly string[] } | undefined> {
  const own = process.env.CHROME_PATH;
  if (own) return existsSync(own) ? { path: own, flags: FLAGS } : undefined;
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  return { path: await chromium.executablePath(), flags: [...FLAGS, "--font-render-hinting=none"] };
}

export const browserAvailable = (await executable()) !== undefined;

/** The shared libraries that the npm package carries for machines that have none of Chromium's (NSS and NSPR). */
function carriedLibraries(): string {
  const folder = mkdtempSync(join(tmpdir(), "ztlens-libraries-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const archive = new URL("../bin/al2023.tar.br", import.meta.resolve("@sparticuz/chromium"));
  execFileSync("tar", ["-x", "-C", folder], { input: brotliDecompressSync(readFileSync(archive)) });
  return join(folder, "lib");
}

export async function launch(): Promise<Browser> {
  const found = await executable();
  if (!found) throw new Error("no browser: set CHROME_PATH");
  const env = {
    ...process.env,
    ...(existsSync("/etc/fonts/fonts.conf") ? {} : { FONTCONFIG_PATH: join(tmpdir(), "fonts") }),
  };
  const options = { executablePath: found.path, args: [...found.flags], headless: true, env };
  try {
    return await launcher.launch(options);
  } catch (error) {
    if (!String(error).includes("error while loading shared libraries")) throw error;
    return launcher.launch({ ...options, env: { ...env, LD_LIBRARY_PATH: carriedLibraries() } });
  }
}

/** A page opened from a file in a folder of its own, with what it requested, logged and threw. */
export interface Opened {
  readonly page: Page;
  readonly requests: readonly string[];
  readonly messages: readonly string[];
  readonly milliseconds: number;
  close(): Promise<void>;
}

export async function open(
  browser: Browser,
  html: string,
  options: BrowserContextOptions = {},
  hash = "",
): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "ztlens-page-"));
  const file = join(folder, "report.html");
  writeFileSync(file, html);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const messages: string[] = [];
  const address = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (!request.url().startsWith(address)) requests.push(request.url());
  });
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(error.message));
  page.on("dialog", (dialog) => {
    messages.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  const start = performance.now();
  await page.goto(address + hash);
  const milliseconds = performance.now() - start;
  const close = async (): Promise<void> => {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { page, requests, messages, milliseconds, close };
}
