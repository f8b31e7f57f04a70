import type { SyntaxNode } from "../syntax/node.ts";
import { asType } from "./coerce.ts";
import { type Binding, type Context, Environment, type Scope } from "./context.ts";
import { isTabular } from "./lists.ts";
import { typeNamed } from "./literals.ts";
import type { PlanNode, Relation } from "./types.ts";

type FunctionBinding = Extract<Binding, { kind: "function" }>;

/** The parameter that takes the input of `invoke`. */
function bindInput(param: SyntaxNode, input: Relation, call: SyntaxNode, context: Context): Binding {
  const type = param.get("NameAndType").get("Type");
  if (type.kind !== "SchemaTypeExpression")
    return context.refuse(call, `${call.get("Name").name}() must take a table first to be invoked.`);
  const shared = context.share(input.node, false);
  const lower = (): Relation => {
    const items = input.columns.map((column) => ({ id: context.id(), sql: column.id }));
    const columns = input.columns.map((column, i) => ({ ...column, id: items[i]?.id ?? column.id }));
    const node: PlanNode = { op: "extend", input: { op: "shared", shared: { ...shared, once: false } }, items };
    return throughSchema({ ...input, node, columns }, call, type, context);
  };
  return { kind: "table", lower, parameter: true };
}

/** The arguments in the order of the parameters: by position first, then by name. */
function assign(call: SyntaxNode, params: readonly SyntaxNode[], context: Context): (SyntaxNode | undefined)[] {
  const found: (SyntaxNode | undefined)[] = params.map(() => undefined);
  const names = params.map((param) => param.get("NameAndType").get("Name").name);
  let position = 0;
  for (const argument of call.child("ArgumentList")?.items("Expressions") ?? []) {
    const named = argument.kind === "SimpleNamedExpression" ? names.indexOf(argument.get("Name").name) : -1;
    const at = named >= 0 ? named : position++;
    if (at >= params.length)
      return context.refuse(argument, `${call.get("Name").name}() takes ${params.length} arguments.`);
    found[at] = named >= 0 ? argument.get("Expression") : argument;
  }
  return found;
}

/** A tabular argument must have the declared columns; the others stay with it. */
function throughSchema(relation: Relation, node: SyntaxNode, schema: SyntaxNode, context: Context): Relation {
  for (const item of schema.items("Columns")) {
    const name = item.kind === "StarExpression" ? undefined : item.get("Name").name;
    if (name !== undefined && !relation.columns.some((column) => column.name === name))
      return context.refuse(node, `The argument has no column ${name}, which the function declares.`);
  }
  return relation;
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
    const lower = () => throughSchema(context.tabular(argument, scope.environment), argument, type, context);
    return { kind: "table", lower, parameter: true };
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
  input?: Relation,
): { environment: Environment; expression: SyntaxNode } {
  const declaration = binding.declaration;
  const params = declaration.get("Parameters").items("Parameters");
  const environment = new Environment(binding.environment);
  if (environment.depth > MAX_DEPTH) return context.refuse(call, `Functions are nested more than ${MAX_DEPTH} deep.`);
  const [first, ...others] = params;
  if (input && first)
    environment.names.set(first.get("NameAndType").get("Name").name, bindInput(first, input, call, context));
  const rest = input ? others : params;
  const given = assign(call, rest, context);
  rest.forEach((param, i) => {
    environment.names.set(param.get("NameAndType").get("Name").name, bind(param, given[i], call, context, scope));
  });
  const body = declaration.get("Body");
  for (const statement of body.items("Statements")) context.statement(statement, environment);
  const expression = body.child("Expression");
  return expression ? { environment, expression } : context.refuse(call, "The function has no body.");
}
