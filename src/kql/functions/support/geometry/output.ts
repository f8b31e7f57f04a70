import { geoJson, ringDegrees } from "./entry.ts";
import type { Parts } from "./overlay.ts";
import type { Polygon } from "./rings.ts";
import type { Line } from "./shapes.ts";
import { degreesOf, type Point } from "./vectors.ts";

/** Shapes as GeoJSON text: one of a kind by itself, several as one multiple shape. */

const one = (type: string, items: readonly unknown[]): string =>
  items.length === 1 ? geoJson(type, items[0]) : geoJson(`Multi${type}`, items);
const collection = (geometries: readonly string[]): string =>
  `{"type":"GeometryCollection","geometries":[${geometries.join(",")}]}`;

const pointsJson = (points: readonly Point[]): string => one("Point", points.map(degreesOf));
export const linesJson = (lines: readonly Line[]): string =>
  one(
    "LineString",
    lines.map((line) => line.map(degreesOf)),
  );
export const polygonsJson = (polygons: readonly Polygon[]): string =>
  polygons.length === 0
    ? collection([])
    : one(
        "Polygon",
        polygons.map(({ rings }) => rings.map(ringDegrees)),
      );

/** Points, lines and areas; a collection unless there is exactly one kind. */
export function partsJson({ points, lines, polygons }: Parts): string {
  const found = [
    ...(points.length > 0 ? [pointsJson(points)] : []),
    ...(lines.length > 0 ? [linesJson(lines)] : []),
    ...(polygons.length > 0 ? [polygonsJson(polygons)] : []),
  ];
  return found.length === 1 ? (found[0] ?? collection([])) : collection(found);
}
