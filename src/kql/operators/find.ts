import { packed } from "../plan/calls.ts";
import { asType, columnScalar, text } from "../plan/coerce.ts";
import { type Context, type Environment, extend, type OperatorLowering, Rows } from "../plan/context.ts";
import { typeNamed } from "../plan/literals.ts";
import { fits, patternOf } from "../plan/patterns.ts";
import { searchCondition } from "../plan/searching.ts";
import type { Item, PlanColumn, Relation } from "../plan/types.ts";
import { unionOf } from "../plan/unions.ts";
import { viewNames } from "../plan/views.ts";
import type { SyntaxNode } from "../syntax/node.ts";

/** The tables of `find`: all, or those that its `in` clause names. */
function tablesOf(node: SyntaxNode, context: Context, environment: Environment): Relation[] {
  const names = [...viewNames(environment), ...context.schema.names()];
  const read = (at: SyntaxNode, name: string): Relation => ({
    ...context.tableNamed(at, name, environment),
    source: name,
  });
  const listed = node.child("InClause")?.items("Expressions");
  if (!listed) return names.map((name) => read(node, name));
  return listed.flatMap((item) => {
    const pattern = patternOf(item);
    if (pattern !== undefined) return names.filter((name) => fits(name, pattern)).map((name) => read(item, name));
    const bare = item.bare();
    return [bare.kind === "NameReference" ? read(bare, bare.name) : context.tabular(item, environment)];
  });
}

/** The names that the condition mentions: they stay columns, the others are packed. */
function mentioned(node: SyntaxNode): Set<string> {
  const names = new Set<string>();
  const visit = (inner: SyntaxNode): void => {
    if (inner.kind === "NameReference") names.add(inner.name);
    for (const child of inner.children()) visit(child);
  };
  visit(node);
  return names;
}

/** The columns that all tables have stay columns too. */
function common([first, ...others]: readonly Relation[]): string[] {
  const names = first?.columns.map(({ name }) => name) ?? [];
  return names.filter((name) => others.every(({ columns }) => columns.some((column) => column.name === name)));
}

interface Output {
  readonly name: string;
  readonly type: PlanColumn["type"] | undefined;
}

/** The columns that a `project` clause lists; undefined without one. */
function projected(node: SyntaxNode, context: Context): { columns: Output[]; packs: boolean } | undefined {
  const clause = node.child("Project");
  if (!clause) return undefined;
  const items = clause.items("Columns");
  const columns = items.flatMap((item): Output[] => {
    if (item.kind === "PackExpression") return [];
    if (item.kind === "TypedColumnReference")
      return [{ name: item.get("Column").name, type: typeNamed(item.get("Type").text) }];
    return item.kind === "NameReference"
      ? [{ name: item.name, type: undefined }]
      : context.unsupported(item, `find … project ${item.text}`);
  });
  return { columns, packs: items.some((item) => item.kind === "PackExpression") };
}

/** One table's rows in the output's shape. */
function shape(relation: Relation, outputs: readonly Output[], packs: boolean, context: Context): Relation {
  const items: Item[] = [];
  const columns: PlanColumn[] = [];
  for (const { name, type } of outputs) {
    const column = relation.columns.find((c) => c.name === name);
    if (!column) continue;
    const id = context.id();
    items.push({ id, sql: asType(columnScalar(column), type ?? column.type).sql });
    columns.push({ id, name, type: type ?? column.type });
  }
  if (packs) {
    const rest = relation.columns.filter((column) => !outputs.some((output) => output.name === column.name));
    const id = context.id();
    items.push({ id, sql: packed(rest, false).sql });
    columns.push({ id, name: "pack_", type: "dynamic" });
  }
  return { ...relation, node: extend(relation.node, items), columns };
}

/** `find`: rows of several tables that meet a condition; columns that it does not mention are packed into a bag. */
const find: OperatorLowering = (node, _input, context, environment) => {
  if (node.child("ProjectAway")) return context.unsupported(node, "find … project-away");
  const condition = node.get("Condition");
  const tables = tablesOf(node, context, environment);
  if (tables.length === 0) return context.refuse(node, "There is no table to look in.");
  const listed = projected(node, context);
  const names = new Set([...mentioned(condition), ...common(tables)]);
  const packs = listed?.packs ?? tables.some((table) => table.columns.some(({ name }) => !names.has(name)));
  const members = tables.map((relation, i) => {
    const rows = new Rows(relation);
    const test = searchCondition(condition, context, { environment, rows, loose: true }, true);
    const found: Relation = { ...rows.relation, node: { op: "filter", input: rows.relation.node, condition: test } };
    const own = relation.columns.filter((column) => names.has(column.name));
    const outputs = listed?.columns ?? own.map(({ name, type }): Output => ({ name, type }));
    return {
      relation: shape(found, outputs, packs, context),
      source: text(relation.source ?? `find_arg${i}`).sql,
    };
  });
  return unionOf(members, { inner: false, withSource: node.parameter("withsource")?.name ?? "source_" }, context);
};

export default find;
