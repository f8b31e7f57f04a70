import type { ScalarType } from "../../core/kusto.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType, atom, nullOf } from "./coerce.ts";
import { type Context, type Environment, extend, Rows, type Scope } from "./context.ts";
import { typeNamed } from "./literals.ts";
import type { FoldState, Item, PlanColumn, PlanNode, Relation, Scalar } from "./types.ts";

/** A column that the scan declares, with its value where no step assigns one. */
export interface Variable extends PlanColumn {
  readonly initial: string;
  readonly value: Scalar;
}

export interface Step {
  readonly name: string;
  readonly condition: SyntaxNode;
  readonly assignments: readonly { readonly name: string; readonly value: SyntaxNode }[];
  readonly output: string;
}

/** What a step gives for the row at hand. */
export interface StepResult {
  readonly matched: string;
  readonly matchId: string;
  readonly values: readonly string[];
}

/** The values of one step of a running match that conditions and assignments refer to as `step.column`. */
type Entry = ReadonlyMap<string, PlanColumn>;

/** A running match that has come to a step: whether there is one, which it is, and the entries of its steps. */
interface Slot {
  readonly active: string;
  readonly matchId: string;
  readonly entries: readonly Entry[];
}

export function variablesOf(node: SyntaxNode, context: Context, environment: Environment): Variable[] {
  return (node.child("DeclareClause")?.items("Declarations") ?? []).map((item) => {
    const declaration = item.get("NameAndType");
    const type = typeNamed(declaration.get("Type").text);
    if (!type) return context.refuse(declaration, `${declaration.text} has no known type.`);
    const given = item.child("DefaultValue")?.get("Value");
    const value = given ? asType(context.scalar(given, { environment }), type) : nullOf(type);
    return { id: context.id(), name: declaration.get("Name").name, type, initial: value.sql, value };
  });
}

export const stepsOf = (node: SyntaxNode): Step[] =>
  node.items("Steps").map((step) => ({
    name: step.get("Name").name,
    condition: step.get("Condition"),
    assignments: (step.child("ComputationClause")?.items("Assignments") ?? []).map((item) => ({
      name: item.get("Name").name,
      value: item.get("Expression"),
    })),
    output: step.child("ScanStepOutput")?.token("OutputKind") || "all",
  }));

/** The columns that some expression refers to through a step's name. */
export function referencedColumns(
  name: string,
  steps: readonly Step[],
  visible: readonly PlanColumn[],
): readonly PlanColumn[] {
  const found = new Map<string, PlanColumn>();
  const visit = (node: SyntaxNode): void => {
    const base = node.kind === "PathExpression" ? node.get("Expression") : undefined;
    if (base?.kind === "NameReference" && base.name === name) {
      const column = visible.find((c) => c.name === node.get("Selector").name);
      if (column) found.set(column.name, column);
    }
    for (const child of node.children()) visit(child);
  };
  for (const step of steps) for (const node of [step.condition, ...step.assignments.map((a) => a.value)]) visit(node);
  return [...found.values()];
}

/** Builds the body of the fold: from the last step to the first, whether the row belongs to the step. */
export class StepMachine {
  readonly states: FoldState[] = [];
  readonly results: StepResult[] = [];
  readonly #context: Context;
  readonly #environment: Environment;
  readonly #steps: readonly Step[];
  readonly #variables: readonly Variable[];
  readonly #input: Relation;
  #node: PlanNode;
  readonly #slots: Slot[];
  readonly #empty: Entry[];
  readonly #counter: string;
  #started = "false";

