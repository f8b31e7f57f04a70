import type { ScalarType } from "../../core/kusto.ts";
import type { Udf } from "../functions/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import type { CompileOptions, ProbeAnswer, Schema } from "../types.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar } from "./types.ts";
import type { Unknown } from "./unknown.ts";

/** What a name in the text stands for, other than a column. */
export type Binding =
  | { readonly kind: "scalar"; readonly value: Scalar; readonly parameter?: boolean }
  | { readonly kind: "table"; readonly lower: () => Relation; readonly view?: boolean; readonly parameter?: boolean }
  | { readonly kind: "function"; readonly declaration: SyntaxNode; readonly environment: Environment }
  | { readonly kind: "pattern"; readonly statement: SyntaxNode; readonly environment: Environment };

export class Environment {
  readonly parent: Environment | undefined;
  readonly names = new Map<string, Binding>();

  constructor(parent?: Environment) {
    this.parent = parent;
  }

  get depth(): number {
    return this.parent ? this.parent.depth + 1 : 0;
  }

  find(name: string): Binding | undefined {
    return this.names.get(name) ?? this.parent?.find(name);
  }

  all(): Map<string, Binding> {
    return new Map([...(this.parent?.all() ?? []), ...this.names]);
  }
}

const idsIn = (sql: string): Set<string> => new Set(sql.match(/\b_k\d+\b/g));

/** The rows that scalar expressions see. Windows and repeated expressions are hoisted into the plan below them. */
export class Rows {
  relation: Relation;
  /** The step that numbers the rows, and the order in which it does. */
  #numbered: { readonly node: PlanNode; readonly order: string } | undefined;

  constructor(relation: Relation) {
    this.relation = relation;
  }

  column(name: string): PlanColumn | undefined {
    return this.relation.columns.find((column) => column.name === name);
  }

  hoist(item: Item): void {
    this.relation = { ...this.relation, node: extend(this.relation.node, [item]) };
  }

  /** Numbers the rows in an order, given as `ORDER BY …`. */
  number(id: string, order: string): void {
    this.hoist({ id, sql: `row_number() OVER (${order})` });
    this.#numbered = { node: this.relation.node, order };
  }

  /** A window in the rows' order; right above their numbering it joins it, so that one sort serves both. */
  window(id: string, place: string, sql: (order: string) => string): void {
    const { node } = this.relation;
    const joined = this.#numbered?.node === node && node.op === "extend" && this.#numbered.order !== "";
    const own = joined ? sql(this.#numbered?.order ?? "") : "";
    if (!joined || node.items.some((item) => idsIn(own).has(item.id))) {
      this.hoist({ id, sql: sql(`ORDER BY ${place}`) });
      return;
    }
    const more: PlanNode = { ...node, items: [...node.items, { id, sql: own }] };
    this.#numbered = { node: more, order: this.#numbered?.order ?? "" };
    this.relation = { ...this.relation, node: more };
  }
}

export const extend = (input: PlanNode, items: readonly Item[]): PlanNode =>
  items.length > 0 ? { op: "extend", input, items } : input;

export interface Scope {
  readonly environment: Environment;
  readonly rows?: Rows;
  /** Lowers a call when it is an aggregate; only where aggregates are allowed. */
  readonly aggregate?: (call: SyntaxNode, scope: Scope) => Scalar | undefined;
  /** Only rows for which the value is true matter: false and null need not be told apart. */
  readonly loose?: boolean;
  /** `$left` and `$right` of a join condition. */
  readonly sides?: Readonly<Record<string, Relation>>;
}

/** What operators and expressions use to lower the syntax below them. */
export interface Context {
  readonly schema: Schema;
  readonly now: bigint;
  readonly environment: Environment;
  /** The values of `set` statements by name. */
  readonly options: ReadonlyMap<string, Scalar>;
  /** Which rows of a table have arrived, and whether the timespan is of their arrival. */
  readonly arrival: Pick<CompileOptions, "arrivedBy" | "byArrival">;
  /** Set where undescribed tables are open. */
  readonly unknown: Unknown | undefined;
  id(): string;
  /** Lowers a tabular expression. `input` is what an operator at the start of a subquery reads. */
  tabular(node: SyntaxNode, environment: Environment, input?: Relation): Relation;
  scalar(node: SyntaxNode, scope: Scope): Scalar;
  /** Binds the name of a let statement; options are noted, anything else is refused. */
  statement(node: SyntaxNode, environment: Environment): void;
  /** A scalar expression as SQL of the wanted type. */
  typed(node: SyntaxNode, type: ScalarType, scope: Scope): string;
  /** The value of an expression that the query text must fix. */
  constant(node: SyntaxNode, scope: Scope, what: string): Scalar;
  /** Gives a plan a name under which expressions and other plans read it. */
  share(node: PlanNode, once: boolean): { name: string; node: PlanNode };
  use(udfs: readonly Udf[] | undefined): void;
  warn(node: SyntaxNode, code: string, message: string, hint?: string): void;
  /** Refuses the query: it means something wrong. */
  refuse(node: SyntaxNode, message: string, hint?: string): never;
  /** Refuses the query: Kusto knows the feature, this engine does not. */
  unsupported(node: SyntaxNode, feature: string, hint?: string): never;
  /** Rows that fix the columns of the result; stops the compilation until they are known. */
  probe(relation: Relation, key: string): ProbeAnswer;
  tableNamed(node: SyntaxNode, name: string, environment: Environment): Relation;
  render?: Readonly<Record<string, string>>;
  /** Tables and table functions that the text reads and that hold no rows here. */
  readonly absent: Set<string>;
}

/** Lowers one tabular operator. The file name is the registry key: `mv-expand.ts` lowers `MvExpandOperator`. */
export type OperatorLowering = (
  node: SyntaxNode,
  input: Relation,
  context: Context,
  environment: Environment,
) => Relation;

/** A relation with other columns; order and serialization stay. */
export const withColumns = (relation: Relation, columns: readonly PlanColumn[]): Relation => ({ ...relation, columns });
