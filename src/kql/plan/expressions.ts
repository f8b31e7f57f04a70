import { regexSql } from "../functions/support/regex.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { elementAccess, pathAccess } from "./access.ts";
import { arithmetic, negate } from "./arithmetic.ts";
import { lowerCall } from "./calls.ts";
import { asType, atom, columnScalar } from "./coerce.ts";
import { between, compare } from "./compare.ts";
import type { Context, Scope } from "./context.ts";
import { enterFunction } from "./functions.ts";
import { ARITHMETIC_KINDS, COMPARISON_KINDS } from "./kinds.ts";
import { hasAnyOrAll, isTabular, membership } from "./lists.ts";
import { literal } from "./literals.ts";
import { textOperator, textTest } from "./strings.ts";
import { closest } from "./suggest.ts";
import type { Scalar } from "./types.ts";

/** What is below a node that is no `and`, `or` or parenthesis must tell false from null. */
const exact = (scope: Scope): Scope => (scope.loose ? { ...scope, loose: false } : scope);

function nameReference(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const name = node.name;
  const binding = scope.environment.find(name);
  if (binding?.kind === "scalar" && binding.parameter) return binding.value;
  const column = scope.rows?.column(name);
  if (column) return columnScalar(column);
  if (binding?.kind === "scalar") return binding.value;
  if (binding?.kind === "table") return tableAsValue(node, context, scope);
  if (binding?.kind === "function") {
    if (binding.declaration.get("Parameters").items("Parameters").length > 0)
      return context.refuse(node, `${name} is a function; call it: ${name}(…).`);
    const body = enterFunction(node, binding, context, scope);
    return context.scalar(body.expression, { ...exact(scope), environment: body.environment });
  }
  const near = closest(
    name,
    (scope.rows?.relation.columns ?? []).map((c) => c.name),
  );
  return context.refuse(node, `There is no column or variable named ${name} here.`, near && `Did you mean ${near}?`);
}

/** A table where a value is expected: its only column's first row. */
function tableAsValue(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const relation = context.tabular(node, scope.environment);
  return scalarOf(node, relation, context);
}

function scalarOf(node: SyntaxNode, relation: ReturnType<Context["tabular"]>, context: Context): Scalar {
  const column = relation.columns[0];
  if (!column) return context.refuse(node, "The table has no column to take a value from.");
  const shared = context.share({ op: "limit", input: relation.node, order: relation.order, count: "1" }, true);
  const sql = `(SELECT ${column.id} FROM ${shared.name})`;
  return column.type === "string"
    ? { sql: `COALESCE(${sql}, '')`, type: "string", notNull: true }
    : { sql, type: column.type };
}

function logical(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const op = node.kind === "AndExpression" ? "AND" : "OR";
  const parts = ["Left", "Right"].map((side) => asType(context.scalar(node.get(side), scope), "bool"));
  const sql = parts.map((part) => atom(part.sql)).join(` ${op} `);
  return { sql: `(${sql})`, type: "bool", notNull: parts.every((part) => part.notNull === true) };
}

/** `* has "x"`: the test holds for any column. */
function anyColumn(node: SyntaxNode, context: Context, scope: Scope, test: (value: Scalar) => Scalar): Scalar {
  const columns = scope.rows?.relation.columns ?? context.refuse(node, "* needs a table to stand for its columns.");
  const tests = columns.map((column) => test(columnScalar(column)).sql);
  return { sql: tests.length > 0 ? `(${tests.join(" OR ")})` : "false", type: "bool" };
}

function comparison(node: SyntaxNode, context: Context, scope: Scope): Scalar | undefined {
  const op = COMPARISON_KINDS[node.kind];
  const token = op === undefined ? textOperator(node.token("Operator")) : undefined;
  if (op === undefined && token === undefined) return undefined;
  const inner = exact(scope);
  const right = context.scalar(node.get("Right"), inner);
  const test = (left: Scalar): Scalar =>
    op === undefined
      ? textTest(token ?? { test: "=~", negative: false, folded: true }, left, right, context)
      : compare(node, op, left, right, scope.loose === true, context);
  const left = node.get("Left");
  return left.kind === "StarExpression" ? anyColumn(left, context, inner, test) : test(context.scalar(left, inner));
}

