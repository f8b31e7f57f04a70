import type { ScalarType } from "../../core/kusto.ts";
import type { FoldNode, PlanNode, SharedPlan, SortKey } from "../plan/types.ts";
import { inBranches, ROWS_BEGIN, ROWS_END, type RowWork, rowWork, withKeysInRows } from "./rows.ts";

/** The DuckDB type in which a Kusto type is stored. */
export const STORAGE: Readonly<Record<ScalarType, string>> = {
  bool: "BOOLEAN",
  int: "INTEGER",
  long: "BIGINT",
  real: "DOUBLE",
  decimal: "DECIMAL(38,18)",
  string: "VARCHAR",
  datetime: "BIGINT",
  timespan: "BIGINT",
  guid: "VARCHAR",
  dynamic: "VARCHAR",
};

const ID = /\b_k\d+\b/g;
const SHARED = /\b_s\d+\b/g;

/** The column ids that SQL names. Ids inside string literals count too: a superset is harmless. */
export const idsOf = (sql: string): readonly string[] => sql.match(ID) ?? [];

export const orderSql = (keys: readonly SortKey[]): string =>
  keys
    .map(
      ({ sql, descending, nullsFirst }) =>
        `${sql} ${descending ? "DESC" : "ASC"} NULLS ${nullsFirst ? "FIRST" : "LAST"}`,
    )
    .join(", ");

const ONE = "_one";

interface Rendered {
  readonly sql: string;
  readonly reads: ReadonlyMap<string, ReadonlySet<string>>;
  /** The SELECTs of the statement that group rows, an inner one before those around it. */
  readonly groupings: readonly string[];
}

/** Writes a plan as SQL, naming at every level only the columns that a level above needs. */
class Renderer {
  readonly reads = new Map<string, Set<string>>();
  readonly groupings: string[] = [];
  readonly #provides = new WeakMap<PlanNode, ReadonlySet<string>>();
  readonly #shared: ReadonlyMap<string, SharedPlan>;
  readonly #marksRows: boolean;
  #aliases = 0;

  constructor(shared: ReadonlyMap<string, SharedPlan>, marksRows: boolean) {
    this.#shared = shared;
    this.#marksRows = marksRows;
  }

  statement(node: PlanNode, columns: readonly string[], order: readonly SortKey[]): string {
    const needed = new Set(columns);
    for (const key of order) this.#need(needed, key.sql);
    const from = this.#from(node, needed);
    const body = `SELECT ${list(columns)} FROM ${from}${order.length > 0 ? ` ORDER BY ${orderSql(order)}` : ""}`;
    const ctes = this.#ctes(body);
    return ctes.length > 0 ? `WITH ${ctes.join(", ")} ${body}` : body;
  }

  /** A shared plan reads only earlier ones, so they are written from the last to the first, with the columns used. */
  #ctes(body: string): string[] {
    const written: string[] = [];
    let text = body;
    for (const shared of [...this.#shared.values()].reverse()) {
      if (!new Set<string>(text.match(SHARED) ?? []).has(shared.name)) continue;
      const needed = new Set(this.#wanted(shared.node, new Set(idsOf(text))));
      const cte = `${shared.name} AS ${shared.once ? "MATERIALIZED " : ""}(${this.#select(shared.node, needed)})`;
      written.unshift(cte);
      text += cte;
    }
    return written;
  }

  #need(needed: Set<string>, sql: string): void {
    for (const id of idsOf(sql)) needed.add(id);
  }

