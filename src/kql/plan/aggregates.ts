import { aggregates } from "../functions/index.ts";
import type { Aggregate } from "../functions/types.ts";
import { orderSql } from "../sql/render.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { argumentsOf, callContext, fitAll, renderTemplate } from "./calls.ts";
import { columnScalar } from "./coerce.ts";
import type { Context, Environment, Rows, Scope } from "./context.ts";
import { lowerItem, type NamedScalar } from "./items.ts";
import { defaultName } from "./names.ts";
import type { Item, PlanColumn, Scalar } from "./types.ts";

const EXTREMES: ReadonlySet<string> = new Set(["arg_max", "arg_min", "argmax", "argmin"]);
const PERCENTILES: ReadonlySet<string> = new Set(["percentile", "percentilew"]);
const ANY: ReadonlySet<string> = new Set(["take_any", "any"]);

/** Lowers the aggregates of one `summarize` and collects what the group must compute. */
export class AggregateScope {
  readonly items: Item[] = [];
  readonly #context: Context;
  readonly #rows: Rows;
  readonly #keys: readonly PlanColumn[];
  readonly #known = new Map<string, string>();

  constructor(context: Context, rows: Rows, keys: readonly PlanColumn[]) {
    this.#context = context;
    this.#rows = rows;
    this.#keys = keys;
  }

