import { readdirSync } from "node:fs";
import type { Detector } from "./types.ts";

/** All shipped detectors by name: every module of detectors/ default-exports one. */
export async function loadDetectors(): Promise<readonly Detector[]> {
  const folder = new URL("./detectors/", import.meta.url);
  const files = readdirSync(folder).filter((name) => /\.[jt]s$/.test(name) && !name.endsWith(".d.ts"));
  const modules = files.sort().map(async (name) => (await import(new URL(name, folder).href)) as { default: Detector });
  return (await Promise.all(modules)).map((module) => module.default);
}
