import { type OperatorLowering, Rows } from "../plan/context.ts";
import { closest } from "../plan/suggest.ts";
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
  return plugin({ node: call, name, args, rows: new Rows(input), context, environment });
};

export default evaluate;
