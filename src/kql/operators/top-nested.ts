import { AggregateScope } from "../plan/aggregates.ts";
import { asType, nullOf } from "../plan/coerce.ts";
import { type Context, type Environment, extend, type OperatorLowering, Rows } from "../plan/context.ts";
import { lowerItem } from "../plan/items.ts";
import { Names } from "../plan/names.ts";
import { agree, sharedReader } from "../plan/sharing.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar, UnionInput } from "../plan/types.ts";
import { orderSql } from "../sql/render.ts";
import type { SyntaxNode } from "../syntax/node.ts";

interface Level {
  readonly key: PlanColumn;
  readonly valueName: string;
  readonly value: SyntaxNode;
  readonly descending: boolean;
  /** SQL of how many values stay; without it all do. */
  readonly count: string | undefined;
  /** The name of the row that stands for the other values. */
  readonly others: Scalar | undefined;
}

function levelOf(clause: SyntaxNode, rows: Rows, names: Names, context: Context, environment: Environment): Level {
  const [key] = lowerItem(clause.get("OfExpression"), context, { environment, rows });
  if (!key) return context.refuse(clause, "top-nested takes one expression per level.");
  const id = context.id();
  rows.hoist({ id, sql: key.value.sql });
  const name = key.name === undefined ? names.anonymous() : names.unique(key.name);
  const by = clause.get("ByExpression");
  const ordered = by.kind === "OrderedExpression";
  const value = ordered ? by.get("Expression") : by;
  const count = clause.child("Expression");
  const others = clause.child("WithOthersClause")?.get("Expression");
  const other = others && context.constant(others, { environment }, "the name of the others");
  if (other && other.type !== key.value.type)
    return context.refuse(clause, `The others of a ${key.value.type} cannot be named by a ${other.type}.`);
  return {
    key: { id, name, type: key.value.type },
    valueName: names.unique(value.kind === "SimpleNamedExpression" ? value.get("Name").name : `aggregated_${name}`),
    value,
    descending: !ordered || by.get("Ordering").token("AscOrDescKeyword") !== "asc",
    count: count && asType(context.scalar(count, { environment }), "long").sql,
    others: other,
  };
}

interface Groups {
  readonly node: PlanNode;
  readonly keys: readonly PlanColumn[];
  readonly values: readonly PlanColumn[];
}

/** Reads the chosen groups of a level: key and value of each level so far, in turn. */
type Reader = () => Relation;

const keysOf = (chosen: Relation | undefined): string[] =>
  (chosen?.columns ?? []).filter((_, i) => i % 2 === 0).map((column) => column.id);
const ids = (columns: readonly PlanColumn[]): string[] => columns.map((column) => column.id);

class TopNested {
  readonly #base: PlanNode;
  readonly #rows: Rows;
  readonly #levels: readonly Level[];
  readonly #context: Context;
  readonly #environment: Environment;

  constructor(levels: readonly Level[], rows: Rows, context: Context, environment: Environment) {
    const shared = context.share(rows.relation.node, true);
    this.#base = { op: "shared", shared: { ...shared, once: true } };
    this.#rows = rows;
    this.#levels = levels;
    this.#context = context;
    this.#environment = environment;
  }

