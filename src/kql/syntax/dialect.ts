import type { Problem } from "./parse.ts";

/**
 * Semantic complaints of the parser that the service does not make, or that our own lowering makes better because it
 * knows more: types of expressions, columns whose names depend on the data, functions that the workspace adds.
 */
const ACCEPTED: ReadonlySet<string> = new Set([
  "KS106",
  "KS107",
  "KS116",
  "KS134",
  "KS141",
  "KS142",
  "KS145",
  "KS204",
  "KS211",
  "KS234",
]);

export const accepted = (problem: Problem): boolean => !problem.syntax && ACCEPTED.has(problem.code);
