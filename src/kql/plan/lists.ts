import type { SyntaxNode } from "../syntax/node.ts";
import { asType } from "./coerce.ts";
import { constantElements, lowered, member } from "./compare.ts";
import type { Binding, Context, Scope } from "./context.ts";
import { patternCall } from "./declared-patterns.ts";
import { hasConstants, hasList } from "./strings.ts";
import type { PlanColumn, PlanNode, Relation, Scalar } from "./types.ts";
import { isForeign } from "./unknown.ts";

const TABULAR: ReadonlySet<string> = new Set([
  "PipeExpression",
  "DataTableExpression",
  "MaterializeExpression",
  "RangeOperator",
  "PrintOperator",
  "UnionOperator",
  "ToTableExpression",
  "ExternalDataExpression",
]);

/** Whether an expression stands for a table. */
export function isTabular(node: SyntaxNode, scope: Scope, context: Context): boolean {
  const bare = node.bare();
  if (TABULAR.has(bare.kind)) return true;
  if (bare.kind === "NameReference") {
    if (scope.rows?.column(bare.name)) return false;
    const binding = scope.environment.find(bare.name);
    return binding ? binding.kind === "table" : isTable(bare.name, context);
  }
  if (patternCall(bare, scope.environment)) return true;
  if (bare.kind !== "FunctionCallExpression") return false;
  const name = bare.get("Name").name;
  const binding = scope.environment.find(name);
  if (binding?.kind === "table" || name === "table") return true;
  if (binding) return binding.kind === "function" && givesTable(binding, context);
  return name === "_GetWatchlist" || (context.unknown !== undefined && isForeign(name));
}

const isTable = (name: string, { schema, unknown }: Context): boolean =>
  schema.table(name) !== undefined || schema.declared?.(name) !== undefined || unknown?.tables.has(name) === true;

/** Whether a function's result is a table; a body that ends in the name of one of its own lets is what that let is. */
function givesTable({ declaration, environment }: Extract<Binding, { kind: "function" }>, context: Context): boolean {
  const body = declaration.get("Body");
  const expression = body.child("Expression");
  if (!expression) return false;
  const own = body
    .items("Statements")
    .findLast(
      (statement) => statement.kind === "LetStatement" && statement.get("Name").name === expression.bare().name,
    );
  const value = own?.child("Expression") ?? expression;
  return value.kind !== "FunctionDeclaration" && isTabular(value, { environment }, context);
}

interface TableList {
  readonly relation: Relation;
  readonly column: PlanColumn;
}

function tableList(node: SyntaxNode, context: Context, scope: Scope): TableList {
  const relation = context.tabular(node, scope.environment);
  const column = relation.columns[0];
  if (!column) return context.refuse(node, "The table on the right side has no columns.");
  return { relation, column };
}

function inTable(left: Scalar, list: TableList, folded: boolean, negative: boolean, context: Context): Scalar {
  const { relation, column } = list;
  const right: Scalar = { sql: column.id, type: column.type, notNull: true };
  const [value, item] = folded
    ? [lowered(asType(left, "string")), lowered(asType(right, "string"))]
    : sameType(left, right);
  const present: PlanNode =
    column.type === "string"
      ? relation.node
      : { op: "filter", input: relation.node, condition: `${column.id} IS NOT NULL` };
  const shared = context.share(present, false);
  const test = `${value} IN (SELECT ${item} FROM ${shared.name})`;
  if (left.notNull || !negative)
    return { sql: negative ? `(NOT (${test}))` : `(${test})`, type: "bool", notNull: left.notNull === true };
  return { sql: `(NOT COALESCE(${test}, false))`, type: "bool", notNull: true };
}

function sameType(left: Scalar, right: Scalar): [string, string] {
  if (left.type === right.type) return [left.sql, right.sql];
  if (left.type === "dynamic") return [asType(left, right.type).sql, right.sql];
  if (right.type === "dynamic") return [left.sql, asType(right, left.type).sql];
  if (left.type === "string" || right.type === "string")
    return [asType(left, "string").sql, asType(right, "string").sql];
  return [left.sql, right.sql];
}

/** Elements of the right side: a dynamic array stands for its elements. */
function expand(value: Scalar): readonly Scalar[] {
  return constantElements(value) ?? [value];
}

/** `in`, `in~`, `!in`, `!in~` over values, dynamic arrays and tables. */
export function membership(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const token = node.token("Operator");
  const [negative, folded] = [token.startsWith("!"), token.endsWith("~")];
  const inner: Scope = scope.loose ? { ...scope, loose: false } : scope;
  const left = context.scalar(node.get("Left"), inner);
  const items = node.get("Right").items("Expressions");
  const only = items[0];
  if (items.length === 1 && only && isTabular(only, scope, context))
    return inTable(left, tableList(only, context, scope), folded, negative, context);
  const values = items.map((item) => context.scalar(item, inner));
  const arrays = values.filter(
    (value) => value.type === "dynamic" && constantElements(value) === undefined && value.constant !== null,
  );
  const plain = values.filter((value) => !arrays.includes(value)).flatMap(expand);
  const tests = arrays.map((array) => inArray(left, array, folded));
  if (tests.length === 0) return member(node, left, plain, folded, negative, scope.loose === true, context);
  if (plain.length > 0) tests.push(member(node, left, plain, folded, false, false, context).sql);
  const sql = `COALESCE(${tests.join(" OR ")}, false)`;
  return { sql: negative ? `(NOT ${sql})` : sql, type: "bool", notNull: true };
}

/** Membership in an array that rows decide; values are compared by their text. */
function inArray(left: Scalar, array: Scalar, folded: boolean): string {
  const value = folded ? lowered(asType(left, "string")) : asType(left, "string").sql;
  const list = `json_extract_string(CASE WHEN starts_with(${array.sql}, '[') THEN ${array.sql} ELSE '[' || ${array.sql} || ']' END, '$[*]')`;
  const items = folded ? `list_transform(${list}, lambda kql_x: lower(kql_x))` : list;
  const guard = left.notNull ? "" : `${left.sql} IS NOT NULL AND `;
  return `(${guard}list_contains(${items}, ${value}))`;
}

/** `has_any` and `has_all` over values, dynamic arrays and tables. */
export function hasAnyOrAll(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const every = node.kind === "HasAllExpression";
  const items = node.get("Right").items("Expressions");
  const left = node.get("Left");
  const only = items[0];
  const test = (value: Scalar): Scalar => {
    if (items.length === 1 && only && isTabular(only, scope, context)) {
      const { relation, column } = tableList(only, context, scope);
      const shared = context.share(relation.node, true);
      const texts = asType({ sql: column.id, type: column.type }, "string").sql;
      return hasList(value, `(SELECT to_json(list(${texts}))::VARCHAR FROM ${shared.name})`, every, context);
    }
    const values = items.map((item) => context.scalar(item, scope)).flatMap(expand);
    if (values.every((item) => typeof item.constant === "string"))
      return hasConstants(
        value,
        values.map((item) => String(item.constant)),
        every,
      );
    if (values.length === 1 && values[0]?.type === "dynamic") return hasList(value, values[0].sql, every, context);
    return hasList(
      value,
      `to_json([${values.map((item) => asType(item, "string").sql).join(", ")}])::VARCHAR`,
      every,
      context,
    );
  };
  if (left.kind !== "StarExpression") return test(context.scalar(left, scope));
  const columns = scope.rows?.relation.columns ?? [];
  const tests = columns.map(({ id, type }) => test({ sql: id, type, notNull: type === "string" }).sql);
  return { sql: `(${tests.join(" OR ")})`, type: "bool", notNull: true };
}
