import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Module, modules, root } from "./support/modules.ts";

/** A module imports from its own top folder and from folders of a lower rank. `cli.ts` and `index.ts` stand above all. */
const RANKS: Readonly<Record<string, number>> = {
  core: 0,
  stats: 1,
  tables: 1,
  kql: 2,
  simulate: 2,
  backends: 3,
  packs: 4,
  signals: 4,
  analyzer: 5,
  maturity: 6,
  detect: 6,
  evidence: 7,
  outputs: 8,
  publish: 8,
  server: 8,
  commands: 9,
};
const TOP = 10;

const LIMITS = { file: { p95: 300, max: 500 }, function: { p95: 32, max: 80 } };

const all = modules();
const folderOf = (path: string): string => (path.includes("/") ? (path.split("/")[0] ?? "") : "");
const rankOf = (path: string): number | undefined => (folderOf(path) === "" ? TOP : RANKS[folderOf(path)]);
const everyImport = (module: Module): string[] => [...module.imports, ...module.lazyImports, ...module.typeImports];

function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

/** Strongly connected components with more than one member, by Tarjan's algorithm. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1) found.push(component.sort());
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}

describe("architecture", () => {
  test("the top level holds only what belongs there", () => {
    const allowed = new Set(
      ["package.json", "package-lock.json", "tsconfig.json", "README.md", "LICENSE", "CHANGELOG.md"].concat(
        ["src", "queries", "detections", "test"],
        ["node_modules", "dist", "ztlens-report.html"],
      ),
    );
    expect(readdirSync(root).filter((name) => !name.startsWith(".") && !allowed.has(name))).toEqual([]);
  });

  test("every folder of src has a rank", () => {
    expect(all.map((module) => module.path).filter((path) => rankOf(path) === undefined)).toEqual([]);
  });

  test("a module imports only from its own folder or from a lower rank", () => {
    const violations = all.flatMap((module) =>
      everyImport(module)
        .filter((target) => folderOf(target) !== folderOf(module.path))
        .filter((target) => (rankOf(target) ?? TOP) >= (rankOf(module.path) ?? 0))
        .map((target) => `${module.path} → ${target}`),
    );
    expect(violations).toEqual([]);
  });

  test("imports resolve and form no cycle", () => {
    const paths = new Set(all.map((module) => module.path));
    const missing = all.flatMap((module) => everyImport(module).filter((t) => t.endsWith(".ts") && !paths.has(t)));
    expect(missing).toEqual([]);
    expect(cycles(new Map(all.map((module) => [module.path, module.imports])))).toEqual([]);
  });

  test("files keep their size", () => {
    expect(all.filter((m) => m.lines > LIMITS.file.max).map((m) => `${m.path}: ${m.lines} lines`)).toEqual([]);
    expect(percentile95(all.map((module) => module.lines))).toBeLessThanOrEqual(LIMITS.file.p95);
  });

  test("functions keep their size", () => {
    const functions = all.flatMap((m) => m.functions.map((f) => ({ ...f, where: `${m.path}:${f.line} ${f.name}` })));
    const long = functions.filter((f) => f.lines > LIMITS.function.max).map((f) => `${f.where}: ${f.lines} lines`);
    expect(long).toEqual([]);
    expect(percentile95(functions.map((f) => f.lines))).toBeLessThanOrEqual(LIMITS.function.p95);
  });

  test("nothing is left for later, and nothing escapes the type system", () => {
    const marks = /\b(TODO|FIXME|XXX)\b|@ts-(ignore|expect-error|nocheck)|\bas any\b|: any\b/;
    const found = all.flatMap((module) =>
      module.text
        .split("\n")
        .flatMap((line, i) => (marks.test(line) ? [`${module.path}:${i + 1} ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });

  test("the parser package is touched in kql/syntax alone", () => {
    const users = all.filter((m) => m.text.includes("@kusto/language-service-next")).map((m) => m.path);
    expect(users.filter((path) => !path.startsWith("kql/syntax/"))).toEqual([]);
  });

  test("log text never becomes a JavaScript regular expression outside core/text", () => {
    const users = all.filter((m) => /new RegExp\(/.test(m.text)).map((m) => m.path);
    expect(users.filter((path) => !path.startsWith("core/text/"))).toEqual([]);
  });
});
