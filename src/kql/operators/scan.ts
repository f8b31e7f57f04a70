import { type Context, type Environment, extend, type OperatorLowering, Rows } from "../plan/context.ts";
import { Names } from "../plan/names.ts";
import { listScan } from "../plan/scan-plan.ts";
import { type Step, StepMachine, type StepResult, stepsOf, type Variable, variablesOf } from "../plan/scanning.ts";
import { sortKeys } from "../plan/sorting.ts";
import type { FoldNode, Item, PlanColumn, PlanNode, Relation } from "../plan/types.ts";
import { ordinal } from "../plan/windows.ts";
import type { SyntaxNode } from "../syntax/node.ts";

/** A fold costs milliseconds a row. */
const MAX_FOLDED = 10_000;

/** `scan`: a state machine over the rows in their order; a row comes out once per step that it matches. */
const scan: OperatorLowering = (node, given, context, environment) => {
  const input = ordered(node, given, context, environment);
  const steps = stepsOf(node);
  const variables = variablesOf(node, context, environment);
  const rows = new Rows(input);
  const partition = node.child("PartitionByClause");
  const keys = (partition?.items("Expressions") ?? []).map(
    (key): Item => ({ id: context.id(), sql: context.scalar(key, { environment, rows }).sql }),
  );
  const matchName = node.parameter("with_match_id")?.name;
  if (partition && matchName !== undefined)
    return context.unsupported(partition, "scan with both partition by and with_match_id");
  const order = ordinal(rows, context);
  const parts = { input: rows.relation, place: order, keys, steps, variables };
  const listed = listScan(parts, context, environment);
  if (!listed) {
    if (partition) return context.unsupported(partition, "scan with partition by and steps of this kind");
    return folded(rows, order, steps, variables, matchName, context, environment);
  }
  const added = [...listed.declared, ...(matchName ? [{ ...listed.match, name: matchName }] : [])];
  return {
    node: listed.node,
    columns: [...input.columns, ...renamed(input, added)],
    order: listed.order,
    serialized: true,
    ...(input.source === undefined ? {} : { source: input.source }),
  };
};

function ordered(node: SyntaxNode, input: Relation, context: Context, environment: Environment): Relation {
  const clause = node.child("OrderByClause");
  if (clause) {
    const rows = new Rows(input);
    const order = sortKeys(clause.items("Expressions"), context, { environment, rows });
    const { ordinal: _, ...relation } = rows.relation;
    return { ...relation, order, serialized: true };
  }
  if (!input.serialized)
    return context.refuse(node, "scan needs rows in a fixed order.", "Put sort or serialize before it.");
  return input;
}

function renamed(input: Relation, columns: readonly PlanColumn[]): PlanColumn[] {
  const names = new Names(input.columns.map((column) => column.name));
  return columns.map((column) => ({ ...column, name: names.unique(column.name) }));
}

/** Row by row, for steps that compute from the state what only SQL can. */
function folded(
  rows: Rows,
  order: string,
  steps: readonly Step[],
  variables: readonly Variable[],
  matchName: string | undefined,
  context: Context,
  environment: Environment,
): Relation {
  const place = context.id();
  const tooMany = `error('This scan computes from its steps what needs row by row work: at most ${MAX_FOLDED} rows. Filter first.')`;
  rows.hoist({ id: place, sql: `CASE WHEN count(*) OVER () > ${MAX_FOLDED} THEN ${tooMany} ELSE ${order} END` });
  const name = `_f${context.id().slice(2)}`;
  const relation: Relation = { ...rows.relation, ordinal: place };
  const machine = new StepMachine(name, relation, steps, variables, context, environment);
  machine.run();
  const fold: FoldNode = { op: "fold", name, input: relation.node, place, states: machine.states, body: machine.body };
  const { node, columns } = outputs(fold, steps, machine.results, variables, matchName, context);
  const { arrival: _, ...kept } = relation;
  return { ...kept, node, columns: [...relation.columns, ...renamed(relation, columns)] };
}

/** One row per matched step with output; of a match that gives only its last row, the last one. */
function outputs(
  fold: FoldNode,
  steps: readonly Step[],
  results: readonly StepResult[],
  variables: readonly PlanColumn[],
  matchName: string | undefined,
  context: Context,
): { node: PlanNode; columns: PlanColumn[] } {
  const cell = context.id();
  const shown = results.flatMap((result, k) => (steps[k]?.output === "none" ? [] : [{ ...result, k }]));
  const structs = shown.map(({ matched, matchId, values, k }) => {
    const fields = [
      `'m': ${matched}`,
      `'s': ${k}`,
      `'i': ${matchId}`,
      ...values.map((value, i) => `'v${i}': ${value}`),
    ];
    return `{${fields.join(", ")}}`;
  });
  const list = `list_filter([${structs.join(", ")}], lambda kql_x: kql_x.m)`;
  const expanded: PlanNode = {
    op: "extend",
    input: fold,
    items: [{ id: cell, sql: `unnest(${list})` }],
    expands: true,
  };
  const items = variables.map((_, i): Item => ({ id: context.id(), sql: `${cell}.v${i}` }));
  const match: Item = { id: context.id(), sql: `${cell}.i` };
  const columns = variables.map(({ name, type }, i): PlanColumn => ({ id: items[i]?.id ?? "", name, type }));
  if (matchName !== undefined) columns.push({ id: match.id, name: matchName, type: "long" });
  const made = extend(expanded, [...items, match]);
  const lastSteps = steps.flatMap((step, k) => (step.output === "last" ? [k] : []));
  if (lastSteps.length === 0) return { node: made, columns };
  const rank = context.id();
  const over = `OVER (PARTITION BY ${cell}.i, ${cell}.s ORDER BY ${fold.place} DESC)`;
  const ranked = extend(made, [
    { id: rank, sql: `CASE WHEN ${cell}.s IN (${lastSteps.join(", ")}) THEN row_number() ${over} ELSE 1 END` },
  ]);
  return { node: { op: "filter", input: ranked, condition: `${rank} = 1` }, columns };
}

export default scan;
