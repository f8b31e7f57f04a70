import type { SyntaxNode } from "../syntax/node.ts";
import { asType } from "./coerce.ts";
import { type Binding, type Context, Environment, type Scope, withColumns } from "./context.ts";
import { isTabular } from "./lists.ts";
import { typeNamed } from "./literals.ts";
import type { Relation } from "./types.ts";

type FunctionBinding = Extract<Binding, { kind: "function" }>;

/** The arguments in the order of the parameters: by position first, then by name. */
function assign(call: SyntaxNode, params: readonly SyntaxNode[], context: Context): (SyntaxNode | undefined)[] {
  const found: (SyntaxNode | undefined)[] = params.map(() => undefined);
  const names = params.map((param) => param.get("NameAndType").get("Name").name);
  let position = 0;
  for (const argument of call.get("ArgumentList").items("Expressions")) {
    const named = argument.kind === "SimpleNamedExpression" ? names.indexOf(argument.get("Name").name) : -1;
    const at = named >= 0 ? named : position++;
    if (at >= params.length)
      return context.refuse(argument, `${call.get("Name").name}() takes ${params.length} arguments.`);
    found[at] = named >= 0 ? argument.get("Expression") : argument;
  }
  return found;
}

/** A tabular argument seen through the parameter's schema: only declared columns, unless it is `(*)`. */
function tabularArgument(argument: SyntaxNode, schema: SyntaxNode, context: Context, scope: Scope): () => Relation {
  return () => {
    const relation = context.tabular(argument, scope.environment);
    const declared = schema.items("Columns");
    if (declared.some((item) => item.kind === "StarExpression")) return relation;
    const columns = declared.map((item) => {
      const name = item.get("Name").name;
      const column = relation.columns.find((c) => c.name === name);
      return column ?? context.refuse(argument, `The argument has no column ${name}, which the function declares.`);
    });
    return withColumns(relation, columns);
  };
}

function bind(
  param: SyntaxNode,
  argument: SyntaxNode | undefined,
  call: SyntaxNode,
  context: Context,
  scope: Scope,
): Binding {
  const declaration = param.get("NameAndType");
  const type = declaration.get("Type");
  const name = declaration.get("Name").name;
  if (type.kind === "SchemaTypeExpression") {
    if (!argument) return context.refuse(call, `${call.get("Name").name}() needs a table for ${name}.`);
    return { kind: "table", lower: tabularArgument(argument, type, context, scope), parameter: true };
  }
  const given = argument ?? param.child("DefaultValue")?.get("Value");
  if (!given) return context.refuse(call, `${call.get("Name").name}() needs a value for ${name}.`);
  if (isTabular(given, scope, context) && given.bare().kind !== "NameReference")
    return { kind: "table", lower: () => context.tabular(given, scope.environment), parameter: true };
  const value = context.scalar(given, scope);
  const wanted = typeNamed(type.text) ?? value.type;
  return { kind: "scalar", value: asType(value, wanted), parameter: true };
}

const MAX_DEPTH = 64;

/** The environment and the body of a let function's call. */
export function enterFunction(
  call: SyntaxNode,
  binding: FunctionBinding,
  context: Context,
  scope: Scope,
): { environment: Environment; expression: SyntaxNode } {
  const declaration = binding.declaration;
  const params = declaration.get("Parameters").items("Parameters");
  const environment = new Environment(binding.environment);
  if (environment.depth > MAX_DEPTH) return context.refuse(call, `Functions are nested more than ${MAX_DEPTH} deep.`);
  const given = assign(call, params, context);
  params.forEach((param, i) => {
    environment.names.set(param.get("NameAndType").get("Name").name, bind(param, given[i], call, context, scope));
  });
  const body = declaration.get("Body");
  for (const statement of body.items("Statements")) context.statement(statement, environment);
  const expression = body.child("Expression");
  return expression ? { environment, expression } : context.refuse(call, "The function has no body.");
}
