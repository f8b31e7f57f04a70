import { scalarFunctions } from "../functions/index.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { callContext, renderTemplate } from "./calls.ts";
import type { Context } from "./context.ts";
import type { PlanColumn, Relation, Scalar } from "./types.ts";

/** Nodes with fresh ids; the columns are the properties alone. */
export interface NodeReading extends Relation {
  /** The node's number: from 1, in the order of first appearance. */
  readonly number: string;
  /** The value that names the node in the source tables. */
  readonly key: PlanColumn;
}

/** Edges with fresh ids; the columns are the properties alone. */
export interface EdgeReading extends Relation {
  readonly number: string;
  /** Numbers of the nodes that the edge joins. */
  readonly from: string;
  readonly to: string;
}

export interface Graph {
  nodes(): NodeReading;
  edges(): EdgeReading;
  readonly partitioned: boolean;
}

interface GraphRelation extends Relation {
  readonly graph: Graph;
}

/** What make-graph gives to the graph operator after it; by itself it shows its edges. */
export const graphRelation = (graph: Graph): GraphRelation => ({ ...graph.edges(), graph });

/** The graph that an operator reads. */
export function graphOf(node: SyntaxNode, input: Relation, context: Context): Graph {
  if ("graph" in input) return (input as GraphRelation).graph;
  return context.refuse(node, "The operator reads a graph.", "Put make-graph before it.");
}

/** Kusto's id of a node is the hash of its key. */
export function nodeId(node: SyntaxNode, key: PlanColumn, context: Context): Scalar {
  const entry = scalarFunctions.get("hash");
  if (!entry) return context.unsupported(node, "node ids");
  context.use(entry.udfs);
  const value: Scalar = { sql: key.id, type: key.type };
  return { sql: renderTemplate(entry.sql, [value], callContext(node, context)), type: "long", notNull: true };
}
