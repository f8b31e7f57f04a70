import { nullOf } from "../plan/coerce.ts";
import { type Context, type Environment, extend, type OperatorLowering } from "../plan/context.ts";
import { type Graph, graphRelation } from "../plan/graphs.ts";
import { columnsOf } from "../plan/patterns.ts";
import { agree, sharedReader } from "../plan/sharing.ts";
import type { Item, PlanColumn, PlanNode, Relation, UnionInput } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

const UNORDERED = { order: [], serialized: false } as const;
/** Places of one table are below those of the next one. */
const STEP = 4_000_000_000_000;

const internal = (id: string, type: PlanColumn["type"] = "long"): PlanColumn => ({ id, name: "", type });
const idsOf = (columns: readonly PlanColumn[]): string[] => columns.map((column) => column.id);

/** One reading of a source table: its properties, the keys that name its nodes, and the row's place. */
interface Reading {
  readonly node: PlanNode;
  readonly properties: readonly PlanColumn[];
  readonly keys: readonly string[];
  readonly place: string;
}
interface NodeTable {
  readonly keyName: string;
  read(): Reading;
}
interface Edges {
  read(): { node: PlanNode; properties: PlanColumn[]; number: string; source: string[]; target: string[] };
}

class GraphBuilder {
  readonly #node: SyntaxNode;
  readonly #context: Context;
  readonly #keyType: PlanColumn["type"];
  readonly #partition: PlanColumn | undefined;
  readonly #edges: Edges;

  constructor(node: SyntaxNode, input: Relation, context: Context) {
    this.#node = node;
    this.#context = context;
    const ends = ["SourceColumn", "TargetColumn"].flatMap((end) => columnsOf(node.get(end), input.columns, context));
    const [source, target] = ends as [PlanColumn, PlanColumn];
    if (source.type !== target.type)
      context.refuse(node, `An edge joins a ${source.type} to a ${target.type}; both ends need one type.`);
    const by = node.child("PartitionedByClause")?.get("Entity");
    this.#keyType = source.type;
    this.#partition = by && columnsOf(by, input.columns, context)[0];
    this.#edges = this.#edgeTable(input, source, target);
  }

