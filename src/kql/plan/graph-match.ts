import type { SyntaxNode } from "../syntax/node.ts";
import { argumentsOf } from "./calls.ts";
import { asType } from "./coerce.ts";
import { type Context, type Environment, extend, Rows, type Scope } from "./context.ts";
import { type Cycles, jsonOf, type PathRequest, pathsOf } from "./graph-paths.ts";
import {
  conjuncts,
  namesIn,
  type PathCall,
  type Pattern,
  type PatternEdge,
  pathCallOf,
  pathCallsIn,
  patternOf,
} from "./graph-pattern.ts";
import type { Graph } from "./graphs.ts";
import { lowerItem } from "./items.ts";
import { Names } from "./names.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar } from "./types.ts";

interface Condition {
  readonly syntax: SyntaxNode;
  readonly names: ReadonlySet<string>;
}

export interface MatchOptions {
  readonly cycles: Cycles;
  readonly shortest?: "any" | "all";
}

const UNORDERED = { order: [], serialized: false } as const;

/** Follows a pattern edge by edge. What has been found so far is one plan; each name stands for columns of it. */
class Matcher {
  readonly #operator: SyntaxNode;
  readonly #graph: Graph;
  readonly #context: Context;
  readonly #environment: Environment;
  readonly #options: MatchOptions;
  readonly #pattern: Pattern;
  readonly #names: ReadonlySet<string>;
  readonly #used: ReadonlySet<string>;
  readonly #calls: readonly PathCall[];
  readonly #values = new Map<number, Scalar>();
  readonly #numbers = new Map<string, string>();
  readonly #bound = new Set<string>();
  readonly #sides: Record<string, Relation> = Object.create(null);
  readonly #degrees = new Map<string, (number: string) => string>();
  readonly #edgeNumbers: string[] = [];
  readonly #edgeLists: string[] = [];
  readonly #nodeLists: string[] = [];
  readonly #lengths: string[] = [];
  #conditions: Condition[];
  #plan: PlanNode = { op: "values", items: [], rows: [[]] };