  constructor(
    fold: string,
    input: Relation,
    steps: readonly Step[],
    variables: readonly Variable[],
    context: Context,
    environment: Environment,
  ) {
    this.#context = context;
    this.#environment = environment;
    this.#steps = steps;
    this.#variables = variables;
    this.#input = input;
    const fields = steps.map((step) => referencedColumns(step.name, steps, [...input.columns, ...variables]));
    this.#counter = context.id();
    this.#slots = steps.map((_, k) => ({
      active: context.id(),
      matchId: context.id(),
      entries: fields
        .slice(0, k + 1)
        .map((columns) => new Map(columns.map((c) => [c.name, { ...c, id: context.id() }]))),
    }));
    const previous = [
      this.#counter,
      ...this.#slots.flatMap((slot) => [
        slot.active,
        slot.matchId,
        ...slot.entries.flatMap((e) => [...e.values()].map((c) => c.id)),
      ]),
    ];
    const row = [...input.columns.map((column) => column.id), input.ordinal ?? ""];
    this.#node = { op: "current", fold, ids: [...row, ...previous] };
    this.#add(variables.map(({ id, initial }) => ({ id, sql: initial })));
    this.#empty = fields.map(
      (columns) => new Map(columns.map((c) => [c.name, { ...c, id: this.#named(this.#initialOf(c)) }])),
    );
  }

  get body(): PlanNode {
    return this.#node;
  }

  #initialOf(column: PlanColumn): string {
    return this.#variables.find((variable) => variable.name === column.name)?.initial ?? nullOf(column.type).sql;
  }

  #add(items: readonly Item[]): void {
    this.#node = extend(this.#node, items);
  }

  #named(sql: string): string {
    const id = this.#context.id();
    this.#add([{ id, sql }]);
    return id;
  }

  /** A scope in which the steps' names stand for the entries. */
  #scope(entries: readonly Entry[]): { scope: Scope; rows: Rows } {
    const rows = new Rows({
      node: this.#node,
      columns: [...this.#input.columns, ...this.#variables],
      order: [],
      serialized: false,
    });
    const sides = Object.fromEntries(
      this.#steps.map((step, k): [string, Relation] => {
        const entry = entries[k] ?? this.#empty[k] ?? new Map<string, PlanColumn>();
        return [step.name, { node: this.#node, columns: [...entry.values()], order: [], serialized: false }];
      }),
    );
    return { scope: { environment: this.#environment, rows, sides }, rows };
  }

  #evaluate(node: SyntaxNode, type: ScalarType, entries: readonly Entry[]): string {
    const { scope, rows } = this.#scope(entries);
    const sql = asType(this.#context.scalar(node, scope), type).sql;
    this.#node = rows.relation.node;
    return sql;
  }

  #holds(step: Step, entries: readonly Entry[]): string {
    return `COALESCE(${atom(this.#evaluate(step.condition, "bool", entries))}, false)`;
  }

  run(): void {
    let promotedAbove = "false";
    for (let k = this.#steps.length - 1; k >= 0; k--) promotedAbove = this.#step(k, promotedAbove);
    const next = this.#context.id();
    this.states.push({
      previous: this.#counter,
      next,
      type: "long",
      initial: "0",
      sql: `${this.#counter} + CASE WHEN ${this.#started} THEN 1 ELSE 0 END`,
    });
  }

  /** Lowers one step; answers whether it took over the match of the step before it. */
  #step(k: number, promotedAbove: string): string {
    const step = this.#steps[k] as Step;
    const slot = this.#slots[k] as Slot;
    const before = this.#slots[k - 1];
    const promoted = before ? this.#named(`${before.active} AND ${this.#holds(step, before.entries)}`) : "false";
    const active = this.#named(`${slot.active} AND NOT ${promotedAbove}`);
    const continued = this.#named(`${active} AND NOT ${promoted} AND ${this.#holds(step, slot.entries)}`);
    const started = k === 0 ? this.#named(`NOT ${continued} AND ${this.#holds(step, [])}`) : "false";
    if (k === 0) this.#started = started;
    const matched = this.#named(`${promoted} OR ${continued} OR ${started}`);
    const seen =
      this.#slots[k]?.entries.map(
        (entry, j): Entry => this.#merged(entry, before?.entries[j], j, promoted, continued),
      ) ?? [];
    const values = this.#variables.map((variable) => {
      const assigned = step.assignments.find((assignment) => assignment.name === variable.name);
      return this.#named(assigned ? this.#evaluate(assigned.value, variable.type, seen) : variable.initial);
    });
    const matchId = this.#named(
      `CASE WHEN ${promoted} THEN ${before?.matchId ?? "NULL"} WHEN ${continued} THEN ${slot.matchId} WHEN ${started} THEN ${this.#counter} ELSE ${slot.matchId} END`,
    );
    this.#remember(k, slot, seen, values, { matched, matchId, active });
    return promoted;
  }

  /** The entries of the match that the row joins. */
  #merged(entry: Entry, above: Entry | undefined, j: number, promoted: string, continued: string): Entry {
    return new Map(
      [...entry].map(([name, column]): [string, PlanColumn] => {
        const fallback = this.#empty[j]?.get(name)?.id ?? "NULL";
        const id = this.#named(
          `CASE WHEN ${promoted} THEN ${above?.get(name)?.id ?? fallback} WHEN ${continued} THEN ${column.id} ELSE ${fallback} END`,
        );
        return [name, { ...column, id }];
      }),
    );
  }

  #remember(
    k: number,
    slot: Slot,
    seen: readonly Entry[],
    values: readonly string[],
    flags: { matched: string; matchId: string; active: string },
  ): void {
    const { matched, matchId, active } = flags;
    const keep = (previous: string, type: ScalarType, initial: string, sql: string): string => {
      const next = this.#context.id();
      this.states.push({ previous, next, type, initial, sql });
      return next;
    };
    keep(slot.active, "bool", "false", `${matched} OR ${active}`);
    const id = keep(slot.matchId, "long", "NULL", matchId);
    slot.entries.forEach((entry, j) => {
      for (const [name, column] of entry) {
        const own = j === k ? this.#ownValue(name, values) : seen[j]?.get(name)?.id;
        keep(
          column.id,
          column.type,
          this.#initialOf(column),
          `CASE WHEN ${matched} THEN ${own ?? "NULL"} ELSE ${column.id} END`,
        );
      }
    });
    const out = (type: ScalarType, sql: string): string => keep(this.#context.id(), type, "NULL", sql);
    this.results.unshift({
      matched: out("bool", matched),
      matchId: id,
      values: this.#variables.map((variable, i) => out(variable.type, values[i] ?? "NULL")),
    });
  }

  #ownValue(name: string, values: readonly string[]): string | undefined {
    const place = this.#variables.findIndex((variable) => variable.name === name);
    return place >= 0 ? values[place] : this.#input.columns.find((column) => column.name === name)?.id;
  }
}
