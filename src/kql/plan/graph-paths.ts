import { toElement } from "../functions/support/convert.ts";
import { asType } from "./coerce.ts";
import { type Context, extend, Rows, type Scope } from "./context.ts";
import type { PathCall, PatternEdge } from "./graph-pattern.ts";
import type { Graph } from "./graphs.ts";
import { sharedReader } from "./sharing.ts";
import type { Item, PlanColumn, PlanNode, Relation } from "./types.ts";

export type Cycles = "all" | "none" | "unique_edges";

/** What a path gathers from its edges or from the nodes within it. */
interface Gathered {
  readonly kind: PathCall["kind"];
  readonly inner: boolean;
  /** The path goes on only where the element satisfies it. */
  readonly required: boolean;
  readonly value: (edge: Rows, node: Rows) => string;
}

export interface PathRequest {
  readonly graph: Graph;
  readonly edge: PatternEdge;
  /** The path is followed from the pattern's left node to its right one. */
  readonly fromLeft: boolean;
  readonly cycles: Cycles;
  /** Paths start at these nodes alone: SQL of their number over the plan. */
  readonly seeds: PlanNode;
  readonly seed: string;
  readonly calls: readonly (PathCall & { readonly required: boolean })[];
  /** Lowers a call's expression over one element. */
  readonly scope: (rows: Rows, number?: string) => Scope;
  /** Only the shortest paths between two nodes matter: one of them or all. */
  readonly shortest: "any" | "all" | undefined;
}

export interface Paths extends Relation {
  readonly start: string;
  readonly end: string;
  readonly length: string;
  /** Lists of the edges' and of the nodes' numbers along the path. */
  readonly edges: string;
  readonly nodes: string;
  /** The value of each call, in their order; a map is a list of JSON texts. */
  readonly values: readonly string[];
  /** Each property of the edges as a list of JSON texts. */
  readonly properties: readonly PlanColumn[];
}

const column = (id: string): PlanColumn => ({ id, name: "", type: "long" });
const EMPTY = { all: "true", any: "false", map: "[]::VARCHAR[]" } as const;

class PathBuilder {
  readonly #request: PathRequest;
  readonly #context: Context;
  readonly #gathered: readonly Gathered[];
  readonly #names: readonly PlanColumn[];
  readonly #step: () => Relation;

