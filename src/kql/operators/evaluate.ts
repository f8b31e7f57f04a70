import { type OperatorLowering, Rows } from "../plan/context.ts";
import { closest } from "../plan/suggest.ts";
import { declaredColumns, withAnyColumn } from "../plan/tables.ts";
import { plugins } from "../plugins/index.ts";

/** Their columns are what the rows hold: an empty table gives none. */
const SHAPED_BY_DATA: ReadonlySet<string> = new Set(["bag_unpack", "pivot"]);

/** `evaluate plugin(…)`: the plugin decides what becomes of the rows. */
const evaluate: OperatorLowering = (node, input, context, environment) => {
  const call = node.get("FunctionCall");
  const name = call.get("Name").name;
  const plugin = plugins.get(name);
  if (!plugin) {
    const near = closest(name, plugins.keys());
    return context.unsupported(call, `plugin ${name}`, near && `Did you mean ${near}?`);
  }
  const args = call.get("ArgumentList").items("Expressions");
  const schema = node.child("Schema")?.child("Schema");
  const declared = schema && declaredColumns(schema, context);
  const result = plugin({ node: call, name, args, declared, rows: new Rows(input), context, environment });
  const byData = context.unknown !== undefined && declared === undefined && SHAPED_BY_DATA.has(name);
  return byData ? withAnyColumn(result, context) : result;
};

export default evaluate;
