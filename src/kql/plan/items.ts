import type { ScalarType } from "../../core/kusto.ts";
import type { TupleColumn } from "../functions/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType } from "./coerce.ts";
import type { Context, Scope } from "./context.ts";
import { defaultName } from "./names.ts";
import type { Scalar } from "./types.ts";

/** A named value of a list such as that of `extend`. Without a name it takes the operator's next free one. */
export interface NamedScalar {
  readonly name: string | undefined;
  readonly explicit: boolean;
  readonly value: Scalar;
  readonly node: SyntaxNode;
}

/** One column of a call that gives several. */
function tupleColumn(value: Scalar, index: number, type: ScalarType): Scalar {
  const element: Scalar = {
    sql: `NULLIF(json_extract(${value.sql}, '$[${index}]')::VARCHAR, 'null')`,
    type: "dynamic",
    json: { base: value.sql, path: `'$[${index}]'` },
  };
  return asType(element, type);
}

function fromTuple(node: SyntaxNode, value: Scalar, names: readonly string[]): NamedScalar[] {
  const columns = value.tuple ?? [];
  return names.slice(0, columns.length).map((name, i) => ({
    name,
    explicit: true,
    value: tupleColumn(value, i, columns[i]?.type ?? "dynamic"),
    node,
  }));
}

function compound(node: SyntaxNode, context: Context, scope: Scope): NamedScalar[] {
  const names = node
    .get("Names")
    .items("Names")
    .map((name) => name.name);
  const inner = node.get("Expression");
  const value = context.scalar(inner, scope);
  if (value.tuple) return fromTuple(node, value, names);
  if (value.type !== "dynamic" || names.length === 1) return [{ name: names[0], explicit: true, value, node }];
  return context.refuse(node, "The expression does not give several values.");
}

/** The values of an expression list, with Kusto's names. */
export function lowerItem(node: SyntaxNode, context: Context, scope: Scope): NamedScalar[] {
  if (node.kind === "CompoundNamedExpression") return compound(node, context, scope);
  const explicit = node.kind === "SimpleNamedExpression";
  const whole = context.scalar(explicit ? node.get("Expression") : node, scope);
  const first = explicit ? whole.tuple?.[0] : undefined;
  const value = first ? tupleColumn(whole, 0, first.type) : whole;
  const name = defaultName(node);
  if (value.tuple && !explicit) {
    return fromTuple(
      node,
      value,
      value.tuple.map((column, i) => tupleName(node.bare(), name, column, i)),
    );
  }
  return [{ name, explicit, value, node }];
}

function tupleName(node: SyntaxNode, name: string | undefined, column: TupleColumn, index: number): string {
  if (node.kind !== "FunctionCallExpression") return `${name ?? ""}_${column.name}`;
  if (column.suffix === undefined) return `${tuplePrefix(node)}_${column.name}`;
  const argument = node.get("ArgumentList").items("Expressions")[index];
  return `${(argument && defaultName(argument)) ?? column.name}_${column.suffix}`;
}

const tuplePrefix = (call: SyntaxNode): string => {
  const first = call.get("ArgumentList").items("Expressions")[0];
  const argument = first && defaultName(first);
  return argument ? `${call.get("Name").name}_${argument}` : call.get("Name").name;
};
