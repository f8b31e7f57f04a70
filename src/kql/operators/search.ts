import { text } from "../plan/coerce.ts";
import type { OperatorLowering } from "../plan/context.ts";
import { Rows } from "../plan/context.ts";
import { fits, patternOf } from "../plan/patterns.ts";
import { searchCondition } from "../plan/searching.ts";
import { openTable } from "../plan/tables.ts";
import type { Relation } from "../plan/types.ts";
import { unionOf } from "../plan/unions.ts";
import { viewNames } from "../plan/views.ts";

/** `search`: rows of the input, of the named tables or of all tables that hold the words; `$table` says whose they are. */
const search: OperatorLowering = (node, input, context, environment) => {
  const folded = !(node.parameter("kind")?.text ?? "").startsWith("case_sensitive");
  const named = node.child("InClause")?.items("Expressions");
  const piped = !(input.columns.length === 0 && input.node.op === "values");
  const tables = (): Relation[] => {
    if (piped) return [{ ...input, source: input.source ?? "search_arg0" }];
    const names = [...viewNames(environment), ...context.schema.names()];
    if (names.length === 0 && !named) {
      if (context.unknown) return [openTable(node, "the workspace", context)];
      return context.refuse(node, "There is no table to search.");
    }
    if (!named) return names.map((name) => context.tableNamed(node, name, environment));
    return named.flatMap((item) => {
      const pattern = patternOf(item);
      return pattern === undefined
        ? [context.tabular(item, environment)]
        : names.filter((name) => fits(name, pattern)).map((name) => context.tableNamed(item, name, environment));
    });
  };
  const members = tables().map((relation, i) => {
    const rows = new Rows(relation);
    const condition = searchCondition(node.get("Condition"), context, { environment, rows, loose: true }, folded);
    const found: Relation = { ...rows.relation, node: { op: "filter", input: rows.relation.node, condition } };
    return { relation: found, source: text(relation.source ?? `search_arg${i}`).sql };
  });
  return unionOf(members, { inner: false, withSource: "$table" }, context);
};

export default search;