  constructor(operator: SyntaxNode, graph: Graph, options: MatchOptions, context: Context, environment: Environment) {
    this.#operator = operator;
    this.#graph = graph;
    this.#context = context;
    this.#environment = environment;
    this.#options = options;
    this.#pattern = patternOf(operator, context);
    this.#names = new Set([...this.#pattern.nodes, ...this.#pattern.edges.map((edge) => edge.name)]);
    const where = operator.child("WhereClause")?.get("Condition");
    const project =
      operator.child("ProjectClause") ??
      context.unsupported(operator, "a graph pattern without project", "Say which properties to show.");
    this.#conditions = (where ? conjuncts(where) : []).map((syntax) => ({
      syntax,
      names: namesIn(syntax, this.#names),
    }));
    this.#used = new Set([where, project].flatMap((clause) => (clause ? [...namesIn(clause, this.#names)] : [])));
    this.#calls = [where, project].flatMap((clause) => (clause ? pathCallsIn(clause) : []));
    if (where) this.#refusePathProperties(where);
  }

  /** In a condition a property of a path's edges is not one value. */
  #refusePathProperties(where: SyntaxNode): void {
    const paths = new Set(this.#pattern.edges.flatMap((edge) => (edge.range ? [edge.name] : [])));
    where.some((node) => {
      if (node.kind === "PathExpression" && paths.has(node.get("Expression").name))
        this.#context.unsupported(
          node,
          "a property of a path's edges in where",
          `Say for which edges it shall hold: all(${node.get("Expression").name}, …) or any(…).`,
        );
      return false;
    });
  }

  #scope(rows: Rows, number?: string): Scope {
    return {
      environment: this.#environment,
      rows,
      sides: this.#sides,
      aggregate: (call) => this.#graphCall(call, number),
    };
  }

  /** Functions that only a graph has. */
  #graphCall(call: SyntaxNode, number: string | undefined): Scalar | undefined {
    const known = this.#values.get(call.start);
    if (known) return known;
    const name = call.get("Name").name;
    if (name === "labels") return this.#context.unsupported(call, "labels()", "Nodes made from tables have no labels.");
    if (name !== "node_degree_in" && name !== "node_degree_out") return undefined;
    const [argument] = argumentsOf(call);
    const node = argument ? this.#numbers.get(argument.name) : number;
    if (node === undefined) return this.#context.refuse(call, `${name}() takes a node of the pattern.`);
    return { sql: this.#degree(name)(node), type: "long", notNull: true };
  }

  #degree(name: "node_degree_in" | "node_degree_out"): (number: string) => string {
    const known = this.#degrees.get(name);
    if (known) return known;
    const edges = this.#graph.edges();
    const [key, count] = [this.#context.id(), this.#context.id()];
    const node: PlanNode = {
      op: "aggregate",
      input: edges.node,
      keys: [{ id: key, sql: name === "node_degree_in" ? edges.to : edges.from }],
      items: [{ id: count, sql: "count(*)" }],
    };
    const shared = this.#context.share(node, true);
    const degree = (number: string) =>
      `COALESCE((SELECT any_value(${count}) FROM ${shared.name} WHERE ${key} = ${number}), 0)`;
    this.#degrees.set(name, degree);
    return degree;
  }

  #rows(): Rows {
    return new Rows({ ...UNORDERED, node: this.#plan, columns: [] });
  }

  #filter(condition: string): void {
    if (condition !== "") this.#plan = { op: "filter", input: this.#plan, condition };
  }

  /** Every condition holds as soon as all that it speaks of has been found. */
  #settle(): void {
    const ready = this.#conditions.filter(({ names }) => [...names].every((name) => this.#bound.has(name)));
    this.#conditions = this.#conditions.filter((condition) => !ready.includes(condition));
    for (const { syntax } of ready) {
      const rows = this.#rows();
      const value = asType(this.#context.scalar(syntax, this.#scope(rows)), "bool");
      this.#plan = rows.relation.node;
      this.#filter(value.sql);
    }
  }

  /** A node gets its properties only where the text speaks of it. `from`: what a path leads from; it may be of no length. */
  #bindNode(name: string, number: string, from?: string): void {
    if (this.#options.cycles === "none") {
      const known = [...this.#numbers.values()].filter((other) => other !== from);
      const others = known.map((other) => `${number} <> ${other}`);
      this.#filter([...others, ...this.#outside(number)].join(" AND "));
    }
    this.#numbers.set(name, number);
    this.#bound.add(name);
    if (this.#used.has(name)) {
      const reading = this.#graph.nodes();
      const on = `${number} = ${reading.number}`;
      this.#plan = { op: "join", type: "INNER", left: this.#plan, right: reading.node, on };
      this.#sides[name] = reading;
    }
    this.#settle();
  }

  /** A node is not on the paths found before; their ends are compared one by one. */
  #outside(number: string): string[] {
    return this.#nodeLists.map((list) => `NOT list_contains(${list}[2:-2], ${number})`);
  }

  #begin(name: string): void {
    const reading = this.#graph.nodes();
    this.#plan = reading.node;
    this.#sides[name] = reading;
    this.#numbers.set(name, reading.number);
    this.#bound.add(name);
    this.#settle();
  }

  #single(edge: PatternEdge, fromLeft: boolean): { here: string; there: string } {
    const read = this.#graph.edges();
    const context = this.#context;
    const [number, from, to] = [context.id(), context.id(), context.id()];
    const columns = read.columns.map((column): PlanColumn => ({ ...column, id: context.id() }));
    const along = (edge.direction === "forward") === fromLeft;
    const ways = edge.direction === "any" ? [true, false] : [along];
    const inputs = ways.map((forth, i) => {
      const one = i === 0 ? read : this.#graph.edges();
      const ends = forth ? [one.from, one.to] : [one.to, one.from];
      const input: PlanNode =
        i === 0 ? one.node : { op: "filter", input: one.node, condition: `${one.from} <> ${one.to}` };
      return { input, sqls: [one.number, ...ends, ...one.columns.map(({ id }) => id)] };
    });
    const node: PlanNode = { op: "union", ids: [number, from, to, ...columns.map(({ id }) => id)], inputs };
    const start = this.#numbers.get(fromLeft ? edge.left : edge.right) ?? "";
    this.#plan = { op: "join", type: "INNER", left: this.#plan, right: node, on: `${start} = ${from}` };
    this.#sides[edge.name] = { ...UNORDERED, node, columns };
    if (this.#options.cycles === "unique_edges")
      this.#filter(
        [
          ...this.#edgeNumbers.map((other) => `${number} <> ${other}`),
          ...this.#edgeLists.map((list) => `NOT list_contains(${list}, ${number})`),
        ].join(" AND "),
      );
    this.#edgeNumbers.push(number);
    this.#lengths.push("1");
    return { here: from, there: to };
  }

  #path(edge: PatternEdge, fromLeft: boolean): { here: string; there: string } {
    const shared = this.#context.share(this.#plan, true);
    this.#plan = { op: "shared", shared: { ...shared, once: true } };
    const start = this.#numbers.get(fromLeft ? edge.left : edge.right) ?? "";
    const calls = this.#calls.filter((call) => call.edge === edge.name);
    const required = new Set(
      this.#conditions.flatMap(({ syntax }) => (pathCallOf(syntax)?.kind === "all" ? [syntax.start] : [])),
    );
    const marked = calls.map((call) => ({ ...call, required: required.has(call.syntax.start) }));
    const request: PathRequest = {
      graph: this.#graph,
      edge,
      fromLeft,
      cycles: this.#options.cycles,
      seeds: this.#plan,
      seed: start,
      calls: marked,
      scope: (rows, number) => this.#scope(rows, number),
      shortest: this.#prunes(edge, required) ? this.#options.shortest : undefined,
    };
    const paths = pathsOf(request, this.#context);
    this.#plan = { op: "join", type: "INNER", left: this.#plan, right: paths.node, on: `${start} = ${paths.start}` };
    calls.forEach((call, i) => {
      const value = paths.values[i] ?? "";
      const scalar: Scalar =
        call.kind === "map" ? { sql: jsonOf(value), type: "dynamic" } : { sql: value, type: "bool" };
      this.#values.set(call.syntax.start, { ...scalar, notNull: true });
    });
    this.#sides[edge.name] = { ...UNORDERED, node: paths.node, columns: paths.properties };
    this.#filter(this.#apart(paths.edges, paths.nodes));
    this.#edgeLists.push(paths.edges);
    this.#nodeLists.push(paths.nodes);
    this.#lengths.push(paths.length);
    return { here: paths.start, there: paths.end };
  }

  /** A path shares no edge, or no inner node, with what has been found before. */
  #apart(edges: string, nodes: string): string {
    const { cycles } = this.#options;
    if (cycles === "unique_edges")
      return [
        ...this.#edgeNumbers.map((number) => `NOT list_contains(${edges}, ${number})`),
        ...this.#edgeLists.map((list) => `NOT list_has_any(${edges}, ${list})`),
      ].join(" AND ");
    if (cycles === "all") return "";
    const inner = `${nodes}[2:-2]`;
    return [
      ...[...this.#numbers.values()].map((number) => `NOT list_contains(${inner}, ${number})`),
      ...this.#nodeLists.map((list) => `NOT list_has_any(${inner}, ${list})`),
    ].join(" AND ");
  }

  /**
   * Longer paths may be left out early when nothing but their ends and what every element satisfies decides. Without a
   * direction the shortest way back to the start may lead through a node by a detour.
   */
  #prunes(edge: PatternEdge, required: ReadonlySet<number>): boolean {
    const { edges } = this.#pattern;
    if (!this.#options.shortest || edges.length > 1 || (edge.range?.[0] ?? 1) > 1 || edge.direction === "any")
      return false;
    return this.#conditions.every(({ syntax, names }) => !names.has(edge.name) || required.has(syntax.start));
  }

  #follow(edge: PatternEdge): void {
    const fromLeft = this.#numbers.has(edge.left);
    const start = edge.range && this.#numbers.get(fromLeft ? edge.left : edge.right);
    const { there } = edge.range ? this.#path(edge, fromLeft) : this.#single(edge, fromLeft);
    this.#bound.add(edge.name);
    const other = fromLeft ? edge.right : edge.left;
    const known = this.#numbers.get(other);
    if (known === undefined) this.#bindNode(other, there, start);
    else {
      this.#filter(`${there} = ${known}`);
      this.#settle();
    }
  }

  /** The node to begin with: the one that most conditions speak of alone. */
  #beginning(): string {
    const weight = (name: string) => this.#conditions.filter(({ names }) => names.size === 1 && names.has(name)).length;
    return this.#pattern.nodes.toSorted((a, b) => weight(b) - weight(a))[0] ?? "";
  }

  #search(): void {
    this.#begin(this.#beginning());
    const open = [...this.#pattern.edges];
    while (open.length > 0) {
      const at = open.findIndex((edge) => this.#numbers.has(edge.left) || this.#numbers.has(edge.right));
      const edge =
        open[at] ?? this.#context.refuse(this.#operator, "The parts of the pattern are not connected by a node.");
      open.splice(at, 1);
      this.#follow(edge);
    }
    const { edges, nodes } = this.#pattern;
    if (this.#options.cycles === "none" && edges.length > nodes.length - 1) this.#filter("false");
  }

  /** One of the shortest matches between the first and the last node, or all of them. */
  #shortest(kind: "any" | "all"): void {
    const [start, end] = [this.#pattern.first, this.#pattern.last].map((name) => this.#numbers.get(name));
    const total = this.#lengths.join(" + ");
    const ties = kind === "any" ? [...this.#edgeLists, ...this.#edgeNumbers] : [];
    const order = [total, ...ties].join(", ");
    const rank = kind === "any" ? "row_number()" : "rank()";
    const id = this.#context.id();
    const sql = `${rank} OVER (PARTITION BY ${start}, ${end} ORDER BY ${order})`;
    this.#plan = extend(this.#plan, [{ id, sql }]);
    this.#filter(`${id} = 1`);
  }

  result(): Relation {
    this.#search();
    if (this.#options.shortest) this.#shortest(this.#options.shortest);
    const rows = this.#rows();
    const scope = this.#scope(rows);
    const values = this.#operator
      .get("ProjectClause")
      .items("Expressions")
      .flatMap((item) => lowerItem(item, this.#context, scope));
    const names = new Names(values.flatMap((value) => (value.explicit && value.name ? [value.name] : [])));
    const items: Item[] = [];
    const columns = values.map(({ name, explicit, value }): PlanColumn => {
      const id = this.#context.id();
      items.push({ id, sql: value.sql });
      const own = explicit && name ? name : name === undefined ? names.anonymous() : names.unique(name);
      return { id, name: own, type: value.type };
    });
    return { ...UNORDERED, node: extend(rows.relation.node, items), columns };
  }
}

/** The matches of an operator's pattern, as rows of its project clause. */
export const matchGraph = (
  operator: SyntaxNode,
  graph: Graph,
  options: MatchOptions,
  context: Context,
  environment: Environment,
): Relation => new Matcher(operator, graph, options, context, environment).result();