function betweenExpression(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const inner = exact(scope);
  const couple = node.get("Right");
  const value = context.scalar(node.get("Left"), inner);
  const low = context.scalar(couple.get("First"), inner);
  const given = context.scalar(couple.get("Second"), inner);
  const high =
    low.type === "datetime" && given.type === "timespan" ? arithmetic(node, "+", low, given, context) : given;
  return between(node, value, low, high, node.kind === "NotBetweenExpression", context);
}

function path(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const base = node.get("Expression");
  const side = base.kind === "NameReference" ? scope.sides?.[base.name] : undefined;
  if (node.get("Selector").kind === "BracketedExpression") return element(node, context, exact(scope));
  const name = node.get("Selector").name;
  if (side) {
    const column = side.columns.find((c) => c.name === name);
    return column ? columnScalar(column) : context.refuse(node, `${base.name} has no column named ${name}.`);
  }
  return pathAccess(context.scalar(base, exact(scope)), name);
}

function special(node: SyntaxNode, context: Context, scope: Scope): Scalar | undefined {
  switch (node.kind) {
    case "NameReference":
      return nameReference(node, context, scope);
    case "ParenthesizedExpression":
      return context.scalar(node.get("Expression"), scope);
    case "SimpleNamedExpression":
      return context.scalar(node.get("Expression"), exact(scope));
    case "AndExpression":
    case "OrExpression":
      return logical(node, context, scope);
    case "UnaryMinusExpression":
      return negate(node, context.scalar(node.get("Expression"), exact(scope)), context);
    case "UnaryPlusExpression":
      return context.scalar(node.get("Expression"), exact(scope));
    case "BetweenExpression":
    case "NotBetweenExpression":
      return betweenExpression(node, context, scope);
    case "PathExpression":
      return path(node, context, scope);
    case "ElementExpression":
      return element(node, context, exact(scope));
    case "FunctionCallExpression":
      return lowerCall(node, context, scope);
    case "ToScalarExpression":
      return isTabular(node.get("Expression"), { environment: scope.environment }, context)
        ? scalarOf(node, context.tabular(node.get("Expression"), scope.environment), context)
        : context.scalar(node.get("Expression"), { environment: scope.environment });
    default:
      return undefined;
  }
}

function element(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const selector = node.get("Selector");
  const inner = selector.kind === "BracketedExpression" ? selector.get("Expression") : selector;
  return elementAccess(node, context.scalar(node.get("Expression"), scope), inner, context, scope);
}

const IN: ReadonlySet<string> = new Set(["InExpression", "InCsExpression", "NotInExpression", "NotInCsExpression"]);

/** Lowers any scalar expression, or refuses it. */
export function lowerScalar(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const found = special(node, context, scope) ?? comparison(node, context, scope) ?? literal(node, context);
  if (found) return found;
  const op = ARITHMETIC_KINDS[node.kind];
  if (op !== undefined) {
    const inner = exact(scope);
    return arithmetic(
      node,
      op,
      context.scalar(node.get("Left"), inner),
      context.scalar(node.get("Right"), inner),
      context,
    );
  }
  if (IN.has(node.kind)) return membership(node, context, scope);
  if (node.kind === "HasAnyExpression" || node.kind === "HasAllExpression")
    return hasAnyOrAll(node, context, exact(scope));
  if (node.kind === "MatchesRegexExpression") {
    const inner = exact(scope);
    return matchesRegex(context.scalar(node.get("Left"), inner), context.scalar(node.get("Right"), inner));
  }
  return context.unsupported(node, `${node.kind} as a value`);
}

const matchesRegex = (left: Scalar, right: Scalar): Scalar => ({
  sql: `regexp_matches(${asType(left, "string").sql}, ${regexSql(asType(right, "string"))})`,
  type: "bool",
  notNull: true,
});
