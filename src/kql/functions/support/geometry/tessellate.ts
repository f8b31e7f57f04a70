import type { Coordinate } from "./shapes.ts";
import { add, dot, EARTH_RADIUS, interpolate, length, minus, type Point, pointAt } from "./vectors.ts";

/*
 * Straight edges of a plate carrée map as chains of great-circle arcs: an edge is halved until its arc stays within the
 * tolerance, which is measured where the two curves are known to lie farthest apart.
 */

/** The fraction of an edge at which the distance is measured, from both ends, and what the estimate is worth. */
const FRACTION = 0.31215691082248315;
const WORTH = 0.8382999256988884;
const LEAST = 1e-13;
/** The most points that a shape may come to. */
export const MAX_POINTS = 10_485_760;
const MAX_HALVINGS = 30;

const between = (a: Coordinate, b: Coordinate, t: number): Coordinate => [
  (1 - t) * a[0] + t * b[0],
  (1 - t) * a[1] + t * b[1],
];
const project = ([longitude, latitude]: Coordinate): Point => pointAt(longitude, latitude);

function distance(a: Coordinate, b: Coordinate): number {
  const [p, q] = [project(a), project(b)];
  if (dot(p, q) < -1e-14 || length(add(p, q)) === 0) return Number.POSITIVE_INFINITY;
  const off = (t: number): number => length(minus(interpolate(p, q, t), project(between(a, b, t))));
  return Math.max(off(FRACTION), off(1 - FRACTION));
}

function halve(a: Coordinate, b: Coordinate, tolerance: number, found: Coordinate[], halvings: number): void {
  if (halvings === MAX_HALVINGS || distance(a, b) <= tolerance) {
    found.push(b);
    return;
  }
  const middle = between(a, b, 0.5);
  halve(a, middle, tolerance, found, halvings + 1);
  halve(middle, b, tolerance, found, halvings + 1);
}

/**
 * The vertices of a path with those between them that its arcs need. `wrap` lets an edge of more than 180 degrees go
 * the short way around. Undefined when there would be too many.
 */
export function tessellate(path: readonly Coordinate[], metres: number, wrap: boolean): Coordinate[] | undefined {
  const chord = 2 * Math.sin(Math.max(LEAST, metres / EARTH_RADIUS) / 2) * WORTH;
  const found: Coordinate[] = path.slice(0, 1);
  for (let i = 1; i < path.length; i++) {
    const [a, b] = [path[i - 1] as Coordinate, path[i] as Coordinate];
    const turns = wrap ? Math.round((a[0] - b[0]) / 360) * 360 : 0;
    const chain: Coordinate[] = [];
    halve(a, [b[0] + turns, b[1]], chord, chain, 0);
    for (const [x, y] of chain.slice(0, -1)) found.push([x > 180 ? x - 360 : x < -180 ? x + 360 : x, y]);
    found.push(b);
    if (found.length > MAX_POINTS) return undefined;
  }
  return found;
}
