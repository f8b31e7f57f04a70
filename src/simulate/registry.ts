import { readdirSync } from "node:fs";
import { UsageError } from "../core/errors.ts";
import { PILLARS } from "../core/maturity.ts";
import type { Dial } from "./dial.ts";
import type { Attack, Shape, Source } from "./types.ts";

const MODULE = /^(?!.*\.d\.ts$)(.+)\.[jt]s$/;

/** Every module of a folder beside this file: the folder is the registry. */
async function modulesOf<T>(folder: string): Promise<Map<string, T>> {
  const url = new URL(`${folder}/`, import.meta.url);
  const modules = new Map<string, T>();
  for (const file of readdirSync(url).sort()) {
    const name = MODULE.exec(file)?.[1];
    if (name !== undefined) modules.set(name, ((await import(new URL(file, url).href)) as { default: T }).default);
  }
  return modules;
}

export async function sources(): Promise<readonly Source[]> {
  return [...(await modulesOf<readonly Source[]>("tables")).values()].flat();
}

/** The dial of each criterion, pillar by pillar: the order in which they are applied to a row. */
export async function dials(): Promise<ReadonlyMap<string, Dial>> {
  const modules = await modulesOf<Readonly<Record<string, Dial>>>("dials");
  return new Map(PILLARS.flatMap((pillar) => Object.entries(modules.get(pillar) ?? {})));
}

/**
 * Attacks by name, `all` for every one; undefined asks for those of a tour. Throws UsageError for a name that is none.
 */
export async function attacksNamed(names: readonly string[] | undefined): Promise<readonly Attack[]> {
  const known = await modulesOf<Attack>("attacks");
  if (names === undefined) return [...known.values()].filter(({ onRequest }) => !onRequest);
  if (names.length === 1 && names[0] === "all") return [...known.values()];
  return names.map((name) => {
    const attack = known.get(name);
    if (!attack)
      throw new UsageError(`There is no attack ${name}. Known attacks: ${[...known.keys()].join(", ")}, all.`);
    return attack;
  });
}

export async function shapeNamed(name: string): Promise<Shape> {
  const known = await modulesOf<Shape>("shapes");
  const shape = known.get(name);
  if (!shape) throw new UsageError(`There is no export shape ${name}. Known shapes: ${[...known.keys()].join(", ")}.`);
  return shape;
}
