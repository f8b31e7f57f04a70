import { idsOf } from "../sql/render.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType, columnScalar } from "./coerce.ts";
import { type Context, type Environment, extend, Rows, type Scope } from "./context.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar } from "./types.ts";

export interface JoinKey {
  readonly left: Scalar;
  readonly right: Scalar;
  /** The right column when the key is a plain one. */
  readonly rightName: string | undefined;
}

function keysOf(
  node: SyntaxNode,
  left: Relation,
  right: Relation,
  context: Context,
  environment: Environment,
): JoinKey[] {
  const bare = node.bare();
  if (bare.kind === "AndExpression")
    return ["Left", "Right"].flatMap((side) => keysOf(bare.get(side), left, right, context, environment));
  if (bare.kind === "NameReference") return [sameName(bare, left, right, context)];
  if (bare.kind !== "EqualExpression")
    return context.refuse(node, "A join condition is a column name or $left.a == $right.b.");
  const [first, second] = [bare.get("Left"), bare.get("Right")];
  if (first.kind === "NameReference" && second.kind === "NameReference" && first.name === second.name)
    return [sameName(first, left, right, context)];
  const swapped = mentions(first, "$right") || mentions(second, "$left");
  const [a, b] = swapped ? [second, first] : [first, second];
  const side = (rows: Relation): Scope => ({
    environment,
    rows: new Rows(rows),
    sides: { $left: left, $right: right },
  });
  const rightName = b.kind === "PathExpression" ? b.get("Selector").name : b.name;
  return [{ left: context.scalar(a, side(left)), right: context.scalar(b, side(right)), rightName }];
}

const mentions = (node: SyntaxNode, side: string): boolean =>
  node.some((inner) => inner.kind === "NameReference" && inner.name === side);

function sameName(node: SyntaxNode, left: Relation, right: Relation, context: Context): JoinKey {
  const [a, b] = [left, right].map((side, i) => {
    const column = side.columns.find((c) => c.name === node.name);
    return column ?? context.refuse(node, `The ${i === 0 ? "left" : "right"} side has no column named ${node.name}.`);
  });
  return { left: columnScalar(a as PlanColumn), right: columnScalar(b as PlanColumn), rightName: node.name };
}

/** The keys of an `on` clause. */
export function joinKeys(
  clause: SyntaxNode,
  left: Relation,
  right: Relation,
  context: Context,
  environment: Environment,
): JoinKey[] {
  return clause.items("Expressions").flatMap((item) => keysOf(item, left, right, context, environment));
}

const NUMBERS: ReadonlySet<string> = new Set(["int", "long", "real", "decimal"]);

/** Null matches null. Sides of different types meet as text, dynamic takes the other side's type. */
export function onSql(node: SyntaxNode, keys: readonly JoinKey[], context: Context): string {
  const conditions = keys.map(({ left, right }) => {
    const [a, b] = sameType(node, left, right, context);
    const op = a.notNull || b.notNull ? "=" : "IS NOT DISTINCT FROM";
    return `(${a.sql}) ${op} (${b.sql})`;
  });
  return conditions.length > 0 ? conditions.join(" AND ") : "true";
}

function sameType(node: SyntaxNode, left: Scalar, right: Scalar, context: Context): [Scalar, Scalar] {
  if (left.type === right.type || (NUMBERS.has(left.type) && NUMBERS.has(right.type))) return [left, right];
  if (left.type === "dynamic") return [asType(left, right.type), right];
  if (right.type === "dynamic") return [left, asType(right, left.type)];
  return context.refuse(node, `The join keys have different types: ${left.type} and ${right.type}.`);
}

/** One row per key: which of the rows with equal keys stays is undefined. */
export function uniqueByKeys(
  relation: Relation,
  keys: readonly Scalar[],
  context: Context,
): { relation: Relation; keys: Scalar[]; before: ReadonlyMap<string, string> } {
  const items: Item[] = keys.map((key) => ({ id: context.id(), sql: key.sql }));
  const byKey = new Map(keys.map((key, i) => [key.sql, items[i]?.id ?? ""]));
  const firsts: Item[] = [];
  const columns = relation.columns.map((column): PlanColumn => {
    const key = byKey.get(column.id);
    if (key !== undefined) return { ...column, id: key };
    const id = context.id();
    firsts.push({ id, sql: `first(${column.id})` });
    return { ...column, id };
  });
  const node: PlanNode = { op: "aggregate", input: relation.node, keys: items, items: firsts };
  const newKeys = keys.map(
    (key, i): Scalar => ({ sql: items[i]?.id ?? "", type: key.type, notNull: key.notNull === true }),
  );
  const before = new Map(columns.map(({ id }, i) => [id, relation.columns[i]?.id ?? id]));
  return { relation: { node, columns, order: [], serialized: false }, keys: newKeys, before };
}

/** Whether the rows come from an innerunique join. */
export const isOfUnique = (node: PlanNode): boolean =>
  node.op === "filter" || node.op === "extend"
    ? isOfUnique(node.input)
    : node.op === "join" && node.before !== undefined;

/**
 * Kusto moves conditions on the left columns of an innerunique join below it, before one row of each key is kept:
 * documented, since it decides which rows are found. Gives the plan and the conditions that stay above it.
 */
export function filterUnique(node: PlanNode, conditions: readonly string[]): { node: PlanNode; rest: string[] } {
  if (node.op === "filter" || (node.op === "extend" && !node.expands)) {
    const below = filterUnique(node.input, conditions);
    return { node: { ...node, input: below.node }, rest: below.rest };
  }
  const { before, left } = node.op === "join" ? node : {};
  if (node.op !== "join" || !before || left?.op !== "aggregate") return { node, rest: [...conditions] };
  const moves = (sql: string): boolean => idsOf(sql).every((id) => before.has(id));
  const below = (sql: string): string => sql.replace(/\b_k\d+\b/g, (id) => before.get(id) ?? id);
  const input = conditions
    .filter(moves)
    .reduce<PlanNode>((plan, sql) => ({ op: "filter", input: plan, condition: below(sql) }), left.input);
  return { node: { ...node, left: { ...left, input } }, rest: conditions.filter((sql) => !moves(sql)) };
}

/** Text of the side that an outer join pads is empty, not null. */
export function padText(
  node: PlanNode,
  columns: readonly PlanColumn[],
  context: Context,
): { node: PlanNode; columns: PlanColumn[] } {
  const items: Item[] = [];
  const padded = columns.map((column) => {
    if (column.type !== "string") return column;
    const id = context.id();
    items.push({ id, sql: `COALESCE(${column.id}, '')` });
    return { ...column, id };
  });
  return { node: extend(node, items), columns: padded };
}
