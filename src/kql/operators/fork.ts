import type { OperatorLowering } from "../plan/context.ts";

/** `fork`: one branch is the branch itself; more of them would give more tables. */
const fork: OperatorLowering = (node, input, context, environment) => {
  const [branch, another] = node.items("Expressions");
  if (!branch || another)
    return context.unsupported(
      node,
      "fork with several branches",
      "A result is one table; ask for each branch with a query of its own.",
    );
  return context.tabular(branch.get("Expression"), environment, input);
};

export default fork;
