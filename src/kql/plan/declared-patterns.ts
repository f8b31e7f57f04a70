import type { SyntaxNode } from "../syntax/node.ts";
import { type Binding, type Context, Environment } from "./context.ts";
import type { Relation } from "./types.ts";

type PatternBinding = Extract<Binding, { kind: "pattern" }>;

interface PatternCall {
  readonly call: SyntaxNode;
  readonly path: SyntaxNode | undefined;
  readonly binding: PatternBinding;
}

/** `p("a")`, `p("a").b` and `p("a").["b"]` where `p` is a declared pattern. */
export function patternCall(node: SyntaxNode, environment: Environment): PatternCall | undefined {
  const [call, path] =
    node.kind === "PathExpression" ? [node.get("Expression").bare(), node.get("Selector")] : [node, undefined];
  if (call.kind !== "FunctionCallExpression") return undefined;
  const binding = environment.find(call.get("Name").name);
  return binding?.kind === "pattern" ? { call, path, binding } : undefined;
}

function textOf(node: SyntaxNode | undefined): string | undefined {
  const inner = node?.kind === "BracketedExpression" ? node.get("Expression") : node;
  return inner && (inner.stringValue || inner.name);
}

/** The rows of the case whose values are those of the call. */
export function patternTable({ call, path, binding }: PatternCall, context: Context, outer: Environment): Relation {
  const name = call.get("Name").name;
  const given = call
    .get("ArgumentList")
    .items("Expressions")
    .map((argument) => context.constant(argument, { environment: outer }, `an argument of ${name}`).constant);
  const body = binding.statement
    .get("Pattern")
    .items("Patterns")
    .find((candidate) => {
      const values = candidate.get("ParameterValues").items("Expressions");
      const fits = values.length === given.length && values.every((value, i) => value.stringValue === given[i]);
      return fits && textOf(candidate.child("PathValue")?.child("Value")) === textOf(path);
    })
    ?.get("Body");
  const expression = body?.child("Expression");
  if (!body || !expression) return context.refuse(call, `The pattern ${name} has no case for these values.`);
  const environment = new Environment(binding.environment);
  for (const statement of body.items("Statements")) context.statement(statement, environment);
  return context.tabular(expression, environment);
}
