import type { SyntaxNode } from "../syntax/node.ts";
import { parseFunction } from "../syntax/parse.ts";

const LITERAL = /^(?:h?@?["']|(?:bool|int|long|real|double|decimal|datetime|timespan|guid|dynamic)\s*\()/;

/** The expression that a client gave for a query parameter: a KQL literal, or the bare text of one. */
export function parameterValue(given: string, type: string): SyntaxNode | undefined {
  const bare = type === "string" ? JSON.stringify(given) : `${type}(${given})`;
  const declaration = parseFunction(`() { ${LITERAL.test(given) ? given : bare} }`);
  return declaration?.get("Body").child("Expression");
}
