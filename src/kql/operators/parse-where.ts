import type { OperatorLowering } from "../plan/context.ts";
import { parseColumns } from "../plan/parsing.ts";

/** `parse-where`: only rows that fit. */
const parseWhere: OperatorLowering = (node, input, context, environment) => {
  const { relation, matched } = parseColumns(node, input, context, environment);
  return { ...relation, node: { op: "filter", input: relation.node, condition: matched } };
};

export default parseWhere;
