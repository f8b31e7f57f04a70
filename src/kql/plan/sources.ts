import { operators } from "../operators/index.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import type { Context, Environment } from "./context.ts";
import { patternCall, patternTable } from "./declared-patterns.ts";
import { enterFunction } from "./functions.ts";
import { dataTable, declaredColumns, emptyTable, oneRow, openTable, rangeTable, scan } from "./tables.ts";
import type { Relation } from "./types.ts";

const NOTHING: Relation = { node: oneRow, columns: [], order: [], serialized: false };

function watchlist(argument: SyntaxNode, context: Context, environment: Environment): Relation {
  const alias = String(context.constant(argument, { environment }, "the watchlist's alias").constant);
  const source = context.schema.watchlist?.(alias);
  if (source) return scan(source, undefined, context);
  if (context.unknown) return openTable(argument, `the watchlist ${alias}`, context);
  return context.refuse(
    argument,
    `There is no watchlist ${alias}.`,
    `Put ${alias}.csv into the folder of --watchlists.`,
  );
}

/** A local copy of what the query would fetch; without one the query is refused: an empty answer would be untrue. */
function externalData(node: SyntaxNode, context: Context, environment: Environment): Relation {
  const columns = declaredColumns(node.get("Schema"), context);
  const uris = node
    .items("URIs")
    .map((uri) => String(context.constant(uri, { environment }, "the address of externaldata").constant));
  const properties = Object.fromEntries(
    (node.child("WithClause")?.items("Properties") ?? []).map((property) => {
      const value = property.get("Expression");
      return [property.get("Name").name.toLowerCase(), value.stringValue || value.name || value.text];
    }),
  );
  const source = context.schema.external?.({ uris, columns, properties });
  if (source) return scan(source, undefined, context);
  if (context.unknown) {
    context.warn(node, "KQL113", `There is no copy of ${uris.join(", ")}: it is taken as an empty table.`);
    return emptyTable(columns, context);
  }
  return context.unsupported(
    node,
    "externaldata",
    "Nothing is fetched. Put a copy of each file, under the last part of its address, into the folder of --external-data.",
  );
}

function functionTable(node: SyntaxNode, context: Context, environment: Environment): Relation {
  const name = node.get("Name").name;
  const first = node.get("ArgumentList").items("Expressions")[0];
  const binding = environment.find(name);
  if (binding?.kind === "function") {
    const body = enterFunction(node, binding, context, { environment });
    return context.tabular(body.expression, body.environment);
  }
  if (binding?.kind === "table") return binding.lower();
  if (name === "table" && first) {
    const table = context.constant(first, { environment }, "the table's name").constant;
    return context.tableNamed(first, String(table), environment);
  }
  if (context.schema.table(name)) return context.tableNamed(node, name, environment);
  if (name === "_GetWatchlist" && first) return watchlist(first, context, environment);
  if (context.unknown) return openTable(node, `${name}()`, context);
  return context.unsupported(node, `table function ${name}()`, "Declare it as a saved function.");
}

/** `workspace("…").T` and its kin name the one set of tables that there is. */
function remote(node: SyntaxNode, context: Context, environment: Environment): Relation {
  const base = node.get("Expression");
  const selector = node.get("Selector");
  const scope = base.kind === "FunctionCallExpression" ? base.get("Name").name : base.kind;
  if (scope === "database" || scope === "workspace" || scope === "app" || base.kind === "PathExpression") {
    if (/\bcluster\s*\(/.test(base.text)) return context.unsupported(node, "cluster()", "Only local data is read.");
    context.warn(node, "KQL120", `${base.text} is not reached; the local table ${selector.name} stands for it.`);
    return selector.kind === "FunctionCallExpression"
      ? functionTable(selector, context, environment)
      : context.tableNamed(selector, selector.name, environment);
  }
  return context.unsupported(node, `${scope} as a table`);
}

/** Lowers an expression that starts a pipe. */
export function lowerSource(node: SyntaxNode, context: Context, environment: Environment): Relation {
  const pattern = patternCall(node, environment);
  if (pattern) return patternTable(pattern, context, environment);
  switch (node.kind) {
    case "NameReference":
      return node.get("Name").kind === "WildcardedName"
        ? context.refuse(node, "A wildcard stands for tables only inside union.")
        : context.tableNamed(node, node.name, environment);
    case "DataTableExpression":
      return dataTable(node, context, environment);
    case "RangeOperator":
      return rangeTable(node, context, environment);
    case "FunctionCallExpression":
      return functionTable(node, context, environment);
    case "PathExpression":
      return remote(node, context, environment);
    case "MaterializeExpression": {
      const inner = context.tabular(node.get("Expression"), environment);
      const shared = context.share(inner.node, true);
      return { ...inner, node: { op: "shared", shared: { ...shared, once: true } } };
    }
    case "ToTableExpression":
      return context.tabular(node.get("Expression"), environment);
    case "ExternalDataExpression":
      return externalData(node, context, environment);
    default: {
      const lower = operators.get(node.kind);
      return lower ? lower(node, NOTHING, context, environment) : context.unsupported(node, `${node.kind} as a table`);
    }
  }
}
