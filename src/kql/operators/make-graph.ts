import { asType, columnScalar, nullOf } from "../plan/coerce.ts";
import { type Context, type Environment, extend, type OperatorLowering } from "../plan/context.ts";
import { type EdgeReading, type Graph, graphRelation, type NodeReading } from "../plan/graphs.ts";
import { columnsOf } from "../plan/patterns.ts";
import { agree, sharedReader } from "../plan/sharing.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

/** A table of nodes: its rows, one per key. */
interface NodeTable {
  readonly relation: Relation;
  readonly keyName: string;
  /** Partition, if any, and key. */
  readonly keys: readonly string[];
  readonly place: string;
}

const UNORDERED = { order: [], serialized: false } as const;

class GraphBuilder {
  readonly #node: SyntaxNode;
  readonly #context: Context;
  readonly #edges: () => Relation;
  readonly #keyType: PlanColumn["type"];
  readonly #partition: PlanColumn | undefined;
  readonly #properties: number;

  constructor(node: SyntaxNode, input: Relation, context: Context) {
    this.#node = node;
    this.#context = context;
    const [source, target] = ["SourceColumn", "TargetColumn"].map(
      (side) => columnsOf(node.get(side), input.columns, context)[0],
    ) as [PlanColumn, PlanColumn];
    if (source.type !== target.type)
      context.refuse(node, `An edge joins a ${source.type} to a ${target.type}; both ends need one type.`);
    this.#keyType = source.type;
    const by = node.child("PartitionedByClause")?.get("Entity");
    this.#partition = by && columnsOf(by, input.columns, context)[0];
    const number = { id: context.id(), sql: "row_number() OVER ()" };
    const columns: PlanColumn[] = [...input.columns, { id: number.id, name: "", type: "long" }, source, target];
    this.#properties = input.columns.length;
    this.#edges = sharedReader({ ...UNORDERED, node: extend(input.node, [number]), columns }, context);
    this.#partitionAt = this.#partition ? input.columns.indexOf(this.#partition) : -1;
  }

  readonly #partitionAt: number;

  /** Fresh edges: properties, then number, source key and target key; the partition first among the keys. */
  #rawEdges() {
    const relation = this.#edges();
    const [number, source, target] = relation.columns.slice(this.#properties) as [PlanColumn, PlanColumn, PlanColumn];
    const properties = relation.columns.slice(0, this.#properties);
    const partition = this.#partitionAt >= 0 ? [(properties[this.#partitionAt] as PlanColumn).id] : [];
    return { relation, properties, number: number.id, source: [...partition, source.id], target: [...partition, target.id] };
  }

  #table(clause: SyntaxNode, environment: Environment): NodeTable {
    const context = this.#context;
    const read = context.tabular(clause.get("Table"), environment);
    const [key] = columnsOf(clause.get("Column"), read.columns, context) as [PlanColumn];
    if (key.type !== this.#keyType)
      return context.refuse(clause, `The nodes' key is a ${key.type}, the edges join ${this.#keyType} values.`);
    const partition = this.#partition;
    const by = partition && read.columns.find((column) => column.name === partition.name);
    if (partition && !by) return context.refuse(clause, `The nodes have no column ${partition.name} to partition by.`);
    const place: Item = { id: context.id(), sql: "row_number() OVER ()" };
    const keys = [...(by ? [by] : []), key];
    const groups = keys.map(({ id }): Item => ({ id: context.id(), sql: id }));
    const first: Item = { id: context.id(), sql: `min(${place.id})` };
    const items: Item[] = [];
    const columns = read.columns.map((column): PlanColumn => {
      const id = context.id();
      const group = groups[keys.indexOf(column)];
      if (group) return { ...column, id: group.id };
      items.push({ id, sql: `arg_min(${column.id}, ${place.id})` });
      return { ...column, id };
    });
    const node: PlanNode = { op: "aggregate", input: extend(read.node, [place]), keys: groups, items: [first, ...items] };
    const relation = { ...UNORDERED, node, columns: [...columns, { id: first.id, name: "", type: "long" } as const] };
    const reader = sharedReader(relation, context);
    const fresh = reader();
    const at = (column: PlanColumn) => (fresh.columns[read.columns.indexOf(column)] as PlanColumn).id;
    return {
      relation: { ...fresh, columns: fresh.columns.slice(0, -1) },
      keyName: key.name,
      keys: keys.map(at),
      place: (fresh.columns.at(-1) as PlanColumn).id,
    };
  }

  /** Every key that a node table or an edge names, with the place of its first appearance. */
  #keys(tables: readonly (() => NodeTable)[]): { node: PlanNode; keys: string[]; number: string } {
    const context = this.#context;
    const width = this.#partition ? 2 : 1;
    const ids = Array.from({ length: width + 1 }, () => context.id());
    const step = 4_000_000_000_000;
    const inputs = tables.map((table, i) => {
      const read = table();
      return { input: read.relation.node, sqls: [...read.keys, `${read.place} + ${i * step}`] };
    });
    for (const side of ["source", "target"] as const) {
      const edges = this.#rawEdges();
      const place = `${edges.number} * 2 + ${2 * step + (side === "target" ? 1 : 0)}`;
      inputs.push({ input: edges.relation.node, sqls: [...edges[side], place] });
    }
    const all: PlanNode = { op: "union", ids, inputs };
    const keys = Array.from({ length: width }, () => context.id());
    const [place, number] = [context.id(), context.id()];
    const grouped: PlanNode = {
      op: "aggregate",
      input: all,
      keys: keys.map((id, i) => ({ id, sql: ids[i] ?? "" })),
      items: [{ id: place, sql: `min(${ids.at(-1)})` }],
    };
    return { node: extend(grouped, [{ id: number, sql: `row_number() OVER (ORDER BY ${place})` }]), keys, number };
  }

