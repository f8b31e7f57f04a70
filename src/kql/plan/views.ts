import type { Environment } from "./context.ts";

/** The let functions that are declared as views: wildcards and `search` see them like tables. */
export const viewNames = (environment: Environment): string[] =>
  [...environment.all()].flatMap(([name, binding]) =>
    binding.kind === "function" && binding.declaration.token("ViewKeyword") !== "" ? [name] : [],
  );
