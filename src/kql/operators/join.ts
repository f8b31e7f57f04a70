import type { OperatorLowering } from "../plan/context.ts";
import { type JoinKey, joinKeys, onSql, padText, uniqueByKeys } from "../plan/joins.ts";
import { Names } from "../plan/names.ts";
import type { JoinType, PlanColumn, Relation } from "../plan/types.ts";

interface Kind {
  readonly type: JoinType;
  /** The sides whose columns stay. */
  readonly keeps: "both" | "left" | "right";
  /** The sides that are padded where no row matches. */
  readonly pads: readonly ("left" | "right")[];
}

const BOTH = { keeps: "both", pads: [] } as const;
const KINDS: Readonly<Record<string, Kind>> = {
  inner: { type: "INNER", ...BOTH },
  innerunique: { type: "INNER", ...BOTH },
  leftouter: { type: "LEFT", keeps: "both", pads: ["right"] },
  rightouter: { type: "RIGHT", keeps: "both", pads: ["left"] },
  fullouter: { type: "FULL", keeps: "both", pads: ["left", "right"] },
  leftsemi: { type: "SEMI", keeps: "left", pads: [] },
  rightsemi: { type: "SEMI", keeps: "right", pads: [] },
  leftanti: { type: "ANTI", keeps: "left", pads: [] },
  anti: { type: "ANTI", keeps: "left", pads: [] },
  leftantisemi: { type: "ANTI", keeps: "left", pads: [] },
  rightanti: { type: "ANTI", keeps: "right", pads: [] },
  rightantisemi: { type: "ANTI", keeps: "right", pads: [] },
  cross: { type: "CROSS", ...BOTH },
};

const UNORDERED = { order: [], serialized: false } as const;

/** `join`: without a kind one left row per key meets every right row. */
const join: OperatorLowering = (node, input, context, environment) => {
  const name = node.parameter("kind")?.text ?? "innerunique";
  const kind = KINDS[name];
  if (!kind) return context.unsupported(node, `join kind=${name}`);
  const right = context.tabular(node.get("Expression"), environment);
  const clause = node.child("ConditionClause");
  if (clause && clause.kind !== "JoinOnClause") return context.unsupported(clause, "join … where");
  const keys = clause ? joinKeys(clause, input, right, context, environment) : [];
  if (keys.length === 0 && kind.type !== "CROSS") return context.refuse(node, "A join needs an on clause.");
  if (name !== "innerunique") return combine(kind, input, right, onSql(node, keys, context), context);
  const unique = uniqueByKeys(
    input,
    keys.map((key) => key.left),
    context,
  );
  const pairs = keys.map((key, i): JoinKey => ({ ...key, left: unique.keys[i] ?? key.left }));
  const joined = combine(kind, unique.relation, right, onSql(node, pairs, context), context);
  return joined.node.op === "join" ? { ...joined, node: { ...joined.node, before: unique.before } } : joined;
};

function combine(
  kind: Kind,
  left: Relation,
  right: Relation,
  on: string,
  context: Parameters<OperatorLowering>[2],
): Relation {
  if (kind.keeps === "left")
    return {
      ...UNORDERED,
      node: { op: "join", type: kind.type, left: left.node, right: right.node, on },
      columns: left.columns,
    };
  if (kind.keeps === "right")
    return {
      ...UNORDERED,
      node: { op: "join", type: kind.type, left: right.node, right: left.node, on },
      columns: right.columns,
    };
  const joined = { op: "join", type: kind.type, left: left.node, right: right.node, on } as const;
  const first = kind.pads.includes("left")
    ? padText(joined, left.columns, context)
    : { node: joined, columns: left.columns };
  const second = kind.pads.includes("right")
    ? padText(first.node, right.columns, context)
    : { node: first.node, columns: right.columns };
  return { ...UNORDERED, node: second.node, columns: mergeNames(first.columns, second.columns) };
}

/** Right columns whose name is taken get a number. */
function mergeNames(left: readonly PlanColumn[], right: readonly PlanColumn[]): PlanColumn[] {
  const names = new Names(left.map((column) => column.name));
  return [...left, ...right.map((column) => ({ ...column, name: names.unique(column.name) }))];
}

export default join;
