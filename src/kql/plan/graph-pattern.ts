import type { SyntaxNode } from "../syntax/node.ts";
import type { Context } from "./context.ts";

export type Direction = "forward" | "backward" | "any";

export interface PatternEdge {
  readonly syntax: SyntaxNode;
  readonly name: string;
  /** Names of the nodes on either side, in the order of the text. */
  readonly left: string;
  readonly right: string;
  readonly direction: Direction;
  /** Least and most length of a path; without it a single edge. */
  readonly range: readonly [number, number] | undefined;
}

export interface Pattern {
  readonly nodes: readonly string[];
  readonly edges: readonly PatternEdge[];
  readonly first: string;
  readonly last: string;
}

/** Longer paths are refused: each length is a join of its own. */
const MAX_LENGTH = 32;

function lengthOf(node: SyntaxNode | undefined, context: Context, fallback: SyntaxNode): number {
  const length = Number(node?.text ?? Number.NaN);
  if (!Number.isInteger(length) || length < 0)
    return context.refuse(node ?? fallback, "A path's length is an integer.");
  if (length > MAX_LENGTH)
    return context.unsupported(fallback, `paths of more than ${MAX_LENGTH} edges`, "Give a smaller limit.");
  return length;
}

function rangeOf(edge: SyntaxNode, context: Context): readonly [number, number] | undefined {
  const range = edge.child("Range");
  if (!range) return undefined;
  const least = lengthOf(range.child("RangeStart"), context, range);
  const most = lengthOf(range.child("RangeEnd"), context, range);
  return least > most ? context.refuse(range, `A path cannot have ${least} to ${most} edges.`) : [least, most];
}

const directionOf = (text: string): Direction => {
  const [back, forth] = [text.startsWith("<"), text.endsWith(">")];
  return back === forth ? "any" : back ? "backward" : "forward";
};

/** The graph that a match looks for. Nodes and edges without a name get one that no text can have. */
export function patternOf(operator: SyntaxNode, context: Context): Pattern {
  const nodes = new Set<string>();
  const edges: PatternEdge[] = [];
  let unnamed = 0;
  const nameOf = (element: SyntaxNode): string => element.child("Name")?.name || `#${++unnamed}`;
  const sequences = operator.items("Patterns").map((sequence) => {
    const elements = sequence.items("PatternElements");
    const names = elements.map(nameOf);
    elements.forEach((syntax, i) => {
      const name = names[i] ?? "";
      if (i % 2 === 0) nodes.add(name);
      else
        edges.push({
          syntax,
          name,
          left: names[i - 1] ?? "",
          right: names[i + 1] ?? "",
          direction: directionOf(syntax.text),
          range: rangeOf(syntax, context),
        });
    });
    return names;
  });
  const repeated = edges.find((edge, i) => edges.findIndex((other) => other.name === edge.name) < i);
  if (repeated) return context.refuse(repeated.syntax, `The edge ${repeated.name} stands twice in the pattern.`);
  return { nodes: [...nodes], edges, first: sequences[0]?.[0] ?? "", last: sequences.at(-1)?.at(-1) ?? "" };
}

/** The parts of a condition that all must hold. */
export function conjuncts(node: SyntaxNode): SyntaxNode[] {
  const bare = node.bare();
  return bare.kind === "AndExpression" ? ["Left", "Right"].flatMap((side) => conjuncts(bare.get(side))) : [bare];
}

/** Names of the pattern that an expression speaks of. */
export function namesIn(node: SyntaxNode, names: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  node.some((inner) => {
    if (inner.kind === "NameReference" && names.has(inner.name)) found.add(inner.name);
    return false;
  });
  return found;
}

/** A call that looks at every element of a path: `all(e, …)`, `map(inner_nodes(e), …)`. */
export interface PathCall {
  readonly syntax: SyntaxNode;
  readonly kind: "all" | "any" | "map";
  readonly edge: string;
  readonly inner: boolean;
  readonly expression: SyntaxNode;
}

const KINDS: ReadonlySet<string> = new Set(["all", "any", "map"]);

/** Functions that only a pattern of a graph knows. */
export const GRAPH_NAMES: readonly string[] = [...KINDS, "inner_nodes", "node_degree_in", "node_degree_out"];

export function pathCallOf(node: SyntaxNode): PathCall | undefined {
  if (node.kind !== "FunctionCallExpression") return undefined;
  const kind = node.get("Name").name;
  const [target, expression] = node.get("ArgumentList").items("Expressions");
  if (!KINDS.has(kind) || !target || !expression) return undefined;
  const inner = target.kind === "FunctionCallExpression" && target.get("Name").name === "inner_nodes";
  const edge = inner ? target.get("ArgumentList").items("Expressions")[0] : target;
  if (!edge) return undefined;
  return { syntax: node, kind: kind as PathCall["kind"], edge: edge.name, inner, expression };
}

export function pathCallsIn(node: SyntaxNode): PathCall[] {
  const found: PathCall[] = [];
  node.some((inner) => {
    const call = pathCallOf(inner);
    if (call) found.push(call);
    return false;
  });
  return found;
}
