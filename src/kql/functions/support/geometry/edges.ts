import { dot, type Point } from "./vectors.ts";

/** An arc, and where it comes from. */
export interface Edge {
  readonly from: Point;
  readonly to: Point;
}

/** The edges of closed rings. */
export const edgesOf = (rings: readonly (readonly Point[])[]): Edge[] =>
  rings.flatMap((ring) => ring.map((from, i) => ({ from, to: ring[(i + 1) % ring.length] as Point })));

export const edgesOfLines = (lines: readonly (readonly Point[])[]): Edge[] =>
  lines.flatMap((line) => line.slice(1).map((to, i) => ({ from: line[i] as Point, to })));

interface Box<E> {
  readonly edge: E;
  readonly low: Point;
  readonly high: Point;
}

const MARGIN = 1e-13;

/** Bounds of an arc in space: those of its chord, widened by the height of the bow. */
function boxOf<E extends Edge>(edge: E): Box<E> {
  const { from: a, to: b } = edge;
  const margin = MARGIN + 1 - Math.sqrt(Math.max(0, (1 + dot(a, b)) / 2));
  return {
    edge,
    low: { x: Math.min(a.x, b.x) - margin, y: Math.min(a.y, b.y) - margin, z: Math.min(a.z, b.z) - margin },
    high: { x: Math.max(a.x, b.x) + margin, y: Math.max(a.y, b.y) + margin, z: Math.max(a.z, b.z) + margin },
  };
}

/** Whether the test holds for two edges whose bounds overlap; every such pair is tried once until one does. */
export function someNearPair<E extends Edge>(edges: readonly E[], test: (a: E, b: E) => boolean): boolean {
  const boxes = edges.map(boxOf).sort((a, b) => a.low.z - b.low.z);
  let active: Box<E>[] = [];
  for (const box of boxes) {
    active = active.filter((other) => other.high.z >= box.low.z);
    for (const other of active)
      if (
        other.low.x <= box.high.x &&
        box.low.x <= other.high.x &&
        other.low.y <= box.high.y &&
        box.low.y <= other.high.y &&
        test(other.edge, box.edge)
      )
        return true;
    active.push(box);
  }
  return false;
}
