import { nullOf } from "./coerce.ts";
import type { Context } from "./context.ts";
import { Names } from "./names.ts";
import type { PlanColumn, Relation, UnionInput } from "./types.ts";

export interface UnionMember {
  readonly relation: Relation;
  /** SQL of the member's name. */
  readonly source: string;
}

export interface UnionOptions {
  /** Only columns that every member has. */
  readonly inner: boolean;
  readonly withSource?: string;
}

interface Slot {
  readonly name: string;
  readonly type: PlanColumn["type"];
  /** Nothing describes it in any member. */
  readonly unknown?: true;
}

const keyOf = ({ name, type }: Slot): string => `${type}:${name}`;

/** The output columns: by name in the order of first appearance; a name that has several types stands once per type. */
function slotsOf(relations: readonly Relation[], inner: boolean): Slot[] {
  const slots = new Map<string, Slot>();
  const described = new Set(
    relations.flatMap(({ columns }) => columns.flatMap(({ name, unknown }) => (unknown ? [] : [name]))),
  );
  for (const { columns } of relations)
    for (const { name, type, unknown } of columns) {
      if (unknown && described.has(name)) continue;
      if (unknown) described.add(name);
      slots.set(keyOf({ name, type }), { name, type, ...(unknown && { unknown: true }) });
    }
  const all = [...slots.values()];
  if (!inner) return all;
  return all.filter((slot) =>
    relations.every(({ columns }) => columns.some((column) => keyOf(column) === keyOf(slot))),
  );
}

interface NamedSlot extends Slot {
  readonly column: string;
}

/**
 * Names by slot: `x_long` and `x_string` where `x` has both types. A column that is called `x_long` already keeps its
 * name and takes the place of the split one, which gets another name and goes where the other stood.
 */
function named(slots: readonly Slot[]): NamedSlot[] {
  const counts = new Map<string, number>();
  for (const { name } of slots) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = new Names(slots.flatMap(({ name }) => (counts.get(name) === 1 ? [name] : [])));
  const isSplit = ({ name }: Slot): boolean => (counts.get(name) ?? 0) > 1;
  const result = slots.map((slot) => ({
    ...slot,
    column: isSplit(slot) ? names.unique(`${slot.name}_${slot.type}`) : slot.name,
  }));
  slots.forEach((slot, i) => {
    const own = slots.findIndex(
      (other) => isSplit(slot) && !isSplit(other) && other.name === `${slot.name}_${slot.type}`,
    );
    const [here, there] = [result[i], result[own]];
    if (own > i && here && there) [result[i], result[own]] = [there, here];
  });
  return result;
}

/** All rows of all members. */
export function unionOf(members: readonly UnionMember[], options: UnionOptions, context: Context): Relation {
  const slots = named(
    slotsOf(
      members.map((member) => member.relation),
      options.inner,
    ),
  );
  const columns = slots.map(
    ({ type, column, unknown }): PlanColumn => ({ id: context.id(), name: column, type, ...(unknown && { unknown }) }),
  );
  const source: PlanColumn | undefined =
    options.withSource === undefined ? undefined : { id: context.id(), name: options.withSource, type: "string" };
  const inputs = members.map(({ relation, source: sourceSql }): UnionInput => {
    const own = new Map(relation.columns.map((column) => [keyOf(column), column.id]));
    const sqls = slots.map((slot) => own.get(keyOf(slot)) ?? nullOf(slot.type).sql);
    return { input: relation.node, sqls: source ? [sourceSql, ...sqls] : sqls };
  });
  const all = source ? [source, ...columns] : columns;
  const ids = all.map((column) => column.id);
  return { node: { op: "union", ids, inputs }, columns: all, order: [], serialized: false };
}
