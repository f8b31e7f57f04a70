import { renderTemplate } from "./calls.ts";
import type { Context } from "./context.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { scalarFunctions } from "../functions/index.ts";
import type { PlanColumn, Relation, Scalar } from "./types.ts";

/** The columns that every reading of nodes or edges has besides the properties. */
export interface NodeReading extends Relation {
  /** The node's number: dense, from 1, in the order of first appearance. */
  readonly number: string;
  /** The value that names the node in the source tables. */
  readonly key: PlanColumn;
}
export interface EdgeReading extends Relation {
  readonly number: string;
  /** Numbers of the nodes that the edge joins. */
  readonly from: string;
  readonly to: string;
}

/** Two shared tables; every reading has fresh ids. `columns` of a reading are the properties alone. */
export interface Graph {
  nodes(): NodeReading;
  edges(): EdgeReading;
  /** Nodes of different parts of a partitioned graph are never joined. */
  readonly partitioned: boolean;
}

export interface GraphRelation extends Relation {
  readonly graph: Graph;
}

/** The graph that an operator reads. */
export function graphOf(node: SyntaxNode, input: Relation, context: Context): Graph {
  if ("graph" in input) return (input as GraphRelation).graph;
  return context.refuse(node, "The operator reads a graph.", "Put make-graph before it.");
}

/** A relation that stands for a graph: without a graph operator after it, it has no rows to show. */
export const graphRelation = (graph: Graph): GraphRelation => ({ ...graph.edges(), graph });

/** Kusto names a node by the hash of its key. */
export function nodeHash(node: SyntaxNode, key: Scalar, context: Context): Scalar {
  const entry = scalarFunctions.get("hash");
  if (!entry) return context.unsupported(node, "node ids");
  context.use(entry.udfs);
  const call = { now: context.now, refuse: (message: string) => context.refuse(node, message) };
  return { sql: renderTemplate(entry.sql, [key], call), type: "long", notNull: true };
}