  #from(node: PlanNode, needed: ReadonlySet<string>): string {
    return `(${this.#select(node, needed)}) AS t${this.#aliases++}`;
  }

  provides(node: PlanNode): ReadonlySet<string> {
    const known = this.#provides.get(node);
    if (known) return known;
    const found = this.#providesOf(node);
    this.#provides.set(node, found);
    return found;
  }

  #providesOf(node: PlanNode): ReadonlySet<string> {
    switch (node.op) {
      case "scan":
      case "values":
        return new Set(node.items.map((item) => item.id));
      case "extend":
        return new Set([...this.provides(node.input), ...node.items.map((item) => item.id)]);
      case "filter":
      case "limit":
        return this.provides(node.input);
      case "aggregate":
        return new Set([...node.keys, ...node.items].map((item) => item.id));
      case "join":
        return node.type === "SEMI" || node.type === "ANTI"
          ? this.provides(node.left)
          : new Set([...this.provides(node.left), ...this.provides(node.right)]);
      case "union":
        return new Set(node.ids);
      case "shared":
        return this.provides(node.shared.node);
      case "fold":
        return new Set([...this.provides(node.input), ...node.states.map((state) => state.next)]);
      case "current":
        return new Set(node.ids);
    }
  }

  /** The wanted columns that the node has. */
  #wanted(node: PlanNode, needed: ReadonlySet<string>): string[] {
    const provided = this.provides(node);
    return [...needed].filter((id) => provided.has(id));
  }

  #select(node: PlanNode, needed: ReadonlySet<string>): string {
    if (!this.#marksRows) return this.#selectPlain(node, needed);
    const work = rowWork(node);
    return work ? this.#rowWork(node, work, needed) : this.#selectPlain(inBranches(node) ?? node, needed);
  }

  #rowWork(node: PlanNode, { node: rows, timespan }: RowWork, needed: ReadonlySet<string>): string {
    const kept = this.#wanted(node, needed);
    const below = new Set(kept);
    this.#need(below, timespan);
    const from = `${ROWS_BEGIN}(${this.#selectPlain(rows, below)})${ROWS_END} AS t${this.#aliases++}`;
    return `SELECT ${list(kept)} FROM ${from} WHERE ${timespan}`;
  }

  #selectPlain(node: PlanNode, needed: ReadonlySet<string>): string {
    switch (node.op) {
      case "scan":
        return this.#scan(node, needed);
      case "values":
        return this.#values(node);
      case "extend":
        return this.#extend(node, needed);
      case "filter":
        return this.#filter(node, needed);
      case "aggregate":
        return this.#aggregate(node, needed);
      case "join":
        return this.#join(node, needed);
      case "union":
        return this.#union(node, needed);
      case "limit":
        return this.#limit(node, needed);
      case "shared":
        return this.#sharedSelect(node.shared, needed);
      case "fold":
        return this.#fold(node, needed);
      case "current":
        return `SELECT ${list(this.#wanted(node, needed))} FROM ${node.fold}_row`;
    }
  }

  #scan(node: PlanNode & { op: "scan" }, needed: ReadonlySet<string>): string {
    const items = node.items.filter((item) => needed.has(item.id));
    const used = this.reads.get(node.table) ?? new Set();
    this.reads.set(node.table, used);
    for (const item of items) used.add(item.name);
    return `SELECT ${list(items.map(({ id, sql }) => `${sql} AS ${id}`))} FROM ${node.sql}`;
  }

  #values(node: PlanNode & { op: "values" }): string {
    const ids = node.items.map((item) => item.id);
    const typed = node.items.map(({ id, type }) => `${id}::${STORAGE[type]} AS ${id}`);
    if (ids.length === 0) return `SELECT 1 AS ${ONE} FROM range(${node.rows.length})`;
    if (node.rows.length === 0)
      return `SELECT ${node.items.map((i) => `NULL::${STORAGE[i.type]} AS ${i.id}`)} WHERE false`;
    const rows = node.rows.map((row) => `(${row.join(", ")})`).join(", ");
    return `SELECT ${typed.join(", ")} FROM (VALUES ${rows}) AS t${this.#aliases++}(${ids.join(", ")})`;
  }

  #extend(node: PlanNode & { op: "extend" }, needed: ReadonlySet<string>): string {
    const items = node.expands ? node.items : node.items.filter((item) => needed.has(item.id));
    const own = new Set(node.items.map((item) => item.id));
    const kept = this.#wanted(node, needed).filter((id) => !own.has(id));
    const below = new Set(kept);
    for (const item of items) this.#need(below, item.sql);
    if (items.length === 0) return this.#select(node.input, below);
    return `SELECT ${list([...kept, ...items.map(({ id, sql }) => `${sql} AS ${id}`)])} FROM ${this.#from(node.input, below)}`;
  }

  #filter(node: PlanNode & { op: "filter" }, needed: ReadonlySet<string>): string {
    const kept = this.#wanted(node, needed);
    const below = new Set(kept);
    const conditions: string[] = [];
    let input: PlanNode = node;
    while (input.op === "filter") {
      conditions.unshift(`(${input.condition})`);
      this.#need(below, input.condition);
      input = input.input;
    }
    return `SELECT ${list(kept)} FROM ${this.#from(input, below)} WHERE ${conditions.join(" AND ")}`;
  }

  #aggregate(written: PlanNode & { op: "aggregate" }, needed: ReadonlySet<string>): string {
    const node = this.#marksRows ? withKeysInRows(written) : written;
    const items = node.items.filter((item) => needed.has(item.id));
    const below = new Set<string>();
    for (const { sql } of [...node.keys, ...items]) this.#need(below, sql);
    const columns = [...node.keys, ...items].map(({ id, sql }) => `${sql} AS ${id}`);
    if (columns.length === 0) columns.push(`count(*) AS ${ONE}`);
    const groups = node.keys.length > 0 ? ` GROUP BY ${node.keys.map((_, i) => i + 1).join(", ")}` : "";
    const sql = `SELECT ${columns.join(", ")} FROM ${this.#from(node.input, below)}${groups}`;
    this.groupings.push(sql);
    return sql;
  }

  #join(node: PlanNode & { op: "join" }, needed: ReadonlySet<string>): string {
    const kept = this.#wanted(node, needed);
    const below = new Set(kept);
    if (node.on !== "") this.#need(below, node.on);
    const lateral = node.type === "LATERAL";
    const ofLeft = this.provides(node.left);
    const right = this.#from(node.right, new Set([...below].filter((id) => !ofLeft.has(id))));
    if (lateral) this.#need(below, right);
    const left = this.#from(node.left, below);
    if (lateral) return `SELECT ${list(kept)} FROM ${left}, LATERAL ${right}`;
    if (node.type === "CROSS") return `SELECT ${list(kept)} FROM ${left} CROSS JOIN ${right}`;
    return `SELECT ${list(kept)} FROM ${left} ${node.type} JOIN ${right} ON ${node.on}`;
  }

  #union(node: PlanNode & { op: "union" }, needed: ReadonlySet<string>): string {
    const places = node.ids.flatMap((id, i) => (needed.has(id) ? [i] : []));
    const branches = node.inputs.map(({ input, sqls }) => {
      const columns = places.map((i) => ({ id: node.ids[i] ?? "", sql: sqls[i] ?? "NULL" }));
      const below = new Set<string>();
      for (const { sql } of columns) this.#need(below, sql);
      return `SELECT ${list(columns.map(({ id, sql }) => `${sql} AS ${id}`))} FROM ${this.#from(input, below)}`;
    });
    return branches.join(" UNION ALL ");
  }

  #limit(node: PlanNode & { op: "limit" }, needed: ReadonlySet<string>): string {
    const kept = this.#wanted(node, needed);
    const below = new Set(kept);
    for (const key of node.order) this.#need(below, key.sql);
    const order = node.order.length > 0 ? ` ORDER BY ${orderSql(node.order)}` : "";
    return `SELECT ${list(kept)} FROM ${this.#from(node.input, below)}${order} LIMIT ${node.count}`;
  }

  /** A recursive query with one row per step. */
  #fold(node: FoldNode, needed: ReadonlySet<string>): string {
    const { name, place, states } = node;
    const inside = new Set([place]);
    for (const state of states) this.#need(inside, state.sql);
    const body = this.#select(node.body, inside);
    const below = new Set([...needed, place]);
    this.#need(below, body);
    const before = states.map(({ previous, next }) => `${next} AS ${previous}`);
    const step = [
      `${place} AS ${name}_at`,
      ...states.map(({ next, sql, type }) => `(${sql})::${STORAGE[type]} AS ${next}`),
    ];
    const first = [
      `0::BIGINT AS ${name}_at`,
      ...states.map(({ next, initial, type }) => `(${initial})::${STORAGE[type]} AS ${next}`),
    ];
    const row = `SELECT * FROM (SELECT ${[`${name}_at`, ...before].join(", ")} FROM ${name}) JOIN ${name}_base ON ${place} = ${name}_at + 1`;
    const recursive = `SELECT ${first.join(", ")} UNION ALL SELECT ${step.join(", ")} FROM (WITH ${name}_row AS (${row}) ${body})`;
    const base = `${name}_base AS MATERIALIZED (${this.#select(node.input, below)})`;
    const kept = list(this.#wanted(node, needed));
    return `WITH RECURSIVE ${base}, ${name} AS (${recursive}) SELECT ${kept} FROM ${name} JOIN ${name}_base ON ${place} = ${name}_at`;
  }

  #sharedSelect(shared: SharedPlan, needed: ReadonlySet<string>): string {
    return `SELECT ${list(this.#wanted(shared.node, needed))} FROM ${shared.name}`;
  }
}

const list = (columns: readonly string[]): string => (columns.length > 0 ? columns.join(", ") : `1 AS ${ONE}`);

/** One SELECT statement whose columns are the ids, in order, and the tables it reads with the columns used of each. */
export function renderStatement(
  node: PlanNode,
  columns: readonly string[],
  order: readonly SortKey[],
  shared: ReadonlyMap<string, SharedPlan>,
  marksRows = false,
): Rendered {
  const renderer = new Renderer(shared, marksRows);
  const sql = renderer.statement(node, columns, order);
  return { sql, reads: renderer.reads, groupings: renderer.groupings };
}
