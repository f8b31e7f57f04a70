import { readdirSync } from "node:fs";
import type { Sample, Shape } from "./shape.ts";

export interface NamedShape extends Shape {
  readonly id: string;
}

/** A shape by its name. */
export async function shapeNamed(id: string): Promise<NamedShape | undefined> {
  shapes ??= load();
  return (await shapes).find((shape) => shape.id === id);
}

let shapes: Promise<readonly NamedShape[]> | undefined;

async function load(): Promise<readonly NamedShape[]> {
  const folder = new URL("shapes/", import.meta.url);
  const files = readdirSync(folder).filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith(".d.ts"));
  const found = await Promise.all(
    files.map(async (file): Promise<NamedShape> => {
      const module = (await import(new URL(file, folder).href)) as {
        default: Shape;
      };
      return { ...module.default, id: file.replace(/\.[jt]s$/, "") };
    }),
  );
  return found.sort((a, b) => a.precedence - b.precedence || (a.id < b.id ? -1 : 1));
}

/** The shape that reads a sample: the files of shapes/ are the registry. */
export async function shapeOf(sample: Sample): Promise<NamedShape | undefined> {
  shapes ??= load();
  return (await shapes).find((shape) => shape.sniff(sample));
}