  /** The nodes with the properties of every table that knows them. */
  #nodes(tables: readonly (() => NodeTable)[], keyName: string | undefined): () => NodeReading {
    const context = this.#context;
    const { node, keys, number } = this.#keys(tables);
    const key = keys.at(-1) as string;
    let plan: PlanNode = node;
    const values = new Map<string, { type: PlanColumn["type"]; sqls: string[] }>();
    if (keyName !== undefined) values.set(keyName, { type: this.#keyType, sqls: [key] });
    const found: string[] = [];
    for (const table of tables) {
      const read = table();
      found.push(`${read.place} IS NOT NULL`);
      plan = { op: "join", type: "LEFT", left: plan, right: read.relation.node, on: agree(keys, read.keys) };
      for (const column of read.relation.columns) {
        const known = values.get(column.name) ?? { type: column.type, sqls: [] };
        if (known.type !== column.type)
          return context.refuse(this.#node, `The nodes' property ${column.name} has two types.`);
        known.sqls.push(column.id);
        values.set(column.name, known);
      }
    }
    const unknown = found.length > 0 ? `NOT (${found.join(" OR ")})` : "true";
    const items: Item[] = [];
    const names = new Set(tables.map((table) => table().keyName));
    const columns = [...values].map(([name, { type, sqls }]): PlanColumn => {
      const own = names.has(name) ? [`CASE WHEN ${unknown} THEN ${key} END`] : [];
      const value: Scalar = { sql: `COALESCE(${[...sqls, ...own, nullOf(type).sql].join(", ")})`, type };
      const id = context.id();
      items.push({ id, sql: value.sql });
      return { id, name, type };
    });
    const internal: PlanColumn[] = [
      { id: number, name: "", type: "long" },
      { id: key, name: "", type: this.#keyType },
    ];
    const read = sharedReader({ ...UNORDERED, node: extend(plan, items), columns: [...internal, ...columns] }, context);
    return () => {
      const relation = read();
      const [first, second, ...properties] = relation.columns as [PlanColumn, PlanColumn, ...PlanColumn[]];
      return { ...relation, columns: properties, number: first.id, key: second };
    };
  }

  graph(environment: Environment): Graph {
    const context = this.#context;
    const clause = this.#node.child("WithClause");
    const tables = (clause?.kind === "MakeGraphWithTablesAndKeysClause" ? clause.items("TablesAndKeys") : []).map(
      (table) => () => this.#table(table, environment),
    );
    const name = clause?.kind === "MakeGraphWithImplicitIdClause" ? clause.get("Name").name : undefined;
    const keyed = this.#keyedNodes(tables, name);
    const raw = this.#rawEdges();
    const [source, target] = [keyed(), keyed()];
    const withSource: PlanNode = {
      op: "join",
      type: "INNER",
      left: raw.relation.node,
      right: source.node,
      on: agree(raw.source, source.keys),
    };
    const node: PlanNode = {
      op: "join",
      type: "INNER",
      left: withSource,
      right: target.node,
      on: agree(raw.target, target.keys),
    };
    const internal = [raw.number, source.number, target.number].map(
      (id): PlanColumn => ({ id, name: "", type: "long" }),
    );
    const read = sharedReader({ ...UNORDERED, node, columns: [...internal, ...raw.properties] }, context);
    return {
      nodes: keyed.nodes,
      edges: (): EdgeReading => {
        const relation = read();
        const [number, from, to, ...properties] = relation.columns as [PlanColumn, PlanColumn, PlanColumn];
        return { ...relation, columns: properties, number: number.id, from: from.id, to: to.id };
      },
      partitioned: this.#partition !== undefined,
    };
  }
}
