import { asType } from "../plan/coerce.ts";
import { type OperatorLowering, Rows } from "../plan/context.ts";
import { defaultName } from "../plan/names.ts";

/** `sample-distinct n of x`: n different values. */
const sampleDistinct: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const of = node.get("OfExpression");
  const value = context.scalar(of, { environment, rows });
  const count = asType(context.scalar(node.get("Expression"), { environment }), "long").sql;
  const id = context.id();
  const distinct = { op: "aggregate", input: rows.relation.node, keys: [{ id, sql: value.sql }], items: [] } as const;
  return {
    node: { op: "limit", input: distinct, order: [], count },
    columns: [{ id, name: defaultName(of) ?? "Column1", type: value.type }],
    order: [],
    serialized: false,
  };
};

export default sampleDistinct;
