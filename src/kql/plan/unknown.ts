import type { Column, ScalarType } from "../../core/kusto.ts";
import { resultNaming } from "../syntax/names.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import type { Schema } from "../types.ts";

/** What the text names and nothing describes. A table of it has no rows, so every column may stand in every table. */
export interface Unknown {
  readonly tables: ReadonlySet<string>;
  readonly columns: readonly Column[];
}

/** The suffixes that Log Analytics gives the columns of custom logs. */
const SUFFIXES: Readonly<Record<string, ScalarType>> = {
  _s: "string",
  _d: "real",
  _b: "bool",
  _t: "datetime",
  _g: "guid",
};
const TIME = /^(?:TimeGenerated|Timestamp)$|Time(?:Utc|UTC)?$/;
const LITERALS: Readonly<Record<string, ScalarType>> = {
  StringLiteralExpression: "string",
  CompoundStringLiteralExpression: "string",
  BooleanLiteralExpression: "bool",
  DateTimeLiteralExpression: "datetime",
  TimespanLiteralExpression: "timespan",
};
const TEXTUAL = /^(?:Not)?(?:Contains|Has|StartsWith|EndsWith|MatchesRegex|InExpression|EqualTilde|BangTilde)/;

/** The type that a use suggests: beside a literal its type, under a text operator text. */
function typeByUse(name: string, parent: SyntaxNode | undefined): ScalarType | undefined {
  const suffix = SUFFIXES[name.slice(-2)];
  if (suffix) return suffix;
  if (TIME.test(name)) return "datetime";
  if (!parent) return undefined;
  if (TEXTUAL.test(parent.kind)) return "string";
  const other = [parent.child("Left"), parent.child("Right")].find((side) => side && LITERALS[side.kind]);
  return other && LITERALS[other.kind];
}

/** Names that let statements and parameters bind: they are no columns. */
function boundNames(root: SyntaxNode, bound: Set<string>): void {
  const name = root.kind === "LetStatement" ? root.child("Name") : undefined;
  if (name) bound.add(name.name);
  if (root.kind === "FunctionParameter") bound.add(root.get("NameAndType").get("Name").name);
  for (const child of root.children()) boundNames(child, bound);
}

interface Search {
  readonly bound: ReadonlySet<string>;
  readonly types: Map<string, ScalarType | undefined>;
}

function collect(node: SyntaxNode, parent: SyntaxNode | undefined, into: Search): void {
  if (node.kind === "NameReference") {
    const { name } = node;
    const plain = name !== "" && !name.startsWith("$") && !name.includes("*") && !into.bound.has(name);
    if (plain) into.types.set(name, into.types.get(name) ?? typeByUse(name, parent));
    return;
  }
  if (node.kind === "PathExpression") {
    const base = node.get("Expression");
    collect(base.name.startsWith("$") ? node.get("Selector") : base, node, into);
    return;
  }
  const called = node.kind === "FunctionCallExpression" ? node.get("ArgumentList") : node;
  for (const child of called.children())
    collect(child, node.kind === "FunctionCallExpression" ? undefined : node, into);
}

/** The names of the texts that may be columns of undescribed tables, typed by their use; dynamic where that is silent. */
export function unknownOf(roots: readonly SyntaxNode[], tables: ReadonlySet<string>, schema: Schema): Unknown {
  const bound = new Set<string>(tables);
  for (const root of roots) boundNames(root, bound);
  const types = new Map<string, ScalarType | undefined>();
  for (const root of roots) collect(root, undefined, { bound, types });
  const names = [...types].filter(([name]) => !schema.table(name) && !schema.declared?.(name));
  return { tables, columns: names.map(([name, type]) => ({ name, type: type ?? "dynamic" })) };
}

/** Whether a call can only be a table's: the name is neither bound nor one of Kusto's own functions. */
export const isForeign = (name: string): boolean => resultNaming(name) === undefined;
