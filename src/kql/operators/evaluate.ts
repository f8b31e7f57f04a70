import { type OperatorLowering, Rows } from "../plan/context.ts";
import { closest } from "../plan/suggest.ts";
import { declaredColumns } from "../plan/tables.ts";
import { plugins } from "../plugins/index.ts";

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
  return plugin({ node: call, name, args, declared, rows: new Rows(input), context, environment });
};

export default evaluate;