  /** The groups of the first `depth` keys, with the aggregates of some levels. */
  #grouped(input: PlanNode, depth: number, levels: readonly Level[]): Groups {
    const context = this.#context;
    const keys = this.#levels.slice(0, depth).map(({ key }) => ({ ...key, id: context.id() }));
    const groups = keys.map(({ id }, i): Item => ({ id, sql: this.#levels[i]?.key.id ?? "" }));
    const scope = new AggregateScope(context, new Rows({ ...this.#rows.relation, node: input }), []);
    const items: Item[] = [];
    const values = levels.map((level): PlanColumn => {
      const [value] = scope.lower(level.value, this.#environment);
      if (!value) return context.refuse(level.value, "top-nested orders by one aggregate per level.");
      const id = context.id();
      items.push({ id, sql: value.value.sql });
      return { id, name: level.valueName, type: value.value.type };
    });
    const aggregate: PlanNode = { op: "aggregate", input, keys: groups, items: scope.items };
    return { node: extend(aggregate, items), keys, values };
  }

  /** Groups together with the columns of the chosen groups above them. */
  #below(groups: Groups, above: Relation | undefined): PlanNode {
    if (!above) return groups.node;
    const parents = keysOf(above);
    const on = agree(ids(groups.keys).slice(0, parents.length), parents);
    return { op: "join", type: "INNER", left: groups.node, right: above.node, on };
  }

  /** The best values of one level below each of the groups above it. */
  #chosen(index: number, above: Reader | undefined): Reader {
    const level = this.#levels[index] as Level;
    const groups = this.#grouped(this.#base, index + 1, [level]);
    const parent = above?.();
    const [key, value] = [groups.keys.at(-1), groups.values[0]] as [PlanColumn, PlanColumn];
    const { descending } = level;
    const order = orderSql([
      { sql: value.id, descending, nullsFirst: !descending },
      { sql: key.id, descending: false, nullsFirst: true },
    ]);
    const within = index > 0 ? `PARTITION BY ${ids(groups.keys).slice(0, -1).join(", ")} ` : "";
    // Not row_number(): DuckDB 1.5 rewrites a bounded one to an aggregate and fails on the types of some keys.
    const over = `OVER (${within}ORDER BY ${order} ROWS UNBOUNDED PRECEDING)`;
    const rank = { id: this.#context.id(), sql: `count(*) ${over}` };
    const joined = this.#below(groups, parent);
    const node: PlanNode = level.count
      ? { op: "filter", input: extend(joined, [rank]), condition: `${rank.id} <= ${level.count}` }
      : joined;
    const columns = [...(parent?.columns ?? []), key, value];
    return sharedReader({ node, columns, order: [], serialized: false }, this.#context);
  }

  /** The rows of chosen groups that a level does not choose. */
  #rest(index: number, above: Relation | undefined, chosen: Relation): PlanNode {
    const keys = this.#levels.slice(0, index + 1).map((level) => level.key.id);
    const inside: PlanNode = above
      ? { op: "join", type: "SEMI", left: this.#base, right: above.node, on: agree(keys.slice(0, -1), keysOf(above)) }
      : this.#base;
    return { op: "join", type: "ANTI", left: inside, right: chosen.node, on: agree(keys, keysOf(chosen)) };
  }

  /** One row per group above the level for the rows that the level does not choose. */
  #others(index: number, above: Reader | undefined, chosen: Reader): UnionInput[] {
    const named = this.#levels.slice(index).filter((level) => level.others);
    if (named.length === 0) return [];
    const groups = this.#grouped(this.#rest(index, above?.(), chosen()), index, named);
    const parent = above?.();
    const present = { id: this.#context.id(), sql: "count(*)" };
    const sqls = this.#levels.flatMap((level, i) => {
      if (i < index) return [parent?.columns[2 * i]?.id ?? "", parent?.columns[2 * i + 1]?.id ?? ""];
      const value = groups.values[named.indexOf(level)];
      return value && level.others ? [level.others.sql, value.id] : [nullOf(level.key.type).sql, "NULL"];
    });
    const counted = addItem(groups.node, present);
    const node = this.#below({ ...groups, node: counted }, parent);
    return [{ input: { op: "filter", input: node, condition: `${present.id} > 0` }, sqls }];
  }

  result(): Relation {
    const steps: Reader[] = [];
    for (const i of this.#levels.keys()) steps.push(this.#chosen(i, steps.at(-1)));
    const all = (steps.at(-1) as Reader)();
    const others = steps.flatMap((step, i) => this.#others(i, steps[i - 1], step));
    if (others.length === 0) return all;
    const columns = all.columns.map((column) => ({ ...column, id: this.#context.id() }));
    const inputs = [{ input: all.node, sqls: ids(all.columns) }, ...others];
    return { node: { op: "union", ids: ids(columns), inputs }, columns, order: [], serialized: false };
  }
}

/** Without groups an aggregate gives a row even over no rows: they are counted. */
function addItem(node: PlanNode, item: Item): PlanNode {
  if (node.op === "extend") return { ...node, input: addItem(node.input, item) };
  return node.op === "aggregate" ? { ...node, items: [...node.items, item] } : node;
}

/**
 * `top-nested`: the best values of each level below those of the level above. Among values that are equally good the
 * smallest key stays. Rows that a level leaves out become one row wherever this or a later level names its others.
 */
const topNested: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const names = new Names();
  const levels = node.items("Clauses").map((clause) => levelOf(clause, rows, names, context, environment));
  return new TopNested(levels, rows, context, environment).result();
};

export default topNested;
