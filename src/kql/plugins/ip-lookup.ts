import { scalarFunctions } from "../functions/index.ts";
import { callContext, renderTemplate } from "../plan/calls.ts";
import { asType } from "../plan/coerce.ts";
import { Rows } from "../plan/context.ts";
import { padText } from "../plan/joins.ts";
import { Names } from "../plan/names.ts";
import { columnsOf } from "../plan/patterns.ts";
import type { PlanColumn } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import type { Plugin, PluginCall } from "./types.ts";

/** Further key columns, and whether rows without a network stay. */
function rest({ args, context, environment }: PluginCall): { keys: SyntaxNode[]; unmatched: boolean } {
  const keys: SyntaxNode[] = [];
  let unmatched = false;
  for (const argument of args.slice(3)) {
    const named = argument.kind === "SimpleNamedExpression";
    const value = named ? argument.get("Expression") : argument;
    if (named || value.kind === "BooleanLiteralExpression")
      unmatched = context.constant(value, { environment }, "return_unmatched").constant === true;
    else keys.push(value);
  }
  return { keys, unmatched };
}

/** `ipv4_lookup` and `ipv6_lookup`: columns of the networks that an address lies in. */
const lookup =
  (test: string): Plugin =>
  (call) => {
    const { node, name, args, rows, context, environment } = call;
    const [table, address, network] = args;
    const entry = scalarFunctions.get(test);
    if (!table || !address || !network || !entry)
      return context.refuse(node, `${name} takes a table, the address column and the table's network column.`);
    const right = context.tabular(table, environment);
    const [range] = columnsOf(network, right.columns, context);
    if (!range) return context.refuse(network, "The table has no such column.");
    const ip = asType(context.scalar(address, { environment, rows }), "string");
    context.use(entry.udfs);
    const inside = renderTemplate(
      entry.sql,
      [ip, { sql: range.id, type: "string", notNull: true }],
      callContext(node, context),
    );
    const { keys, unmatched } = rest(call);
    const rightRows = new Rows(right);
    const equal = keys.map((key) => {
      const [a, b] = [
        context.scalar(key, { environment, rows }),
        context.scalar(key, { environment, rows: rightRows }),
      ];
      return `(${a.sql}) IS NOT DISTINCT FROM (${b.sql})`;
    });
    const shared = new Set(keys.map((key) => key.name));
    const kept = right.columns.filter((column) => !shared.has(column.name));
    const on = [...equal, `COALESCE(${inside}, false)`].join(" AND ");
    const joined = {
      op: "join",
      type: unmatched ? "LEFT" : "INNER",
      left: rows.relation.node,
      right: right.node,
      on,
    } as const;
    const padded = unmatched ? padText(joined, kept, context) : { node: joined, columns: kept };
    const names = new Names(rows.relation.columns.map((column) => column.name));
    const columns = [
      ...rows.relation.columns,
      ...padded.columns.map((c): PlanColumn => ({ ...c, name: names.unique(c.name) })),
    ];
    return { node: padded.node, columns, order: [], serialized: false };
  };

export default { ipv4_lookup: lookup("ipv4_is_in_range"), ipv6_lookup: lookup("ipv6_is_in_range") };
