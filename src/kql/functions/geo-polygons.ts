import { cover } from "./support/geometry/covering.ts";
import { edgesOf } from "./support/geometry/edges.ts";
import { geoFunction, NUMBER, or, pointJson, SHAPE, WHOLE, withoutArgument } from "./support/geometry/entry.ts";
import { h3 } from "./support/geometry/h3.ts";
import { polygonsJson } from "./support/geometry/output.ts";
import { areaWithoutOverlap, uniteAll } from "./support/geometry/overlay.ts";
import { areaOf, containsAny, momentOf, nearestOnEdges, type Polygon, perimeter } from "./support/geometry/rings.ts";
import { inSetOrder } from "./support/geometry/set-order.ts";
import { parseCoordinates, parsePolygonArray, parsePolygons } from "./support/geometry/shapes.ts";
import { simplifyPolygons } from "./support/geometry/simplify.ts";
import { add, angle, EARTH_RADIUS, isCoordinate, metres, type Point, pointAt } from "./support/geometry/vectors.ts";
import type { ScalarFunction } from "./types.ts";

const whole = (text: string): readonly Polygon[] | undefined => {
  const polygons = parsePolygons(text);
  return polygons && areaWithoutOverlap(polygons);
};

const area = (text: string): number | undefined =>
  whole(text)?.reduce((sum, polygon) => sum + areaOf(polygon) * EARTH_RADIUS ** 2, 0);
const border = (text: string): number | undefined => whole(text)?.reduce((sum, polygon) => sum + perimeter(polygon), 0);
function centroid(text: string): string | undefined {
  const polygons = whole(text);
  return polygons && pointJson(polygons.map(momentOf).reduce(add));
}

function contained(longitude: number, latitude: number, text: string): boolean | undefined {
  const polygons = parsePolygons(text);
  return polygons && isCoordinate(longitude, latitude)
    ? containsAny(polygons, pointAt(longitude, latitude))
    : undefined;
}

function nearest(longitude: number, latitude: number, text: string): [Point, Point] | undefined {
  const polygons = parsePolygons(text);
  if (!polygons || !isCoordinate(longitude, latitude)) return undefined;
  const point = pointAt(longitude, latitude);
  if (containsAny(polygons, point)) return [point, point];
  return [point, nearestOnEdges(polygons, () => polygons.flatMap(({ rings }) => edgesOf(rings)), point)];
}

function closest(longitude: number, latitude: number, text: string): string | undefined {
  const found = nearest(longitude, latitude, text);
  return found && pointJson(found[1]);
}

function distance(longitude: number, latitude: number, text: string): number | undefined {
  const found = nearest(longitude, latitude, text);
  return found && metres(angle(...found));
}

function s2Covering(text: string, level: bigint, radius: number): string | undefined {
  const polygons = parsePolygons(text);
  const edges = polygons?.flatMap(({ rings }) => edgesOf(rings)) ?? [];
  const cells = polygons && cover(edges, polygons, Number(level), radius);
  return cells && JSON.stringify(cells);
}

const MAX_H3_CELLS = 61_680;
const MAX_RESOLUTION = 15;

/** Whether a covering would be too large, from the size of an average cell, before it is made. */
const tooMany = (polygons: readonly Polygon[], resolution: number): boolean =>
  polygons.reduce((sum, polygon) => sum + Math.abs(areaOf(polygon)) * EARTH_RADIUS ** 2, 0) >
  2 * MAX_H3_CELLS * h3().getHexagonAreaAvg(resolution, "m2");

function h3Covering(text: string, level: bigint): string | undefined {
  const [polygons, parts] = [parsePolygons(text), parseCoordinates.polygon(text)];
  const resolution = Number(level);
  if (!polygons || !parts || resolution < 0 || resolution > MAX_RESOLUTION || tooMany(polygons, resolution))
    return undefined;
  const cells = new Set<string>();
  for (const part of parts) {
    const rings = part.map((ring) => ring.map(([longitude, latitude]) => [longitude, latitude]));
    for (const cell of h3().polygonToCells(rings, resolution, true)) cells.add(cell);
  }
  return cells.size <= MAX_H3_CELLS ? JSON.stringify(inSetOrder([...cells])) : undefined;
}

function unionOf(text: string): string | undefined {
  const shapes = parsePolygonArray(text);
  const union = shapes && uniteAll(shapes.flat().map((polygon) => [polygon]));
  return union && polygonsJson(union);
}

function simplified(text: string, tolerance: number): string | undefined {
  const found = whole(text);
  const left = found && simplifyPolygons(found, tolerance);
  return left && polygonsJson(left);
}

function simplifiedUnion(text: string, tolerance: number): string | undefined {
  const shapes = parsePolygonArray(text);
  const union = shapes && uniteAll(shapes.flat().map((polygon) => [polygon]));
  const left = union && simplifyPolygons(union, tolerance);
  return left && polygonsJson(left);
}

export default [
  geoFunction("geo_polygon_area", [SHAPE], "real", area),
  geoFunction("geo_polygon_perimeter", [SHAPE], "real", border),
  geoFunction("geo_polygon_centroid", [SHAPE], "dynamic", centroid),
  geoFunction("geo_point_in_polygon", [NUMBER, NUMBER, SHAPE], "bool", contained),
  geoFunction("geo_closest_point_on_polygon", [NUMBER, NUMBER, SHAPE], "dynamic", closest),
  geoFunction("geo_distance_point_to_polygon", [NUMBER, NUMBER, SHAPE], "real", distance),
  geoFunction("geo_polygon_to_s2cells", [SHAPE, or(WHOLE, "11"), or(NUMBER, "0")], "dynamic", s2Covering),
  withoutArgument(
    geoFunction("geo_polygon_to_h3cells", [SHAPE, or(WHOLE, "6"), or(NUMBER, "0")], "dynamic", h3Covering),
    "It covers the polygon itself: radius must be 0.",
  ),
  geoFunction("geo_polygon_simplify", [SHAPE, or(NUMBER, "10")], "dynamic", simplified),
  geoFunction("geo_simplify_polygons_array", [SHAPE, or(NUMBER, "10")], "dynamic", simplifiedUnion),
  geoFunction("geo_union_polygons_array", [SHAPE], "dynamic", unionOf),
] satisfies ScalarFunction[];
