import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "rolldown/utils";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const source = join(root, "src");

export interface FunctionSize {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

export interface Module {
  /** Path under src, with `/`. */
  readonly path: string;
  readonly lines: number;
  /** Modules of src that it imports: statically at run time, lazily, and for types only. */
  readonly imports: readonly string[];
  readonly lazyImports: readonly string[];
  readonly typeImports: readonly string[];
  readonly functions: readonly FunctionSize[];
  readonly text: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function readModule(file: string): Module {
  const text = readFileSync(file, "utf8");
  const path = relative(source, file).split(sep).join("/");
  const lineOf = lineCounter(text);
  const groups = { imports: [] as string[], lazyImports: [] as string[], typeImports: [] as string[] };
  const functions: FunctionSize[] = [];
  const add = (group: keyof typeof groups, specifier: string): void => {
    if (specifier.startsWith("."))
      groups[group].push(
        relative(source, resolve(dirname(file), specifier))
          .split(sep)
          .join("/"),
      );
  };
  const measure = (node: Span & { id?: { name?: string } | null }): void => {
    const line = lineOf(node.start);
    functions.push({ name: node.id?.name ?? "(anonymous)", line, lines: lineOf(node.end) - line + 1 });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.importKind === "type" ? "typeImports" : "imports", node.source.value),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node.exportKind === "type" ? "typeImports" : "imports", node.source.value);
    },
    ExportAllDeclaration: (node) => add(node.exportKind === "type" ? "typeImports" : "imports", node.source.value),
    ImportExpression: (node) => {
      if (node.source.type === "Literal") add("lazyImports", String(node.source.value));
    },
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: (node) => {
      if (node.body.type === "BlockStatement") measure({ start: node.start, end: node.end });
    },
  }).visit(parseSync(file, text).program);
  return { path, lines: lineOf(text.length) - (text.endsWith("\n") ? 1 : 0), ...groups, functions, text };
}

/** Every TypeScript module under src. */
export function modules(): Module[] {
  return readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readModule(join(source, name)));
}
