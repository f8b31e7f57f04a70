import type { OperatorLowering } from "../plan/context.ts";

/** `as name`: the rows so far can be read again under the name. */
const as: OperatorLowering = (node, input, context, environment) => {
  const name = node.get("Name").name;
  const shared = context.share(input.node, false);
  const relation = { ...input, node: { op: "shared", shared: { ...shared, once: false } } as const, source: name };
  const lower = () => {
    const items = relation.columns.map((column) => ({ id: context.id(), sql: column.id }));
    const columns = relation.columns.map((column, i) => ({ ...column, id: items[i]?.id ?? column.id }));
    return { ...relation, node: { op: "extend", input: relation.node, items } as const, columns };
  };
  environment.names.set(name, { kind: "table", lower });
  return { ...lower(), order: relation.order, serialized: relation.serialized };
};

export default as;
