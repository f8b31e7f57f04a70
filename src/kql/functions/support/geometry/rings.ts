import { type Edge, edgesOf, edgesOfLines } from "./edges.ts";
import { crosses, crossesOrTouches, ORIGIN, ordered } from "./predicates.ts";
import {
  add,
  angle,
  cross,
  dot,
  interpolate,
  length,
  metres,
  minus,
  nearestOnArc,
  normal,
  type Point,
  same,
  scale,
  tangent,
  unit,
} from "./vectors.ts";

/** A closed ring without its repeated last point. Its inside lies on its left. */
export type Ring = readonly Point[];

/** Shell and holes; the inside lies on the left of every ring, so that holes run clockwise. */
export interface Polygon {
  readonly rings: readonly Ring[];
}

/** The signed area of a triangle in steradians; differences keep small ones precise. */
function triangleArea(a: Point, b: Point, c: Point): number {
  const determinant = dot(a, cross(minus(b, a), minus(c, a)));
  return 2 * Math.atan2(determinant, 1 + dot(a, b) + dot(b, c) + dot(c, a));
}

/** Area on the left of a ring in steradians, negative when the smaller side lies on its right. */
export function signedArea(ring: Ring): number {
  const [first] = ring;
  if (!first) return 0;
  let area = 0;
  for (let i = 1; i + 1 < ring.length; i++) area += triangleArea(first, ring[i] as Point, ring[i + 1] as Point);
  return area - 4 * Math.PI * Math.round(area / (4 * Math.PI));
}

/** The ring turned so that the smaller of its two sides is inside. */
export const normalized = (ring: Ring): Ring => (signedArea(ring) < 0 ? [...ring].reverse() : ring);

export const areaOf = (polygon: Polygon): number => polygon.rings.reduce((sum, ring) => sum + signedArea(ring), 0);

/** The integral of position over the inside: it points to the centroid, and its length weighs it. */
export function momentOf(polygon: Polygon): Point {
  let sum: Point = { x: 0, y: 0, z: 0 };
  for (const { from, to } of edgesOf(polygon.rings)) sum = add(sum, scale(unit(normal(from, to)), angle(from, to) / 2));
  return sum;
}

export function lineMoment(line: readonly Point[]): Point {
  let sum: Point = { x: 0, y: 0, z: 0 };
  for (const { from, to } of edgesOfLines([line])) {
    const both = add(from, to);
    sum = add(sum, scale(unit(both), 2 * Math.sin(angle(from, to) / 2)));
  }
  return sum;
}

/** Metres. */
export const lineLength = (line: readonly Point[]): number =>
  metres(edgesOfLines([line]).reduce((sum, { from, to }) => sum + angle(from, to), 0));
export const perimeter = (polygon: Polygon): number =>
  metres(edgesOf(polygon.rings).reduce((sum, { from, to }) => sum + angle(from, to), 0));

/** Beyond this a point is on one side of an arc for certain. */
const CLEAR = 4e-15;

/** Whether the arc from the origin to a point crosses a ring an odd number of times. */
function crossings(ring: Ring, point: Point): boolean {
  let inside = false;
  let from = ring.at(-1) as Point;
  const [a, b, c] = [
    ORIGIN.y * point.z - ORIGIN.z * point.y,
    ORIGIN.z * point.x - ORIGIN.x * point.z,
    ORIGIN.x * point.y - ORIGIN.y * point.x,
  ];
  let before = a * from.x + b * from.y + c * from.z;
  for (const to of ring) {
    const after = a * to.x + b * to.y + c * to.z;
    if ((before < CLEAR || after < CLEAR) && (before > -CLEAR || after > -CLEAR))
      if (crossesOrTouches(ORIGIN, point, from, to)) inside = !inside;
    from = to;
    before = after;
  }
  return inside;
}
const originInside = new WeakMap<Ring, boolean>();

