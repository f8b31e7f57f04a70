import { type Edge, edgesOf, edgesOfLines, someNearPair } from "./support/geometry/edges.ts";
import { geoFunction, SHAPE } from "./support/geometry/entry.ts";
import { partsJson } from "./support/geometry/output.ts";
import {
  areaWithoutOverlap,
  intersectLines,
  intersectLineWithPolygon,
  intersectPolygons,
} from "./support/geometry/overlay.ts";
import { containsAny, meet, type Polygon } from "./support/geometry/rings.ts";
import { type Line, parseLines, parsePolygons } from "./support/geometry/shapes.ts";
import type { ScalarFunction } from "./types.ts";

/** Whether edges of two shapes have a point in common. */
const touch = (a: readonly Edge[], b: readonly Edge[]): boolean =>
  someNearPair(
    [...a.map((edge) => ({ ...edge, second: false })), ...b.map((edge) => ({ ...edge, second: true }))],
    (x, y) => x.second !== y.second && meet(x.from, x.to, y.from, y.to),
  );

const borders = (polygons: readonly Polygon[]): Edge[] => polygons.flatMap(({ rings }) => edgesOf(rings));
/** Whether one of the paths starts inside the polygons: decides for shapes whose edges do not meet. */
const startsInside = (paths: readonly Line[], polygons: readonly Polygon[]): boolean =>
  paths.some(([first]) => first !== undefined && containsAny(polygons, first));
const shells = (polygons: readonly Polygon[]): Line[] => polygons.flatMap(({ rings }) => rings.slice(0, 1));

const linesMeet = (a: readonly Line[], b: readonly Line[]): boolean => touch(edgesOfLines(a), edgesOfLines(b));
const lineMeetsPolygon = (lines: readonly Line[], polygons: readonly Polygon[]): boolean =>
  startsInside(lines, polygons) || touch(edgesOfLines(lines), borders(polygons));
const polygonsMeet = (a: readonly Polygon[], b: readonly Polygon[]): boolean =>
  startsInside(shells(a), b) || startsInside(shells(b), a) || touch(borders(a), borders(b));

/** A function of two shapes that gives null as soon as one of them is none. */
const both =
  <A, B, R>(first: (text: string) => A | undefined, second: (text: string) => B | undefined, fn: (a: A, b: B) => R) =>
  (a: string, b: string): R | undefined => {
    const [x, y] = [first(a), second(b)];
    return x !== undefined && y !== undefined ? fn(x, y) : undefined;
  };

const wholeArea = (text: string): readonly Polygon[] | undefined => {
  const polygons = parsePolygons(text);
  return polygons && areaWithoutOverlap(polygons);
};

const TWO = [SHAPE, SHAPE];

export default [
  geoFunction("geo_intersects_2lines", TWO, "bool", both(parseLines, parseLines, linesMeet)),
  geoFunction("geo_intersects_line_with_polygon", TWO, "bool", both(parseLines, parsePolygons, lineMeetsPolygon)),
  geoFunction("geo_intersects_2polygons", TWO, "bool", both(parsePolygons, parsePolygons, polygonsMeet)),
  geoFunction(
    "geo_intersection_2lines",
    TWO,
    "dynamic",
    both(parseLines, parseLines, (a, b) => partsJson(intersectLines(a, b))),
  ),
  geoFunction(
    "geo_intersection_line_with_polygon",
    TWO,
    "dynamic",
    both(parseLines, wholeArea, (a, b) => partsJson(intersectLineWithPolygon(a, b))),
  ),
  geoFunction(
    "geo_intersection_2polygons",
    TWO,
    "dynamic",
    both(wholeArea, wholeArea, (a, b) => {
      const parts = intersectPolygons(a, b);
      return parts && partsJson(parts);
    }),
  ),
] satisfies ScalarFunction[];
