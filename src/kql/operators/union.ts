import { text } from "../plan/coerce.ts";
import type { Context, Environment, OperatorLowering } from "../plan/context.ts";
import { fits, patternOf } from "../plan/patterns.ts";
import { openTable } from "../plan/tables.ts";
import type { Relation } from "../plan/types.ts";
import { unionOf } from "../plan/unions.ts";
import { viewNames } from "../plan/views.ts";
import type { SyntaxNode } from "../syntax/node.ts";

/** The tables of one argument: a wildcard stands for every table that fits, a missing one is dropped when fuzzy. */
function members(node: SyntaxNode, fuzzy: boolean, context: Context, environment: Environment): Relation[] {
  const bare = node.bare();
  const pattern = bare.kind === "NameReference" ? patternOf(bare) : undefined;
  if (pattern !== undefined) {
    const bound = viewNames(environment).filter((name) => fits(name, pattern));
    const names = [...context.schema.names()].filter((name) => fits(name, pattern));
    const found = [...new Set([...bound, ...names])].sort();
    if (found.length === 0 && context.unknown) return [openTable(node, pattern, context)];
    if (found.length === 0 && !fuzzy) return context.refuse(node, `No table fits ${pattern}.`);
    return found.map((name) => ({ ...context.tableNamed(node, name, environment), source: name }));
  }
  const first = source(bare);
  if (fuzzy && first.kind === "NameReference" && isMissing(first.name, context, environment)) {
    context.warn(first, "KQL111", `The table ${first.name} is missing; union isfuzzy=true leaves it out.`);
    return [];
  }
  return [context.tabular(node, environment)];
}

/** What a pipe starts with. */
const source = (node: SyntaxNode): SyntaxNode =>
  node.kind === "PipeExpression" ? source(node.get("Expression").bare()) : node;

const isMissing = (name: string, context: Context, environment: Environment): boolean =>
  context.unknown === undefined &&
  environment.find(name) === undefined &&
  context.schema.table(name) === undefined &&
  context.schema.declared?.(name) === undefined &&
  context.schema.functions?.has(name) !== true;

/** `union`: all rows of all tables; columns meet by name, and by type too. */
const union: OperatorLowering = (node, input, context, environment) => {
  const fuzzy = node.parameter("isfuzzy")?.text === "true";
  const leading = input.columns.length === 0 && input.node.op === "values";
  const own = leading ? [] : [input];
  const relations = [
    ...own,
    ...node.items("Expressions").flatMap((item) => members(item, fuzzy, context, environment)),
  ];
  const source = node.parameter("withsource") ?? node.parameter("with_source");
  const named = relations.map((relation, i) => ({ relation, source: text(relation.source ?? `union_arg${i}`).sql }));
  return unionOf(
    named,
    { inner: node.parameter("kind")?.text === "inner", ...(source ? { withSource: source.name } : {}) },
    context,
  );
};

export default union;
