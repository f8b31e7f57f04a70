import type { ScalarType } from "../../core/kusto.ts";
import type { Argument, TupleColumn } from "../functions/types.ts";

/*
 * The relational plan. A column is known by an internal id (`_k1`, `_k2`, …) that is unique in the statement, so an
 * expression's SQL stays valid wherever the plan puts it, and Kusto's case-sensitive names never reach DuckDB.
 * A node passes every column of its input on; what nobody above names is left out when SQL is written.
 */

export interface Item {
  readonly id: string;
  readonly sql: string;
}

export interface SortKey {
  readonly sql: string;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export type JoinType = "INNER" | "LEFT" | "RIGHT" | "FULL" | "SEMI" | "ANTI" | "CROSS" | "LATERAL";

export type PlanNode =
  | { readonly op: "scan"; readonly sql: string; readonly table: string; readonly items: readonly ScanItem[] }
  | { readonly op: "values"; readonly items: readonly ValuesItem[]; readonly rows: readonly (readonly string[])[] }
  | {
      readonly op: "extend";
      readonly input: PlanNode;
      readonly items: readonly Item[];
      /** The items make rows (`unnest`): they are computed even when nobody reads them. */
      readonly expands?: boolean;
    }
  | {
      readonly op: "filter";
      readonly input: PlanNode;
      readonly condition: string;
      /** The query's timespan, right above the table. */
      readonly isTimespan?: boolean;
    }
  | {
      readonly op: "aggregate";
      readonly input: PlanNode;
      readonly keys: readonly Item[];
      readonly items: readonly Item[];
    }
  | {
      readonly op: "join";
      readonly type: JoinType;
      readonly left: PlanNode;
      readonly right: PlanNode;
      readonly on: string;
      /** innerunique: the left side's columns by id, and their ids before one row of each key was kept. */
      readonly before?: ReadonlyMap<string, string>;
    }
  | { readonly op: "union"; readonly ids: readonly string[]; readonly inputs: readonly UnionInput[] }
  | {
      readonly op: "limit";
      readonly input: PlanNode;
      readonly order: readonly SortKey[];
      readonly count: string;
    }
  | { readonly op: "shared"; readonly shared: SharedPlan }
  | FoldNode
  /** Inside the body of a fold: the row at hand beside the state before it. */
  | { readonly op: "current"; readonly fold: string; readonly ids: readonly string[] };

/** Rows one after the other, each computing a new state from the one before it; gives rows beside their states. */
export interface FoldNode {
  readonly op: "fold";
  readonly name: string;
  readonly input: PlanNode;
  /** Numbers the rows from 1 without gaps. */
  readonly place: string;
  readonly states: readonly FoldState[];
  /** Computes every `next` from what `current` gives. */
  readonly body: PlanNode;
}
export interface FoldState {
  /** The state before the row, seen by the body. */
  readonly previous: string;
  /** The state after the row. */
  readonly next: string;
  readonly type: ScalarType;
  /** SQL of the state before the first row. */
  readonly initial: string;
  /** SQL over the body's columns. */
  readonly sql: string;
}

export interface ScanItem extends Item {
  readonly name: string;
}
export interface ValuesItem {
  readonly id: string;
  readonly type: ScalarType;
}
/** One branch of a union: the SQL of each output column, in the order of the union's ids. */
export interface UnionInput {
  readonly input: PlanNode;
  readonly sqls: readonly string[];
}
/** A plan that is read by name (`_s1`, `_s2`, …) wherever it is used; it reads only plans with lower numbers. */
export interface SharedPlan {
  readonly name: string;
  /** Must run once even when it is used several times. */
  readonly once: boolean;
  readonly node: PlanNode;
}

/** A column that the query text can see. */
export interface PlanColumn {
  readonly id: string;
  readonly name: string;
  readonly type: ScalarType;
  /** Nothing describes it: the text names it, and its table may have it. A described column of its name takes its place. */
  readonly unknown?: true;
}

/** A tabular value: what it computes, what of it has a name, and in which order its rows stand. */
export interface Relation {
  readonly node: PlanNode;
  readonly columns: readonly PlanColumn[];
  /** Keys that the rows are sorted by. */
  readonly order: readonly SortKey[];
  /** What makes lists of unsorted rows the same in every run: the place in a literal table, the keys of groups. */
  readonly arrival?: readonly SortKey[];
  /** The column that numbers the rows in their order, once a window function asked for it. */
  readonly ordinal?: string;
  /** Whether row_number() and its kin may be used: sorted, ranged, printed or serialized input. */
  readonly serialized: boolean;
  /** The name that `withsource=` and `search` show. */
  readonly source?: string;
}

/** Where a dynamic value came from, so that a text of it needs no second parse. */
export interface JsonPath {
  readonly base: string;
  /** SQL of the path. */
  readonly path: string;
}

/** A sum, difference or product of longs, so that a longer one does not repeat its text. */
export interface WholeNumber {
  /** SQL that raises an error where the value leaves the range. */
  readonly fast: string;
  /** SQL of the exact value as HUGEINT. */
  readonly wide: string;
}

/** A lowered scalar expression. */
export interface Scalar extends Argument {
  /** Absent: the value may be null. A string never is. */
  readonly notNull?: boolean;
  readonly json?: JsonPath;
  readonly whole?: WholeNumber;
  /** The columns of a call that gives several; the SQL is then their JSON array. */
  readonly tuple?: readonly TupleColumn[];
}
