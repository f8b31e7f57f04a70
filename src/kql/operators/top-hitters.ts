import { asType, isNumber } from "../plan/coerce.ts";
import { type OperatorLowering, Rows } from "../plan/context.ts";
import { defaultName } from "../plan/names.ts";

/** `top-hitters n of x [by y]`: the most frequent values, or those with the greatest sum; counted exactly. Among equals the largest value stays. */
const topHitters: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const scope = { environment, rows };
  const of = node.get("OfExpression");
  const by = node.child("ByClause")?.get("Expression");
  const value = context.scalar(of, scope);
  const name = defaultName(of) ?? "Column1";
  const weight = by && context.scalar(by, scope);
  const number = weight && (isNumber(weight.type) ? weight : asType(weight, "real"));
  const type = number === undefined || number.type === "int" ? "long" : number.type;
  const count = asType(context.scalar(node.get("Expression"), { environment }), "long").sql;
  const [key, total] = [context.id(), context.id()];
  const sum = number ? `sum(${number.sql})` : "count(*)";
  const items = [{ id: total, sql: type === "long" ? `${sum}::BIGINT` : sum }];
  const order = [total, key].map((sql) => ({ sql, descending: true, nullsFirst: false }));
  const grouped = { op: "aggregate", input: rows.relation.node, keys: [{ id: key, sql: value.sql }], items } as const;
  const label = by ? `approximate_sum_${defaultName(by) ?? ""}` : `approximate_count_${name}`;
  return {
    node: { op: "limit", input: grouped, order, count },
    columns: [
      { id: key, name, type: value.type },
      { id: total, name: label, type },
    ],
    order,
    serialized: true,
  };
};

export default topHitters;
