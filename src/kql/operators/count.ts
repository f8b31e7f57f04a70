import type { OperatorLowering } from "../plan/context.ts";

/** `count`: one row with the number of rows. */
const count: OperatorLowering = (node, input, context) => {
  const id = context.id();
  const name = node.child("AsIdentifier")?.token("Identifier") || "Count";
  return {
    node: { op: "aggregate", input: input.node, keys: [], items: [{ id, sql: "count(*)" }] },
    columns: [{ id, name, type: "long" }],
    order: [],
    serialized: false,
  };
};

export default count;