/** Whether the left side of a ring holds the origin: told from its second vertex, whose corner is known. */
function holdsOrigin(ring: Ring): boolean {
  const known = originInside.get(ring);
  if (known !== undefined) return known;
  const [before, vertex, after] = ring as readonly [Point, Point, Point];
  const cornerInside = !ordered(tangent(vertex), after, before, vertex);
  const holds = cornerInside !== crossings(ring, vertex);
  originInside.set(ring, holds);
  return holds;
}

const ringContains = (ring: Ring, point: Point): boolean => holdsOrigin(ring) !== crossings(ring, point);

/** Containment with half-open borders: of polygons that tile the Earth, one holds the point. */
export function contains(polygon: Polygon, point: Point): boolean {
  const [shell, ...holes] = polygon.rings;
  return shell !== undefined && ringContains(shell, point) && holes.every((hole) => ringContains(hole, point));
}

export const containsAny = (polygons: readonly Polygon[], point: Point): boolean =>
  polygons.some((polygon) => contains(polygon, point));

/** An edge with what finding the nearest of its points needs: its plane, and where it begins and ends in it. */
interface Track {
  readonly from: Point;
  readonly to: Point;
  readonly plane: Point;
  readonly start: Point;
  readonly end: Point;
}

const tracks = new WeakMap<object, readonly Track[]>();

/** The edges of a shape's lines or rings, worked out once per shape. */
function tracksOf(shape: object, edges: () => readonly Edge[]): readonly Track[] {
  const known = tracks.get(shape);
  if (known) return known;
  const found = edges().map(({ from, to }) => {
    const plane = unit(normal(from, to));
    return { from, to, plane, start: cross(plane, from), end: cross(plane, to) };
  });
  tracks.set(shape, found);
  return found;
}

const square = (value: number): number => value * value;
const apart = (a: Point, b: Point): number => square(a.x - b.x) + square(a.y - b.y) + square(a.z - b.z);

/** The point of a shape's edges that is nearest to another. */
export function nearestOnEdges(shape: object, edges: () => readonly Edge[], point: Point): Point {
  let [nearest, least]: [Track | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const track of tracksOf(shape, edges)) {
    const above = square(dot(track.plane, point));
    if (above >= least) continue;
    const beside = dot(track.start, point) > 0 && dot(track.end, point) < 0;
    const distance = beside
      ? (2 * above) / (1 + Math.sqrt(Math.max(0, 1 - above)))
      : Math.min(apart(track.from, point), apart(track.to, point));
    if (distance < least) [nearest, least] = [track, distance];
  }
  return nearest ? nearestOnArc(point, nearest.from, nearest.to) : point;
}

/** The point at a fraction of the length of a line, and the fraction at which a line comes nearest to a point. */
export function pointAlong(line: readonly Point[], fraction: number): Point {
  const steps = edgesOfLines([line]).map(({ from, to }) => ({ from, to, size: angle(from, to) }));
  let left = fraction * steps.reduce((sum, { size }) => sum + size, 0);
  for (const { from, to, size } of steps) {
    if (left <= size) return interpolate(from, to, left / size);
    left -= size;
  }
  return line.at(-1) as Point;
}
export function fractionNear(line: readonly Point[], point: Point): number {
  let [walked, best, least] = [0, 0, Number.POSITIVE_INFINITY];
  for (const { from, to } of edgesOfLines([line])) {
    const candidate = nearestOnArc(point, from, to);
    const distance = length(minus(point, candidate));
    if (distance < least) [best, least] = [walked + angle(from, candidate), distance];
    walked += angle(from, to);
  }
  return Math.min(1, best / walked);
}

/** Whether two arcs have a point in common. */
export const meet = (a: Point, b: Point, c: Point, d: Point): boolean =>
  crosses(a, b, c, d) ||
  same(a, c) ||
  same(a, d) ||
  same(b, c) ||
  same(b, d) ||
  touches(a, b, c) ||
  touches(a, b, d) ||
  touches(c, d, a) ||
  touches(c, d, b);

const TOUCH = 1e-15;
/** Whether a point lies on an arc, up to rounding. */
export const touches = (a: Point, b: Point, p: Point): boolean => length(minus(p, nearestOnArc(p, a, b))) <= TOUCH;
