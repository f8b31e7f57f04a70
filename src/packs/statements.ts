/**
 * The `let` statements that a KQL text starts with, and the statement they serve. Statements end with a `;` that
 * closes its line: the form that every pack keeps.
 */
export function splitLets(query: string): {
  readonly lets: string;
  readonly body: string;
} {
  const end = query.lastIndexOf(";\n");
  return end < 0 ? { lets: "", body: query } : { lets: query.slice(0, end + 2), body: query.slice(end + 2) };
}

/** A signal query whose rows come in the order of their time. */
export const inTimeOrder = (query: string): string => `${query.trimEnd()}\n| sort by TimeGenerated asc`;
