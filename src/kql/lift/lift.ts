import type { Item, JoinType, PlanNode, SharedPlan, SortKey } from "../plan/types.ts";
import { orderSql } from "../sql/render.ts";
import { hasClock, type WholePlan, withClock } from "./clock.ts";
import { type Bound, boundOf, conjuncts, cutOf, floorDivided, spanOf, timesOf } from "./cut.ts";
import { binsOf, type Paned, panesOf, type Spans } from "./panes.ts";

/** Equidistant windows in ticks: window `k` of `count` is `[first + k * step - period, first + k * step)`. */
export interface Windows {
  readonly first: bigint;
  readonly step: bigint;
  readonly period: bigint;
  readonly count: number;
  /** Windows take rows by their arrival, where their table knows it. */
  readonly byArrival?: boolean;
}

/** The plan has a part that cannot be computed for all windows at once. */
export class NotLiftable extends Error {}

interface Lifted {
  readonly node: PlanNode;
  /** The column that holds the window; absent where the rows are the same in every window. */
  readonly window?: string;
}

interface LiftedShared extends SharedPlan {
  readonly window?: string;
}

const READS_SHARED = /\bFROM (_s\d+)\)/g;
const ANY_SHARED = /\b_s\d+\b/g;
const TEXT = /'(?:[^']|'')*'/g;

const ONE_ROW: PlanNode = { op: "values", items: [], rows: [[]] };

/**
 * Computes a plan for all windows in one statement: every row carries the window that it belongs to, keys and join
 * conditions compare it, and the clock is each row's window end.
 */
class Lifter {
  readonly shared = new Map<string, LiftedShared>();
  readonly #windows: Windows;
  readonly #plan: WholePlan;
  readonly #id: () => string;
  /** Scans by their tables; the time column that cuts them. */
  constructor(plan: WholePlan, windows: Windows, id: () => string) {
    this.#plan = plan;
    this.#windows = windows;
    this.#id = id;
  }

  /** The shared plans in their order: one reads only earlier ones. */
  whole(): Lifted {
    for (const [name, { node, once }] of this.#plan.shared) {
      const lifted = this.lift(node);
      this.shared.set(name, { name, once, ...lifted });
    }
    return this.lift(this.#plan.node);
  }

  /** SQL over rows of a window: the clock is its end, and what it reads of a shared plan is of the same window. */
  sql(text: string, window: string | undefined): string {
    const { first, step } = this.#windows;
    const timed = withClock(text, (offset) => {
      if (window === undefined) throw new NotLiftable("the clock in rows without a window");
      return `(${first + offset}::BIGINT + ${window} * ${step})`;
    });
    return this.#readsOfShared(timed, window);
  }

  #readsOfShared(text: string, window: string | undefined): string {
    const names = text.match(ANY_SHARED);
    if (!names) return text;
    if (names.length !== (text.match(READS_SHARED) ?? []).length) throw new NotLiftable("a plan read inside a query");
    return text.replace(READS_SHARED, (whole, name: string) => {
      const inner = this.shared.get(name)?.window;
      if (inner === undefined) return whole;
      if (window === undefined) throw new NotLiftable("a plan of windows in rows without one");
      return `FROM ${name} WHERE ${inner} = ${window})`;
    });
  }

