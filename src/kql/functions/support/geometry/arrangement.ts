import { type Edge, someNearPair } from "./edges.ts";
import { crosses } from "./predicates.ts";
import { add, cross, dot, length, minus, nearestOnArc, negative, normal, type Point, unit } from "./vectors.ts";

/*
 * The edges of two shapes cut at every point that they have in common, so that two of the pieces either are the same,
 * run against each other, or share at most their ends.
 */

/** An edge of the first or the second shape. */
export interface SideEdge extends Edge {
  readonly side: 0 | 1;
}

/** A part of an edge, between two of the arrangement's points. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly side: 0 | 1;
  /** The place of its edge in the input: the first shape's edges before the second's. */
  readonly edge: number;
}

export interface Arrangement {
  readonly points: readonly Point[];
  readonly pieces: readonly Piece[];
  /** Points on the edges of each shape. */
  readonly on: readonly [ReadonlySet<number>, ReadonlySet<number>];
}

/** Buckets are this many times as wide as what makes two points one. */
const WIDTH = 1000;

/** Points by number; those within `tolerance` radians of each other are one. */
class PointIndex {
  readonly tolerance: number;
  readonly points: Point[] = [];
  readonly buckets = new Map<string, number[]>();

  constructor(tolerance: number) {
    this.tolerance = tolerance;
  }

  find(point: Point): number {
    const keys = this.keys(point);
    for (const key of keys)
      for (const id of this.buckets.get(key) ?? [])
        if (length(minus(this.points[id] as Point, point)) <= this.tolerance) return id;
    const id = this.points.push(point) - 1;
    for (const key of keys) this.buckets.set(key, [...(this.buckets.get(key) ?? []), id]);
    return id;
  }

  /** The buckets that points within the tolerance of this one lie in: more than one at a border. */
  private keys({ x, y, z }: Point): Set<string> {
    const keys = new Set<string>();
    const bucket = (value: number): number => Math.floor(value / (this.tolerance * WIDTH));
    const both = [-this.tolerance, this.tolerance];
    for (const dx of both)
      for (const dy of both) for (const dz of both) keys.add(`${bucket(x + dx)} ${bucket(y + dy)} ${bucket(z + dz)}`);
    return keys;
  }
}

/** The point at which two arcs that cross do so. */
export function crossingOf(a: Edge, b: Edge): Point {
  const point = unit(cross(unit(normal(a.from, a.to)), unit(normal(b.from, b.to))));
  return dot(point, add(add(a.from, a.to), add(b.from, b.to))) >= 0 ? point : negative(point);
}

/** Cuts the edges of two shapes, edges of the same shape not by one another. The tolerance is in radians. */
export function arrange(edges: readonly SideEdge[], tolerance: number): Arrangement {
  const index = new PointIndex(tolerance);
  const lies = (point: Point, edge: Edge): boolean =>
    length(minus(point, nearestOnArc(point, edge.from, edge.to))) <= tolerance;
  const cut = edges.map((edge) => ({
    ...edge,
    ends: [index.find(edge.from), index.find(edge.to)],
    cuts: new Set<number>(),
  }));
  type Cut = (typeof cut)[number];
  const addCut = (edge: Cut, id: number): void => {
    if (!edge.ends.includes(id)) edge.cuts.add(id);
  };
  someNearPair<Cut>(cut, (a, b) => {
    if (a.side === b.side) return false;
    for (const id of b.ends) if (lies(index.points[id] as Point, a)) addCut(a, id);
    for (const id of a.ends) if (lies(index.points[id] as Point, b)) addCut(b, id);
    if (crosses(a.from, a.to, b.from, b.to)) {
      const id = index.find(crossingOf(a, b));
      addCut(a, id);
      addCut(b, id);
    }
    return false;
  });
  const on: [Set<number>, Set<number>] = [new Set(), new Set()];
  const pieces = cut.flatMap(({ from, side, ends, cuts }, edge) => {
    const along = (id: number): number => length(minus(index.points[id] as Point, from));
    const path = [ends[0] as number, ...[...cuts].sort((a, b) => along(a) - along(b)), ends[1] as number];
    for (const id of path) on[side].add(id);
    return path.slice(1).map((to, i): Piece => ({ from: path[i] as number, to, side, edge }));
  });
  return { points: index.points, pieces: pieces.filter(({ from, to }) => from !== to), on };
}
