import type { Column } from "../../core/kusto.ts";
import type { Context, Environment, Rows } from "../plan/context.ts";
import type { Relation } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

/** One call of a plugin: `input | evaluate name(arguments)`. */
export interface PluginCall {
  readonly node: SyntaxNode;
  readonly name: string;
  readonly args: readonly SyntaxNode[];
  /** The rows before the operator; arguments that name columns are lowered over them. */
  readonly rows: Rows;
  /** The columns that `: (name:type, …)` declares; the others are dropped unless it holds `*`. */
  readonly declared: readonly Column[] | undefined;
  readonly context: Context;
  readonly environment: Environment;
}

/** Lowers the calls of one plugin. */
export type Plugin = (call: PluginCall) => Relation;
