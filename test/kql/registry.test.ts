import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { operators } from "../../src/kql/operators/index.ts";

const folder = new URL("../../src/kql/functions/", import.meta.url);
const families = readdirSync(folder).filter((name) => /^(?!index\.|types\.)[a-z0-9-]+\.ts$/.test(name));

test.each([
  ["scalar functions", families.filter((name) => !name.startsWith("aggregate"))],
  ["aggregates", families.filter((name) => name.startsWith("aggregate"))],
])("no two %s share a name", async (_, files) => {
  const names: string[] = [];
  for (const file of files) {
    const module = (await import(new URL(file, folder).href)) as { default: readonly { names: readonly string[] }[] };
    names.push(...module.default.flatMap((entry) => entry.names));
  }
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test("an operator's file name is its syntax kind", () => {
  for (const kind of ["FilterOperator", "MvExpandOperator", "ProjectAwayOperator", "SummarizeOperator"])
    expect(operators.has(kind)).toBe(true);
});