  constructor(request: PathRequest, context: Context) {
    this.#request = request;
    this.#context = context;
    this.#names = request.graph.edges().columns;
    this.#gathered = [
      ...request.calls.map(
        (call): Gathered => ({
          ...call,
          value: (edge, node) => this.#valueOf(call, call.inner ? node : edge),
        }),
      ),
      ...this.#names.map(
        (_, i): Gathered => ({
          kind: "map",
          inner: false,
          required: false,
          value: (edge) => {
            const { id, type } = edge.relation.columns[i] as PlanColumn;
            return toElement(id, type);
          },
        }),
      ),
    ];
    this.#step = this.#steps();
  }

  #valueOf(call: PathCall, rows: Rows): string {
    const number = rows.relation.ordinal;
    const value = this.#context.scalar(call.expression, this.#request.scope(rows, call.inner ? number : undefined));
    if (call.kind === "map") return toElement(value.sql, value.type);
    return `COALESCE(${asType(value, "bool").sql}, false)`;
  }

  /** Edges in the direction in which the path follows them: number, from, to and properties. */
  #oriented(): { node: PlanNode; number: string; from: string; to: string; columns: PlanColumn[] } {
    const { graph, edge, fromLeft } = this.#request;
    const context = this.#context;
    const [number, from, to] = [context.id(), context.id(), context.id()];
    const columns = this.#names.map((known): PlanColumn => ({ ...known, id: context.id() }));
    const ids = [number, from, to, ...columns.map(({ id }) => id)];
    const along = (edge.direction === "forward") === fromLeft;
    const ways = edge.direction === "any" ? [true, false] : [along];
    const inputs = ways.map((forth, i) => {
      const read = graph.edges();
      const ends = forth ? [read.from, read.to] : [read.to, read.from];
      /** A loop is the same edge in both directions. */
      const input: PlanNode =
        i === 0 ? read.node : { op: "filter", input: read.node, condition: `${read.from} <> ${read.to}` };
      return { input, sqls: [read.number, ...ends, ...read.columns.map(({ id }) => id)] };
    });
    return { node: { op: "union", ids, inputs }, number, from, to, columns };
  }

  /** Reads number, from, to and what every gathered value takes from one step. */
  #steps(): () => Relation {
    const { number, from, to, columns, node } = this.#oriented();
    const context = this.#context;
    const nodes = this.#request.graph.nodes();
    const inner = this.#gathered.some((gathered) => gathered.inner);
    const joined: PlanNode = inner
      ? { op: "join", type: "INNER", left: node, right: nodes.node, on: `${from} = ${nodes.number}` }
      : node;
    const rows = { order: [], serialized: false } as const;
    const edgeRows = new Rows({ ...rows, node: joined, columns });
    const nodeRows = new Rows({ ...rows, node: joined, columns: nodes.columns, ordinal: nodes.number });
    const items = this.#gathered.map(({ value }): Item => ({ id: context.id(), sql: value(edgeRows, nodeRows) }));
    const wanted = this.#gathered.flatMap(({ required, inner: within }, i) =>
      required && !within ? [items[i]?.id ?? ""] : [],
    );
    const all = extend(joined, items);
    const kept: PlanNode = wanted.length > 0 ? { op: "filter", input: all, condition: wanted.join(" AND ") } : all;
    return sharedReader(
      { ...rows, node: kept, columns: [number, from, to, ...items.map(({ id }) => id)].map(column) },
      context,
    );
  }

  #stepReading() {
    const relation = this.#step();
    const [number, from, to, ...values] = relation.columns.map(({ id }) => id) as [string, string, string];
    return { node: relation.node, number, from, to, values: values as readonly string[] };
  }

  /** Names the columns of paths: start, end, edges, nodes, values. */
  #paths(node: PlanNode, sqls: readonly string[]): Relation {
    const items = sqls.map((sql): Item => ({ id: this.#context.id(), sql }));
    return { node: extend(node, items), columns: items.map(({ id }) => column(id)), order: [], serialized: false };
  }

  #still(): Relation {
    const { seeds, seed } = this.#request;
    const id = this.#context.id();
    const node: PlanNode = { op: "aggregate", input: seeds, keys: [{ id, sql: seed }], items: [] };
    return this.#paths(node, [id, id, "[]::BIGINT[]", `[${id}]`, ...this.#gathered.map(({ kind }) => EMPTY[kind])]);
  }

  #single(): Relation {
    const { seeds, seed } = this.#request;
    const step = this.#stepReading();
    const id = this.#context.id();
    const starts: PlanNode = { op: "aggregate", input: seeds, keys: [{ id, sql: seed }], items: [] };
    const node: PlanNode = { op: "join", type: "SEMI", left: step.node, right: starts, on: `${step.from} = ${id}` };
    const values = this.#gathered.map(({ kind, inner }, i) =>
      inner ? EMPTY[kind] : kind === "map" ? `[${step.values[i]}]` : (step.values[i] ?? ""),
    );
    const kept: PlanNode =
      this.#request.cycles === "none" ? { op: "filter", input: node, condition: `${step.from} <> ${step.to}` } : node;
    return this.#paths(kept, [step.from, step.to, `[${step.number}]`, `[${step.from}, ${step.to}]`, ...values]);
  }

  #longer(paths: Relation): Relation {
    const step = this.#stepReading();
    const [start, end, edges, nodes, ...known] = paths.columns.map(({ id }) => id) as [string, string, string, string];
    const values = known as readonly string[];
    const { cycles, fromLeft } = this.#request;
    const conditions = [`${end} = ${step.from}`];
    if (cycles === "unique_edges") conditions.push(`NOT list_contains(${edges}, ${step.number})`);
    if (cycles === "none") conditions.push(`NOT list_contains(${nodes}, ${step.to})`);
    this.#gathered.forEach(({ required, inner }, i) => {
      if (required && inner) conditions.push(step.values[i] ?? "");
    });
    const grown = this.#gathered.map(({ kind }, i) => {
      const [before, next] = [values[i] ?? "", step.values[i] ?? ""];
      if (kind !== "map") return `(${before} ${kind === "all" ? "AND" : "OR"} ${next})`;
      return fromLeft ? `list_append(${before}, ${next})` : `list_prepend(${next}, ${before})`;
    });
    const node: PlanNode = {
      op: "join",
      type: "INNER",
      left: paths.node,
      right: step.node,
      on: conditions.join(" AND "),
    };
    const more = [`list_append(${edges}, ${step.number})`, `list_append(${nodes}, ${step.to})`];
    return this.#paths(node, [start, step.to, ...more, ...grown]);
  }

  /** Leaves out what a shorter path reaches, and all but one of the paths between two nodes if one is enough. */
  #nearest(paths: Relation, shorter: readonly (() => Relation)[]): Relation {
    if (!this.#request.shortest) return paths;
    const ids = paths.columns.map(({ id }) => id);
    const [start, end, edges] = ids as [string, string, string];
    const node = shorter.reduce<PlanNode>((left, read) => {
      const known = read();
      const [from, to] = known.columns.map(({ id }) => id);
      const on = `${start} = ${from} AND ${end} = ${to}`;
      return { op: "join", type: "ANTI", left, right: known.node, on };
    }, paths.node);
    if (this.#request.shortest === "all") return { ...paths, node };
    const keys = [start, end].map((sql): Item => ({ id: this.#context.id(), sql }));
    const items = ids.slice(2).map((id): Item => ({ id: this.#context.id(), sql: `first(${id} ORDER BY ${edges})` }));
    const columns = [...keys, ...items].map(({ id }) => column(id));
    return { ...paths, node: { op: "aggregate", input: node, keys, items }, columns };
  }

  build(): Paths {
    const context = this.#context;
    const [least, most] = this.#request.edge.range ?? [1, 1];
    const lengths: (() => Relation)[] = [];
    for (let length = least === 0 ? 0 : 1; length <= most; length++) {
      const before = lengths.at(-1);
      const paths = length === 0 ? this.#still() : length === 1 || !before ? this.#single() : this.#longer(before());
      lengths.push(sharedReader(this.#nearest(paths, lengths), context));
    }
    const first = least === 0 ? 0 : 1;
    const kept = lengths.flatMap((read, i) => (i + first >= least ? [{ paths: read(), length: i + first }] : []));
    const width = kept[0]?.paths.columns.length ?? 0;
    const ids = Array.from({ length: width + 1 }, () => context.id());
    const inputs = kept.map(({ paths, length }) => ({
      input: paths.node,
      sqls: [...paths.columns.map(({ id }) => id), String(length)],
    }));
    const [start, end, edges, nodes] = ids as [string, string, string, string];
    const values = ids.slice(4, 4 + this.#gathered.length);
    const lists = this.#names.map((_, i): Item => {
      const list = values[this.#request.calls.length + i] ?? "";
      return { id: context.id(), sql: jsonOf(list) };
    });
    return {
      node: extend({ op: "union", ids, inputs }, lists),
      columns: [],
      order: [],
      serialized: false,
      start,
      end,
      edges,
      nodes,
      length: ids.at(-1) ?? "",
      values,
      properties: this.#names.map((known, i) => ({ id: lists[i]?.id ?? "", name: known.name, type: "dynamic" })),
    };
  }
}

/** A list of JSON texts as a dynamic array. */
export const jsonOf = (list: string): string => `'[' || array_to_string(${list}, ',') || ']'`;

/** All paths of a pattern's edge of variable length that start at the seeds. */
export const pathsOf = (request: PathRequest, context: Context): Paths => new PathBuilder(request, context).build();