  #edgeTable(input: Relation, source: PlanColumn, target: PlanColumn): Edges {
    const number: Item = { id: this.#context.id(), sql: "row_number() OVER ()" };
    const columns = [...input.columns, internal(number.id)];
    const reader = sharedReader({ ...UNORDERED, node: extend(input.node, [number]), columns }, this.#context);
    const places = [this.#partition, source, target].map((column) => (column ? input.columns.indexOf(column) : -1));
    return {
      read: () => {
        const { node, columns: fresh } = reader();
        const [by, from, to] = places.map((at) => fresh[at]?.id);
        const within = by === undefined ? [] : [by];
        return {
          node,
          properties: fresh.slice(0, -1),
          number: fresh.at(-1)?.id ?? "",
          source: [...within, from ?? ""],
          target: [...within, to ?? ""],
        };
      },
    };
  }

  /** The rows of a node table, one per key: the first one. */
  #nodeTable(clause: SyntaxNode, environment: Environment): NodeTable {
    const context = this.#context;
    const read = context.tabular(clause.get("Table"), environment);
    const [key] = columnsOf(clause.get("Column"), read.columns, context) as [PlanColumn];
    if (key.type !== this.#keyType)
      return context.refuse(clause, `The nodes' key is a ${key.type}, the edges join ${this.#keyType} values.`);
    const partition = this.#partition;
    const by = partition && read.columns.find((column) => column.name === partition.name);
    if (partition && !by) return context.refuse(clause, `The nodes have no column ${partition.name} to partition by.`);
    const keys = [...(by ? [by] : []), key];
    const place: Item = { id: context.id(), sql: "row_number() OVER ()" };
    const first: Item = { id: context.id(), sql: `min(${place.id})` };
    const items = read.columns.map(({ id }): Item => ({ id: context.id(), sql: `first(${id} ORDER BY ${place.id})` }));
    const groups = keys.map(({ id }): Item => ({ id: context.id(), sql: id }));
    const node: PlanNode = {
      op: "aggregate",
      input: extend(read.node, [place]),
      keys: groups,
      items: [first, ...items],
    };
    const columns = [
      internal(first.id),
      ...groups.map(({ id }) => internal(id)),
      ...read.columns.map((column, i) => ({ ...column, id: items[i]?.id ?? "" })),
    ];
    const reader = sharedReader({ ...UNORDERED, node, columns }, context);
    return {
      keyName: key.name,
      read: () => {
        const { node: input, columns: fresh } = reader();
        const ids = idsOf(fresh);
        const from = 1 + keys.length;
        return { node: input, place: ids[0] ?? "", keys: ids.slice(1, from), properties: fresh.slice(from) };
      },
    };
  }

  /** Reads number and keys of every node that a table or an edge names, numbered by first appearance. */
  #keyReader(tables: readonly NodeTable[]): () => Relation {
    const context = this.#context;
    const inputs = tables.map((table, i): UnionInput => {
      const { node, keys, place } = table.read();
      return { input: node, sqls: [...keys, `${place} + ${i * STEP}`] };
    });
    for (const end of ["source", "target"] as const) {
      const edges = this.#edges.read();
      const place = `${edges.number} * 2 + ${tables.length * STEP + (end === "target" ? 1 : 0)}`;
      inputs.push({ input: edges.node, sqls: [...edges[end], place] });
    }
    const width = this.#partition ? 2 : 1;
    const ids = Array.from({ length: width + 1 }, () => context.id());
    const keys = ids.slice(0, width).map((sql): Item => ({ id: context.id(), sql }));
    const place: Item = { id: context.id(), sql: `min(${ids[width]})` };
    const number: Item = { id: context.id(), sql: `row_number() OVER (ORDER BY ${place.id})` };
    const grouped: PlanNode = { op: "aggregate", input: { op: "union", ids, inputs }, keys, items: [place] };
    const columns = [internal(number.id), ...keys.map(({ id }) => internal(id))];
    return sharedReader({ ...UNORDERED, node: extend(grouped, [number]), columns }, context);
  }

  /** Reads the nodes with the properties of the tables that know them. */
  #nodes(tables: readonly NodeTable[], keyReader: () => Relation, keyName: string | undefined): Graph["nodes"] {
    const context = this.#context;
    const base = keyReader();
    const [number, ...keys] = idsOf(base.columns) as [string, ...string[]];
    const key = keys.at(-1) ?? "";
    const readings = tables.map((table) => table.read());
    const node = readings.reduce<PlanNode>(
      (left, right) => ({ op: "join", type: "LEFT", left, right: right.node, on: agree(keys, right.keys) }),
      base.node,
    );
    /** What a node that only edges name has for a property. */
    const known = new Map<string, string>(tables.map((table) => [table.keyName, key]));
    if (this.#partition) known.set(this.#partition.name, keys[0] ?? "");
    const absent = readings.map(({ place }) => `${place} IS NULL`).join(" AND ") || "true";
    const properties = new Map<string, PlanColumn[]>();
    for (const column of readings.flatMap((reading) => reading.properties))
      properties.set(column.name, [...(properties.get(column.name) ?? []), column]);
    const items: Item[] = [];
    const columns = [...properties].map(([name, sources]): PlanColumn => {
      const { type } = sources[0] as PlanColumn;
      if (sources.some((source) => source.type !== type))
        return context.refuse(this.#node, `The nodes' property ${name} has several types.`);
      const own = known.has(name) ? [`CASE WHEN ${absent} THEN ${known.get(name)} END`] : [];
      const id = context.id();
      items.push({ id, sql: `COALESCE(${[...idsOf(sources), ...own, nullOf(type).sql].join(", ")})` });
      return { id, name, type };
    });
    if (keyName !== undefined) columns.push({ id: key, name: keyName, type: this.#keyType });
    const all = [internal(number), internal(key, this.#keyType), ...columns];
    const reader = sharedReader({ ...UNORDERED, node: extend(node, items), columns: all }, context);
    return () => {
      const relation = reader();
      const [first, second, ...rest] = relation.columns as [PlanColumn, PlanColumn, ...PlanColumn[]];
      return { ...relation, columns: rest, number: first.id, key: second };
    };
  }

  graph(environment: Environment): Graph {
    const clause = this.#node.child("WithClause");
    const listed = clause?.kind === "MakeGraphWithTablesAndKeysClause" ? clause.items("TablesAndKeys") : [];
    const tables = listed.map((table) => this.#nodeTable(table, environment));
    const keyName = clause?.kind === "MakeGraphWithImplicitIdClause" ? clause.get("Name").name : undefined;
    const keyReader = this.#keyReader(tables);
    const raw = this.#edges.read();
    const ends = [keyReader(), keyReader()];
    const node = ends.reduce<PlanNode>((left, end, i) => {
      const on = agree(i === 0 ? raw.source : raw.target, idsOf(end.columns).slice(1));
      return { op: "join", type: "INNER", left, right: end.node, on };
    }, raw.node);
    const numbers = [raw.number, ...ends.map((end) => end.columns[0]?.id ?? "")].map((id) => internal(id));
    const reader = sharedReader({ ...UNORDERED, node, columns: [...numbers, ...raw.properties] }, this.#context);
    return {
      nodes: this.#nodes(tables, keyReader, keyName),
      edges: () => {
        const relation = reader();
        const [number, from, to] = idsOf(relation.columns) as [string, string, string];
        return { ...relation, columns: relation.columns.slice(3), number, from, to };
      },
      partitioned: this.#partition !== undefined,
    };
  }
}

const PARTS: ReadonlySet<string> = new Set([
  "GraphMatchOperator",
  "GraphShortestPathsOperator",
  "GraphToTableOperator",
]);

/**
 * `make-graph a --> b`: rows become edges, their ends nodes with the properties of the node tables. Nodes of different
 * parts of a partitioned graph have different keys, so that no edge and no path leaves its part.
 */
const makeGraph: OperatorLowering = (node, input, context, environment) => {
  const graph = graphRelation(new GraphBuilder(node, input, context).graph(environment));
  const within = node.child("PartitionedByClause")?.get("Subquery");
  if (!within) return graph;
  if (
    within.some((inner) => inner.kind.startsWith("Graph") && inner.kind.endsWith("Operator") && !PARTS.has(inner.kind))
  )
    return context.unsupported(within, "this graph operator within partitioned-by");
  return context.tabular(within, environment, graph);
};

export default makeGraph;
