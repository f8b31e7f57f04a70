import type { Polygon } from "./rings.ts";
import { add, angle, cross, EARTH_RADIUS, interpolate, normal, type Point, scale, tangent, unit } from "./vectors.ts";

/** Polygons around points and arcs: no point of their border is off the radius by more than the tolerance. */

/** The tolerance must be at least this share of the radius, and at most the radius. */
const LEAST_TOLERANCE = 1e-6;
const MOST_TOLERANCE = 0.999;
const HALF_TURN = Math.PI;
/** An eighth of the way around the Earth. */
const MOST_RADIUS = HALF_TURN / 4;

export interface Reach {
  /** Radians. */
  readonly radius: number;
  /** Radians of turn between two vertices of a round border. */
  readonly step: number;
  /** Radians along an arc between two vertices of the border beside it. */
  readonly stride: number;
}

/** The reach for a radius and a tolerance in metres, or undefined when no polygon can keep it. */
export function reachOf(radius: number, tolerance: number): Reach | undefined {
  const radians = radius / EARTH_RADIUS;
  if (!(radius > 0) || !(tolerance > 0) || tolerance < radius * LEAST_TOLERANCE) return undefined;
  if (radians >= MOST_RADIUS) return undefined;
  const share = Math.min(tolerance / radius, MOST_TOLERANCE);
  const edge = Math.tan(radians * (1 - share)) / Math.tan(radians);
  const count = Math.max(3, Math.ceil(HALF_TURN / Math.acos(edge)));
  const stride = 2 * Math.acos(Math.tan(radians) / Math.tan(radians * (1 + share)));
  return { radius: radians, step: (2 * HALF_TURN) / count, stride };
}

/** The points at the reach's distance from a center, from one bearing on to another, both given. */
function arc(center: Point, { radius, step }: Reach, north: Point, from: number, to: number): Point[] {
  const east = cross(center, north);
  const count = Math.max(1, Math.ceil((to - from) / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => {
    const bearing = from + ((to - from) * i) / count;
    const way = add(scale(north, Math.cos(bearing)), scale(east, Math.sin(bearing)));
    return unit(add(scale(center, Math.cos(radius)), scale(way, Math.sin(radius))));
  });
}

export const aroundPoint = (center: Point, reach: Reach): Polygon => ({
  rings: [arc(center, reach, tangent(center), 0, 2 * HALF_TURN).slice(0, -1)],
});

/** The points at the reach's distance from an arc, on its left: great-circle edges keep the tolerance. */
function beside(from: Point, to: Point, { radius, stride }: Reach): Point[] {
  const left = unit(normal(from, to));
  const count = Math.max(1, Math.ceil(angle(from, to) / stride));
  return Array.from({ length: count + 1 }, (_, i) => {
    const base = interpolate(from, to, i / count);
    return unit(add(scale(base, Math.cos(radius)), scale(left, Math.sin(radius))));
  });
}

/** The polygon around one arc, with round ends. */
export function aroundArc(from: Point, to: Point, reach: Reach): Polygon {
  const left = unit(normal(from, to));
  const cap = (at: Point, north: Point): Point[] => arc(at, reach, north, 0, HALF_TURN).slice(1, -1);
  const right = beside(to, from, reach).reverse();
  return {
    rings: [[...right, ...cap(to, scale(left, -1)), ...beside(from, to, reach).reverse(), ...cap(from, left)]],
  };
}
