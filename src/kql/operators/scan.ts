import { type Context, extend, type OperatorLowering, Rows } from "../plan/context.ts";
import { Names } from "../plan/names.ts";
import { type Step, StepMachine, type StepResult, stepsOf, variablesOf } from "../plan/scanning.ts";
import type { FoldNode, Item, PlanColumn, PlanNode, Relation } from "../plan/types.ts";
import { ordinal } from "../plan/windows.ts";

/** `scan`: a state machine over the rows in their order; a row comes out once per step that it matches. */
const scan: OperatorLowering = (node, input, context, environment) => {
  if (!input.serialized)
    return context.refuse(node, "scan needs rows in a fixed order.", "Put sort or serialize before it.");
  const forbidden = ["OrderByClause", "PartitionByClause"]
    .map((clause) => node.child(clause))
    .find((clause) => clause !== undefined);
  if (forbidden) return context.unsupported(forbidden, "scan with order by or partition by");
  const rows = new Rows(input);
  const place = context.id();
  rows.hoist({ id: place, sql: `row_number() OVER (ORDER BY ${ordinal(rows, context)})` });
  const variables = variablesOf(node, context, environment);
  const steps = stepsOf(node);
  const name = `_f${context.id().slice(2)}`;
  const relation: Relation = { ...rows.relation, ordinal: place };
  const machine = new StepMachine(name, relation, steps, variables, context, environment);
  machine.run();
  const fold: FoldNode = { op: "fold", name, input: relation.node, place, states: machine.states, body: machine.body };
  const { node: table, columns } = outputs(
    fold,
    steps,
    machine.results,
    variables,
    node.parameter("with_match_id")?.name,
    context,
  );
  const names = new Names(input.columns.map((column) => column.name));
  const added = columns.map((column) => ({ ...column, name: names.unique(column.name) }));
  const { arrival: _, ...kept } = relation;
  return { ...kept, node: table, columns: [...input.columns, ...added] };
};

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
