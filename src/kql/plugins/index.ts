import { readdirSync } from "node:fs";
import type { Plugin } from "./types.ts";

/*
 * The registry is the folder: a file's default export names the plugins that it lowers.
 */

const MODULE = /^(?!index\.|types\.)[a-z0-9-]+\.(?:ts|js)$/;

async function load(): Promise<ReadonlyMap<string, Plugin>> {
  const found = new Map<string, Plugin>();
  for (const file of readdirSync(new URL(".", import.meta.url))) {
    if (!MODULE.test(file)) continue;
    const module = (await import(new URL(file, import.meta.url).href)) as {
      default: Readonly<Record<string, Plugin>>;
    };
    for (const [name, plugin] of Object.entries(module.default)) found.set(name, plugin);
  }
  return found;
}

export const plugins = await load();
