import { readdirSync } from "node:fs";
import type { OperatorLowering } from "../plan/context.ts";

/*
 * The registry is the folder: `mv-expand.ts` lowers the syntax kind `MvExpandOperator`.
 */

const MODULE = /^(?!index\.)([a-z0-9-]+)\.(?:ts|js)$/;

const kindOf = (file: string): string =>
  `${file
    .split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("")}Operator`;

async function load(): Promise<ReadonlyMap<string, OperatorLowering>> {
  const found = new Map<string, OperatorLowering>();
  for (const file of readdirSync(new URL(".", import.meta.url))) {
    const name = MODULE.exec(file)?.[1];
    if (name === undefined) continue;
    const module = (await import(new URL(file, import.meta.url).href)) as { default: OperatorLowering };
    found.set(kindOf(name), module.default);
  }
  return found;
}

export const operators = await load();
