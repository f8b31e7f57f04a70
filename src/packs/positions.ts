import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  type LineCounter,
  type Node,
  type ParsedNode,
  type Scalar,
} from "yaml";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where the value at a path stands, or its nearest ancestor that exists. Line and column count from 1. */
export function positionOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): Position {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return at(lines, node.range[0]);
  }
  return at(lines, document.contents?.range?.[0] ?? 0);
}

/** Where a key of the mapping at a path stands. */
export function keyPositionOf(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
  key: string,
): Position {
  const parent = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isMap<Node, ParsedNode>(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
    const offset = pair?.key.range?.[0];
    if (offset !== undefined) return at(lines, offset);
  }
  return positionOf(document, lines, path);
}

function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** Where the first character of a text value stands; a block scalar (`query: |`) starts below its header, indented. */
export function textPositionOf(value: Scalar, source: string, lines: LineCounter): Position {
  const start = value.range?.[0] ?? 0;
  const position = at(lines, start);
  if (value.type !== "BLOCK_LITERAL" && value.type !== "BLOCK_FOLDED") return position;
  const body = source.slice(source.indexOf("\n", start) + 1);
  return { line: position.line + 1, column: (/^[ ]*/.exec(body)?.[0].length ?? 0) + 1 };
}
