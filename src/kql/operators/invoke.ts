import type { OperatorLowering } from "../plan/context.ts";
import { enterFunction } from "../plan/functions.ts";
import { withAnyColumn } from "../plan/tables.ts";

/** `invoke f(…)`: the input is the function's first argument. */
const invoke: OperatorLowering = (node, input, context, environment) => {
  const call = node.get("Function");
  const name = call.get("Name").name;
  const binding = environment.find(name);
  if (binding?.kind !== "function" && context.unknown) return withAnyColumn(input, context);
  if (binding?.kind !== "function")
    return context.unsupported(call, `invoke of the function ${name}()`, "Declare it as a saved function.");
  const body = enterFunction(call, binding, context, { environment }, input);
  return context.tabular(body.expression, body.environment);
};

export default invoke;
