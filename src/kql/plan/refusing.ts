import type { OperatorLowering } from "./context.ts";

const refusing = new WeakSet<OperatorLowering>();

/** The lowering of an operator that this engine leaves out for good, with the reason. */
export function refusal(feature: string, reason: string): OperatorLowering {
  const lower: OperatorLowering = (node, _input, context) => context.unsupported(node, feature, reason);
  refusing.add(lower);
  return lower;
}

export const refuses = (lower: OperatorLowering): boolean => refusing.has(lower);
