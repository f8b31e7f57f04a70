import { resultNaming } from "../syntax/names.ts";
import type { SyntaxNode } from "../syntax/node.ts";

/** Gives every column a name of its own: a taken name gets the lowest free number at its end. */
export class Names {
  readonly #taken: Set<string>;
  #columns = 0;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  unique(name: string): string {
    let free = name;
    for (let i = 1; this.#taken.has(free); i++) free = `${name}${i}`;
    this.#taken.add(free);
    return free;
  }

  /** The next `Column1`, `Column2`, … */
  anonymous(prefix = "Column", first = 1): string {
    return this.unique(`${prefix}${first + this.#columns++}`);
  }
}

const join = (left: string | undefined, right: string): string | undefined =>
  left === undefined || right === "" ? undefined : `${left}_${right}`;

function selectorName(node: SyntaxNode): string {
  const inner = node.kind === "BracketedExpression" ? node.get("Expression") : node;
  if (inner.kind === "StringLiteralExpression") return inner.stringValue;
  if (inner.kind === "UnaryMinusExpression") return "";
  return inner.kind === "LongLiteralExpression" ? inner.text : inner.name;
}

function callName(node: SyntaxNode): string | undefined {
  const name = node.get("Name").name;
  const naming = resultNaming(name);
  const first = node.get("ArgumentList").items("Expressions")[0];
  const argument = first ? defaultName(first) : undefined;
  switch (naming?.kind) {
    case "first":
      return argument;
    case "prefix":
      return `${naming.prefix}_${argument ?? ""}`;
    case "prefixOnly":
      return naming.prefix;
    default:
      return undefined;
  }
}

/** The name that Kusto gives an unnamed expression; undefined where it takes the next ColumnN. */
export function defaultName(node: SyntaxNode): string | undefined {
  switch (node.kind) {
    case "SimpleNamedExpression":
    case "NameReference":
    case "NameDeclaration":
      return node.name;
    case "ParenthesizedExpression":
    case "OrderedExpression":
      return defaultName(node.get("Expression"));
    case "PathExpression":
    case "ElementExpression":
      return join(defaultName(node.get("Expression")), selectorName(node.get("Selector")));
    case "FunctionCallExpression":
      return callName(node);
    default:
      return undefined;
  }
}
