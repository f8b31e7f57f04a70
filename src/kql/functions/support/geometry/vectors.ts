/*
 * Points of the unit sphere and the arcs between them. All geometry of Kusto's geospatial functions lives here:
 * the Earth is a sphere, edges are great-circle arcs.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Metres. */
export const EARTH_RADIUS = 6371010;

const DEGREE = Math.PI / 180;

export const isCoordinate = (longitude: number, latitude: number): boolean =>
  Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;

/** The point at a longitude and latitude in degrees. */
export function pointAt(longitude: number, latitude: number): Point {
  const [phi, theta] = [latitude * DEGREE, longitude * DEGREE];
  const ring = Math.cos(phi);
  return { x: Math.cos(theta) * ring, y: Math.sin(theta) * ring, z: Math.sin(phi) };
}

const signless = (value: number): number => (value === 0 ? 0 : value);

/** Longitude and latitude in degrees. */
export const degreesOf = (p: Point): [number, number] => [
  signless(Math.atan2(p.y, p.x) / DEGREE),
  signless(Math.atan2(p.z, Math.hypot(p.x, p.y)) / DEGREE),
];

export const dot = (a: Point, b: Point): number => a.x * b.x + a.y * b.y + a.z * b.z;
export const cross = (a: Point, b: Point): Point => ({
  x: a.y * b.z - a.z * b.y,
  y: a.z * b.x - a.x * b.z,
  z: a.x * b.y - a.y * b.x,
});
export const add = (a: Point, b: Point): Point => ({ x: a.x + b.x, y: a.y + b.y, z: a.z + b.z });
export const minus = (a: Point, b: Point): Point => ({ x: a.x - b.x, y: a.y - b.y, z: a.z - b.z });
export const scale = (a: Point, by: number): Point => ({ x: a.x * by, y: a.y * by, z: a.z * by });
export const length = (a: Point): number => Math.sqrt(dot(a, a));
export const unit = (a: Point): Point => {
  const size = length(a);
  return size === 0 ? a : scale(a, 1 / size);
};
export const same = (a: Point, b: Point): boolean => a.x === b.x && a.y === b.y && a.z === b.z;
export const negative = (a: Point): Point => scale(a, -1);

/** The angle between two points, exact for near and for opposite points. */
export const angle = (a: Point, b: Point): number => Math.atan2(length(cross(a, b)), dot(a, b));
export const metres = (radians: number): number => radians * EARTH_RADIUS;

/** A normal of the great circle through two points that keeps its precision when they are close. */
export const normal = (a: Point, b: Point): Point => cross(minus(a, b), add(a, b));

/** The point at a fraction of the arc from a to b. */
export function interpolate(a: Point, b: Point, fraction: number): Point {
  if (fraction === 0) return a;
  if (fraction === 1) return b;
  return travel(a, b, fraction * angle(a, b));
}

/** The point reached after `radians` on the way from a towards b. */
export function travel(a: Point, b: Point, radians: number): Point {
  const direction = unit(cross(normal(a, b), a));
  return unit(add(scale(a, Math.cos(radians)), scale(direction, Math.sin(radians))));
}

/** The point of the arc ab that is nearest to p. */
export function nearestOnArc(p: Point, a: Point, b: Point): Point {
  const n = unit(normal(a, b));
  if (!same(a, b) && dot(cross(n, a), p) * dot(cross(n, b), p) < 0) {
    const foot = unit(minus(p, scale(n, dot(p, n))));
    if (dot(foot, add(a, b)) > 0) return foot;
  }
  return length(minus(p, a)) <= length(minus(p, b)) ? a : b;
}

/** A unit vector at right angles to a point: a fixed direction in its tangent plane. */
export function tangent(a: Point): Point {
  const sizes = [Math.abs(a.x), Math.abs(a.y), Math.abs(a.z)];
  const largest = sizes.indexOf(Math.max(...sizes));
  const axis = (largest + 2) % 3;
  return unit(cross(a, { x: axis === 0 ? 1 : 0.012, y: axis === 1 ? 1 : 0.0053, z: axis === 2 ? 1 : 0.00457 }));
}

/** Numbers points in the order in which they come, equal ones once. */
export function numbering(): { readonly points: Point[]; readonly numberOf: (point: Point) => number } {
  const numbers = new Map<string, number>();
  const points: Point[] = [];
  const numberOf = (point: Point): number => {
    const key = `${point.x} ${point.y} ${point.z}`;
    const known = numbers.get(key) ?? points.push(point) - 1;
    numbers.set(key, known);
    return known;
  };
  return { points, numberOf };
}
