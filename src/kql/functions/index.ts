import { readdirSync } from "node:fs";
import type { Aggregate, ScalarFunction } from "./types.ts";

/*
 * The registry is the folder: every family's default export is a list of entries, of aggregates where the file name says so.
 * A test holds that no name stands twice.
 */

const MODULE = /^(?!index\.|types\.)[a-z0-9-]+\.(?:ts|js)$/;

async function load<T>(files: readonly string[]): Promise<ReadonlyMap<string, T & { names: readonly string[] }>> {
  const found = new Map<string, T & { names: readonly string[] }>();
  for (const file of files) {
    const module = (await import(new URL(file, import.meta.url).href)) as {
      default: readonly (T & { names: readonly string[] })[];
    };
    for (const entry of module.default) for (const name of entry.names) if (!found.has(name)) found.set(name, entry);
  }
  return found;
}

const files = readdirSync(new URL(".", import.meta.url)).filter((file) => MODULE.test(file));
const isAggregate = (file: string): boolean => file.startsWith("aggregate");

export const scalarFunctions = await load<ScalarFunction>(files.filter((file) => !isAggregate(file)));
export const aggregates = await load<Aggregate>(files.filter(isAggregate));