  /** The output columns of one item of the list. */
  lower(node: SyntaxNode, environment: Environment): NamedScalar[] {
    const named = node.kind === "SimpleNamedExpression" || node.kind === "CompoundNamedExpression";
    const inner = named ? node.get("Expression").bare() : node.bare();
    const names =
      node.kind === "CompoundNamedExpression"
        ? node
            .get("Names")
            .items("Names")
            .map((n) => n.name)
        : named
          ? [node.get("Name").name]
          : [];
    if (inner.kind === "FunctionCallExpression" && environment.find(inner.get("Name").name)?.kind !== "function") {
      const several = this.#several(inner, { environment, rows: this.#rows });
      if (several) return several.map((item, i) => rename(item, names[i], several.length === 1));
    }
    const scope: Scope = {
      environment,
      rows: this.#rows,
      aggregate: (call, outer) => this.#single(call, outer),
    };
    return lowerItem(node, this.#context, scope).map((item) => ({
      ...item,
      name: item.name ?? this.#throughName(inner),
    }));
  }

  /** `round(sum(x), 2)` is named after the aggregate inside its first arguments. */
  #throughName(node: SyntaxNode): string | undefined {
    if (node.kind !== "FunctionCallExpression") return undefined;
    const entry = aggregates.get(node.get("Name").name);
    if (entry) return this.#defaultName(node, entry);
    return undefined;
  }

  #defaultName(call: SyntaxNode, entry: Aggregate): string {
    const nodes = argumentsOf(call);
    const args = nodes.map((argument) => defaultName(argument) ?? "");
    if (PERCENTILES.has(entry.names[0] ?? ""))
      return `percentile_${args[0]}_${nodes.at(-1)?.text.replaceAll(".", "_") ?? ""}`;
    if (entry.columnName) return entry.columnName(args);
    return defaultName(call) ?? `${entry.names[0]}_${args[0] ?? ""}`;
  }

  #add(sql: string, type: Scalar["type"]): Scalar {
    const known = this.#known.get(sql);
    const id = known ?? this.#context.id();
    if (known === undefined) this.items.push({ id, sql });
    this.#known.set(sql, id);
    return { sql: id, type, notNull: type === "string" };
  }

  #call(call: SyntaxNode, name: string, values: readonly Scalar[], all?: readonly Scalar[]): Scalar {
    const entry = aggregates.get(name);
    if (!entry) return this.#context.unsupported(call, `aggregate ${name}()`);
    const args = fitAll(call, name, entry.params, values, this.#context);
    this.#context.use(entry.udfs);
    const { order: sortedBy, arrival = [] } = this.#rows.relation;
    const order = sortedBy.length > 0 ? sortedBy : arrival;
    const sorted = order.length > 0 ? { order: `ORDER BY ${orderSql(order)}` } : {};
    const shared = all ? { all } : {};
    const sql = renderTemplate(entry.sql, args, { ...callContext(call, this.#context), ...sorted, ...shared });
    return this.#add(sql, typeof entry.returns === "function" ? entry.returns(args) : entry.returns);
  }

  #single(call: SyntaxNode, scope: Scope): Scalar | undefined {
    const name = call.get("Name").name;
    if (!aggregates.has(name) || scope.environment.find(name)?.kind === "function") return undefined;
    const several = this.#several(call, scope);
    if (several) return several[0]?.value;
    return this.#call(call, name, this.#values(argumentsOf(call), scope));
  }

  #values(nodes: readonly SyntaxNode[], scope: Scope): Scalar[] {
    const { aggregate: _, ...inner } = scope;
    return nodes.map((node) => this.#context.scalar(node, inner));
  }

  /** Aggregates that give several columns, or whose column takes its argument's name. */
  #several(call: SyntaxNode, scope: Scope): NamedScalar[] | undefined {
    const name = call.get("Name").name;
    const nodes = argumentsOf(call);
    const entry = aggregates.get(name);
    if (EXTREMES.has(name)) return this.#extreme(call, name, nodes, scope);
    if (ANY.has(name)) return this.#anyOf(name, nodes, scope);
    if (entry?.each === undefined) return undefined;
    return this.#each(call, name, nodes, entry.each, scope);
  }

  /** The columns that the arguments stand for; `*` is every column that is no key and no earlier argument. */
  #targets(nodes: readonly SyntaxNode[], scope: Scope, without: ReadonlySet<string>): NamedScalar[] {
    return nodes.flatMap((node): NamedScalar[] => {
      if (node.kind !== "StarExpression") {
        const { aggregate: _, ...inner } = scope;
        return [{ name: defaultName(node), explicit: false, value: this.#context.scalar(node, inner), node }];
      }
      const keys = new Set(this.#keys.map((key) => key.name));
      return this.#rows.relation.columns
        .filter((column) => !keys.has(column.name) && !without.has(column.name))
        .map((column) => ({ name: column.name, explicit: false, value: columnScalar(column), node }));
    });
  }

  #extreme(call: SyntaxNode, name: string, nodes: readonly SyntaxNode[], scope: Scope): NamedScalar[] {
    const [first, ...rest] = nodes;
    if (!first) return this.#context.refuse(call, `${name}() takes an expression and the columns to return.`);
    const [key] = this.#targets([first], scope, new Set());
    if (!key) return this.#context.refuse(first, `${name}() takes a single expression first.`);
    const targets = this.#targets(rest, scope, new Set(key.name === undefined ? [] : [key.name]));
    const kind = name.endsWith("max") ? "max" : "min";
    const best = this.#call(call, kind, [key.value]);
    const values = targets.map((target) => ({
      ...target,
      value: this.#call(call, name, [target.value, kind === "min" ? lowestNan(key.value) : key.value]),
    }));
    return [{ ...key, name: key.name ?? `${kind}_`, value: best }, ...values];
  }

  #anyOf(name: string, nodes: readonly SyntaxNode[], scope: Scope): NamedScalar[] {
    const targets = this.#targets(nodes, scope, new Set());
    const prefix = name === "any" ? "any_" : "";
    return targets.map((target) => ({
      ...target,
      name: target.name === undefined ? undefined : `${prefix}${target.name}`,
      value: this.#add(padded(`first(${target.value.sql})`, target.value.type), target.value.type),
    }));
  }

  #each(call: SyntaxNode, name: string, nodes: readonly SyntaxNode[], from: number, scope: Scope): NamedScalar[] {
    const common = this.#values(nodes.slice(0, from), scope);
    const column = nodes[0] ? (defaultName(nodes[0]) ?? "") : "";
    const all = this.#values(nodes.slice(from), scope);
    return nodes.slice(from).map((node, i) => {
      const value = all[i];
      const number = String(value?.constant ?? node.text);
      return {
        name: `percentile_${column}_${number.replaceAll(".", "_")}`,
        explicit: false,
        value: this.#call(call, name, [...common, ...(value ? [value] : [])], all),
        node,
      };
    });
  }
}

/** NaN is the least value to arg_min, where DuckDB puts it above all. */
const lowestNan = (key: Scalar): Scalar =>
  key.type === "real"
    ? { ...key, sql: `CASE WHEN isnan(${key.sql}) THEN '-Infinity'::DOUBLE ELSE ${key.sql} END` }
    : key;

/** Over no rows at all a text is empty, not null. */
const padded = (sql: string, type: Scalar["type"]): string => (type === "string" ? `COALESCE(${sql}, '')` : sql);

const rename = (item: NamedScalar, name: string | undefined, _only: boolean): NamedScalar =>
  name === undefined ? item : { ...item, name, explicit: true };