  /** Whether SQL needs to know its row's window. */
  #isTimed(text: string): boolean {
    return hasClock(text) || (text.match(ANY_SHARED) ?? []).some((name) => this.shared.get(name)?.window !== undefined);
  }

  /** Window functions stay inside a window. */
  #over(text: string, window: string): string {
    if (!text.includes("OVER (")) return text;
    if ((text.match(TEXT) ?? []).some((literal) => literal.includes("OVER ("))) throw new NotLiftable("OVER in a text");
    return text.replace(/OVER \((PARTITION BY )?/g, (_, partition?: string) =>
      partition === undefined ? `OVER (PARTITION BY ${window} ` : `OVER (PARTITION BY ${window}, `,
    );
  }

  #items(items: readonly Item[], window: string | undefined): Item[] {
    return items.map(({ id, sql }) => {
      const text = this.sql(sql, window);
      return { id, sql: window === undefined ? text : this.#over(text, window) };
    });
  }

  /** Every window, once. */
  #all(): { readonly node: PlanNode; readonly window: string } {
    const window = this.#id();
    const items = [{ id: window, sql: `unnest(range(0, ${this.#windows.count}))` }];
    return { node: { op: "extend", input: ONE_ROW, items, expands: true }, window };
  }

  /** Rows that are the same in every window, in every window. */
  #inEveryWindow({ node, window }: Lifted): Required<Lifted> {
    if (window !== undefined) return { node, window };
    const all = this.#all();
    return { node: { op: "join", type: "CROSS", left: node, right: all.node, on: "" }, window: all.window };
  }

  lift(node: PlanNode, outer?: string): Lifted {
    switch (node.op) {
      case "scan":
        return this.#spread({ scan: node, row: node, timed: [] }).lifted;
      case "values":
        return { node: { ...node, rows: node.rows.map((row) => row.map((cell) => this.sql(cell, outer))) } };
      case "extend":
        return this.#extend(node, outer);
      case "filter":
        return this.#filter(node, outer);
      case "aggregate":
        return this.#aggregate(node, outer);
      case "join":
        return this.#join(node, outer);
      case "union":
        return this.#union(node, outer);
      case "limit":
        return this.#limit(node, outer);
      case "shared":
        return this.#sharedPlan(node.shared);
      default:
        throw new NotLiftable(`the operator ${node.op}`);
    }
  }

  /** What the row alone decides of a leaf is worked out before the row is spread over its windows. */
  #leafOf(node: PlanNode): Leaf | undefined {
    const { scan, steps } = stepsOf(node, (sql) => this.#isTimed(sql));
    if (!scan) return undefined;
    const timed: string[] = [];
    let row: PlanNode = scan;
    for (const step of steps) {
      if (step.op === "extend") {
        row = { op: "extend", input: row, items: this.#items(step.items, undefined) };
        continue;
      }
      for (const condition of conjuncts(step.condition)) {
        if (this.#isTimed(condition)) timed.push(condition);
        else row = { op: "filter", input: row, condition: this.sql(condition, undefined) };
      }
    }
    return { scan, row, timed };
  }

  /** A table under filters and computed columns; undefined for any other plan. */
  #leaf(node: PlanNode, outer: string | undefined): Lifted | undefined {
    const leaf = this.#leafOf(node);
    if (!leaf) return undefined;
    const { lifted, rest } = this.#spread(leaf);
    const input = rest.length > 0 && outer === undefined ? this.#inEveryWindow(lifted) : lifted;
    const window = input.window ?? outer;
    const filtered = rest.reduce<PlanNode>(
      (below, condition) => ({ op: "filter", input: below, condition: this.sql(condition, window) }),
      input.node,
    );
    return { ...input, node: filtered };
  }

  /** A row belongs to each window that its time lies in. `rest`: conditions that its windows have yet to meet. */
  #spread(leaf: Leaf): { readonly lifted: Lifted; readonly rest: readonly string[] } {
    const { scan, row, timed } = leaf;
    const { first, step, period, count, byArrival = false } = this.#windows;
    const { taken: time } = timesOf(scan, byArrival);
    if (time === undefined) return { lifted: { node: row }, rest: timed };
    const window = this.#id();
    const spans = this.#spans(leaf);
    if (spans) {
      const items = [{ id: window, sql: `unnest(range(${spans.from}, ${spans.to}))` }];
      return { lifted: { node: { op: "extend", input: spans.node, items, expands: true }, window }, rest: spans.rest };
    }
    const own = `${floorDivided(`${time} - ${first}`, step)} + 1`;
    const place: PlanNode = { op: "extend", input: row, items: [{ id: window, sql: own }] };
    const late = period < step ? ` AND ${time} >= ${first - period} + ${window} * ${step}` : "";
    const condition = `${window} >= 0 AND ${window} < ${count}${late}`;
    return { lifted: { node: { op: "filter", input: place, condition }, window }, rest: timed };
  }

  /**
   * The rows of a leaf with the windows `[from, to)` that each lies in; undefined where a row lies in one at most.
   * Conditions on a time and the clock bound the windows exactly; `rest` holds the others.
   */
  #spans({ scan, row, timed }: Leaf): Spans | undefined {
    const { step, byArrival = false } = this.#windows;
    const { event, taken: time } = timesOf(scan, byArrival);
    if (time === undefined) return undefined;
    const { period, upper } = cutOf(time === event ? time : "", timed, this.#windows.period);
    if (period <= step && upper === 0n) return undefined;
    const read = timed.map((condition) => boundOf(condition) ?? condition);
    const bounds: readonly Bound[] = [
      { time, operator: ">=", offset: -this.#windows.period },
      { time, operator: "<", offset: 0n },
      ...read.filter((bound) => typeof bound !== "string"),
    ];
    const [from, to] = [this.#id(), this.#id()];
    const span = spanOf(bounds, this.#windows);
    const items = [
      { id: from, sql: span.from },
      { id: to, sql: span.to },
    ];
    // DuckDB's greatest() and least() pass over nulls.
    const known = [...new Set(bounds.map((bound) => `${bound.time} IS NOT NULL`))];
    const condition = [...known, `${from} < ${to}`].join(" AND ");
    const node: PlanNode = { op: "filter", input: { op: "extend", input: row, items }, condition };
    return {
      node,
      from,
      to,
      rest: read.filter((bound) => typeof bound === "string"),
      ...(known.length === 1 && { time }),
      at: (other) =>
        spanOf(
          bounds.map((bound) => ({ ...bound, time: other })),
          this.#windows,
        ),
    };
  }

  /** Aggregates of a leaf whose rows lie in many windows each. */
  #panes(node: PlanNode & { op: "aggregate" }): Paned | Required<Lifted> | undefined {
    const { step, period } = this.#windows;
    if (period < OVERLAPPING * step || [...node.keys, ...node.items].some(({ sql }) => this.#isTimed(sql)))
      return undefined;
    const leaf = this.#leafOf(node.input);
    const spans = leaf && this.#spans(leaf);
    if (!spans || spans.rest.length > 0) return undefined;
    const sql = (items: readonly Item[]): Item[] =>
      items.map((item) => ({ ...item, sql: this.sql(item.sql, undefined) }));
    const own = { ...node, keys: sql(node.keys), items: sql(node.items) };
    return binsOf(own, spans, step, this.#id) ?? panesOf(own, spans, this.#id);
  }

  #extend(node: PlanNode & { op: "extend" }, outer: string | undefined): Lifted {
    const leaf = this.#leaf(node, outer);
    if (leaf) return leaf;
    const below = this.lift(node.input, outer);
    const isTimed = node.items.some(({ sql }) => this.#isTimed(sql));
    const input = isTimed && outer === undefined ? this.#inEveryWindow(below) : below;
    const items = this.#items(node.items, input.window ?? outer);
    return { ...input, node: { ...node, input: input.node, items } };
  }

  #filter(node: PlanNode & { op: "filter" }, outer: string | undefined): Lifted {
    const leaf = this.#leaf(node, outer);
    if (leaf) return leaf;
    const below = this.lift(node.input, outer);
    const input = this.#isTimed(node.condition) && outer === undefined ? this.#inEveryWindow(below) : below;
    const condition = this.sql(node.condition, input.window ?? outer);
    return { ...input, node: { ...node, input: input.node, condition } };
  }

  #aggregate(given: PlanNode & { op: "aggregate" }, outer: string | undefined): Lifted {
    const paned = outer === undefined ? this.#panes(given) : undefined;
    if (paned && "node" in paned) return paned;
    const node = paned ? { ...given, keys: paned.keys, items: paned.items } : given;
    const below = paned ? { node: paned.input, window: paned.window } : this.lift(node.input, outer);
    const texts = [...node.keys, ...node.items].map(({ sql }) => sql);
    const input = texts.some((sql) => this.#isTimed(sql)) && outer === undefined ? this.#inEveryWindow(below) : below;
    const { window } = input;
    const sql = (items: readonly Item[]): Item[] =>
      items.map((item) => ({ ...item, sql: this.sql(item.sql, window ?? outer) }));
    if (window === undefined)
      return { node: { ...node, input: input.node, keys: sql(node.keys), items: sql(node.items) } };
    if (node.keys.length === 0) return this.#total(node, { node: input.node, window });
    const own = this.#id();
    const keys = [{ id: own, sql: window }, ...sql(node.keys)];
    return { node: { ...node, input: input.node, keys, items: sql(node.items) }, window: own };
  }

  /** Without keys there is one row per window, also where the window has no rows: that of an empty input. */
  #total(node: PlanNode & { op: "aggregate" }, { node: input, window }: Required<Lifted>): Lifted {
    const all = this.#all();
    const own = this.#id();
    const renamed = (items: readonly Item[]): Item[] =>
      items.map(({ sql }) => ({ id: this.#id(), sql: this.sql(sql, window) }));
    const [given, none] = [renamed(node.items), renamed(node.items)];
    if (node.items.some(({ sql }) => this.#isTimed(sql))) throw new NotLiftable("the clock in a total");
    const grouped: PlanNode = { op: "aggregate", input, keys: [{ id: own, sql: window }], items: given };
    const nothing: PlanNode = {
      op: "aggregate",
      input: { op: "filter", input, condition: "false" },
      keys: [],
      items: none,
    };
    const frame: PlanNode = { op: "join", type: "CROSS", left: all.node, right: nothing, on: "" };
    const joined: PlanNode = { op: "join", type: "LEFT", left: frame, right: grouped, on: `${all.window} = ${own}` };
    const items = node.items.map(({ id }, i) => ({
      id,
      sql: `CASE WHEN ${own} IS NULL THEN ${none[i]?.id} ELSE ${given[i]?.id} END`,
    }));
    return { node: { op: "extend", input: joined, items }, window: all.window };
  }

  #join(node: PlanNode & { op: "join" }, outer: string | undefined): Lifted {
    if (node.type === "LATERAL") return this.#lateral(node, outer);
    let [left, right] = [this.lift(node.left, outer), this.lift(node.right, outer)];
    if (left.window === undefined && right.window === undefined) {
      if (!this.#isTimed(node.on)) return { node: { ...node, left: left.node, right: right.node } };
      left = this.#inEveryWindow(left);
    }
    // An outer side gives its own rows in every window; the other side may be the same in all of them.
    const keeps = KEEPS[node.type];
    if (left.window === undefined && keeps.left) left = this.#inEveryWindow(left);
    if (right.window === undefined && keeps.right) right = this.#inEveryWindow(right);
    const both = left.window !== undefined && right.window !== undefined;
    const on = [...(node.on === "" ? [] : [this.sql(node.on, left.window ?? right.window)])];
    if (both) on.push(`${left.window} = ${right.window}`);
    const type: JoinType = node.type === "CROSS" && both ? "INNER" : node.type;
    const joined: PlanNode = {
      op: "join",
      type,
      left: left.node,
      right: right.node,
      on: on.length > 1 ? on.map((part) => `(${part})`).join(" AND ") : (on[0] ?? ""),
    };
    if (type !== "FULL") {
      const window = type === "RIGHT" ? right.window : (left.window ?? right.window);
      return { node: joined, ...(window !== undefined && { window }) };
    }
    const own = this.#id();
    const items = [{ id: own, sql: `COALESCE(${left.window}, ${right.window})` }];
    return { node: { op: "extend", input: joined, items }, window: own };
  }

  /** The right side is computed for each row of the left: it sees that row's window. */
  #lateral(node: PlanNode & { op: "join" }, outer: string | undefined): Lifted {
    const left = outer === undefined ? this.#inEveryWindow(this.lift(node.left)) : this.lift(node.left, outer);
    const right = this.lift(node.right, left.window ?? outer);
    if (right.window !== undefined) throw new NotLiftable("a table inside mv-apply");
    return {
      node: { ...node, left: left.node, right: right.node },
      ...(left.window !== undefined && { window: left.window }),
    };
  }

  #union(node: PlanNode & { op: "union" }, outer: string | undefined): Lifted {
    const inputs = node.inputs.map(({ input, sqls }) => ({ lifted: this.lift(input, outer), sqls }));
    const isTimed = inputs.some(
      ({ lifted, sqls }) => lifted.window !== undefined || sqls.some((sql) => this.#isTimed(sql)),
    );
    if (!isTimed || outer !== undefined) {
      if (inputs.some(({ lifted }) => lifted.window !== undefined)) throw new NotLiftable("a table inside mv-apply");
      const same = inputs.map(({ lifted, sqls }) => ({
        input: lifted.node,
        sqls: sqls.map((sql) => this.sql(sql, outer)),
      }));
      return { node: { ...node, inputs: same } };
    }
    const own = this.#id();
    const timed = inputs.map(({ lifted, sqls }) => {
      const { node: input, window } = this.#inEveryWindow(lifted);
      return { input, sqls: [window, ...sqls.map((sql) => this.#over(this.sql(sql, window), window))] };
    });
    return { node: { ...node, ids: [own, ...node.ids], inputs: timed }, window: own };
  }

  /** The first rows of each window. */
  #limit(node: PlanNode & { op: "limit" }, outer: string | undefined): Lifted {
    const { node: input, window } = this.lift(node.input, outer);
    const order = this.#keys(node.order, window ?? outer);
    const count = this.sql(node.count, window ?? outer);
    if (window === undefined) return { node: { ...node, input, order, count } };
    const place = this.#id();
    const by = order.length > 0 ? ` ORDER BY ${orderSql(order)}` : "";
    // Not row_number(): DuckDB 1.5 rewrites a bounded one to an aggregate and fails on the types of some keys.
    const items = [{ id: place, sql: `count(*) OVER (PARTITION BY ${window}${by} ROWS UNBOUNDED PRECEDING)` }];
    const numbered: PlanNode = { op: "extend", input, items };
    return { node: { op: "filter", input: numbered, condition: `${place} <= ${count}` }, window };
  }

  #keys(keys: readonly SortKey[], window: string | undefined): SortKey[] {
    return keys.map((key) => ({ ...key, sql: this.sql(key.sql, window) }));
  }

  order(window: string): SortKey[] {
    return [{ sql: window, descending: false, nullsFirst: true }, ...this.#keys(this.#plan.order, window)];
  }

  /** Two readings of one plan may meet in a join, so each gets a window column of its own. */
  #sharedPlan({ name, once }: SharedPlan): Lifted {
    const found = this.shared.get(name);
    if (!found) throw new NotLiftable("a plan that is read before it is known");
    const node: PlanNode = { op: "shared", shared: { name, once, node: found.node } };
    if (found.window === undefined) return { node };
    const own = this.#id();
    return { node: { op: "extend", input: node, items: [{ id: own, sql: found.window }] }, window: own };
  }
}

/** A table with what the row alone decides, and the conditions that ask the clock. */
interface Leaf {
  readonly scan: PlanNode & { op: "scan" };
  readonly row: PlanNode;
  readonly timed: readonly string[];
}

/** Windows that overlap less than this are not worth a step more. */
const OVERLAPPING = 3n;

type Step = PlanNode & { op: "filter" | "extend" };

/** Filters and columns that the row alone decides, from the lowest up, over a table; filters may ask the clock. */
function stepsOf(
  node: PlanNode,
  isTimed: (sql: string) => boolean,
): { readonly scan?: PlanNode & { op: "scan" }; readonly steps: readonly Step[] } {
  const steps: Step[] = [];
  let below = node;
  for (;;) {
    if (below.op === "scan") return { scan: below, steps };
    const isRow =
      below.op === "extend" && !below.expands && !below.items.some(({ sql }) => sql.includes("OVER (") || isTimed(sql));
    if (below.op !== "filter" && !isRow) return { steps };
    steps.unshift(below as Step);
    below = (below as Step).input;
  }
}

/** The sides whose rows a join keeps whether or not they match: they must know their window. */
const KEEPS: Readonly<Record<Exclude<JoinType, "LATERAL">, { left: boolean; right: boolean }>> = {
  INNER: { left: false, right: false },
  CROSS: { left: false, right: false },
  LEFT: { left: true, right: false },
  RIGHT: { left: false, right: true },
  FULL: { left: true, right: true },
  SEMI: { left: true, right: false },
  ANTI: { left: true, right: false },
};

export interface LiftedPlan extends WholePlan {
  readonly window: string;
}

/** The plan for all windows at once. Throws `NotLiftable`. `id` gives column ids that the plan does not use. */
export function liftPlan(plan: WholePlan, windows: Windows, id: () => string): LiftedPlan {
  const lifter = new Lifter(plan, windows, id);
  const { node, window } = lifter.whole();
  if (window === undefined) throw new NotLiftable("rows that do not depend on the window");
  return { node, window, order: lifter.order(window), shared: lifter.shared };
}
