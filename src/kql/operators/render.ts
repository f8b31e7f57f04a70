import type { OperatorLowering } from "../plan/context.ts";

/** `render`: a hint for who shows the rows; the rows stay as they are. */
const render: OperatorLowering = (node, input, context) => {
  const options: Record<string, string> = { visualization: node.token("ChartType") };
  const clause = node.child("WithClause");
  for (const property of [...(clause?.items("Properties") ?? []), ...node.items("Parameters")]) {
    const value = property.get("Expression");
    options[property.get("Name").name] = value.stringValue || value.text;
  }
  context.render = options;
  return input;
};

export default render;
