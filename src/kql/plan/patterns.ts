import type { SyntaxNode } from "../syntax/node.ts";
import type { Context } from "./context.ts";
import { closest } from "./suggest.ts";
import type { PlanColumn } from "./types.ts";

/** Whether a name fits a pattern in which `*` stands for any text. */
export function fits(name: string, pattern: string): boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return name === pattern;
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

/** The pattern of a reference: `a*`, `['a b*']`, or undefined for a plain name. */
export function patternOf(node: SyntaxNode): string | undefined {
  if (node.kind === "StarExpression") return "*";
  const name = node.child("Name");
  return name && /Wildcarded/.test(name.kind) ? node.name || name.text : undefined;
}

/** The columns that a name or pattern stands for. A plain name must be there. */
export function columnsOf(node: SyntaxNode, columns: readonly PlanColumn[], context: Context): PlanColumn[] {
  const pattern = patternOf(node);
  if (pattern !== undefined) return columns.filter((column) => fits(column.name, pattern));
  const found = columns.find((column) => column.name === node.name);
  if (found) return [found];
  const near = closest(
    node.name,
    columns.map((column) => column.name),
  );
  return context.refuse(
    node,
    `There is no column named ${node.name || node.text} here.`,
    near && `Did you mean ${near}?`,
  );
}
