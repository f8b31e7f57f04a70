import { aroundArc, aroundPoint, type Reach, reachOf } from "./support/geometry/buffer.ts";
import { type Edge, edgesOf, edgesOfLines } from "./support/geometry/edges.ts";
import { geoFunction, NUMBER, or, SHAPE } from "./support/geometry/entry.ts";
import { polygonsJson } from "./support/geometry/output.ts";
import { areaWithoutOverlap, uniteAll } from "./support/geometry/overlay.ts";
import { parseLines, parsePolygons } from "./support/geometry/shapes.ts";
import { isCoordinate, pointAt } from "./support/geometry/vectors.ts";
import type { ScalarFunction } from "./types.ts";

const aroundEdges = (edges: readonly Edge[], reach: Reach) => edges.map(({ from, to }) => [aroundArc(from, to, reach)]);

function pointBuffer(longitude: number, latitude: number, radius: number, tolerance: number): string | undefined {
  const reach = reachOf(radius, tolerance);
  return reach && isCoordinate(longitude, latitude)
    ? polygonsJson([aroundPoint(pointAt(longitude, latitude), reach)])
    : undefined;
}

function lineBuffer(text: string, radius: number, tolerance: number): string | undefined {
  const [lines, reach] = [parseLines(text), reachOf(radius, tolerance)];
  const union = lines && reach && uniteAll(aroundEdges(edgesOfLines(lines), reach));
  return union && polygonsJson(union);
}

function polygonBuffer(text: string, radius: number, tolerance: number): string | undefined {
  const [polygons, reach] = [parsePolygons(text), reachOf(radius, tolerance)];
  if (!polygons || !reach) return undefined;
  const area = areaWithoutOverlap(polygons);
  const edges = area?.flatMap(({ rings }) => edgesOf(rings)) ?? [];
  const union = area && uniteAll([area, ...aroundEdges(edges, reach)]);
  return union && polygonsJson(union);
}

const TOLERANCE = or(NUMBER, "10");

export default [
  geoFunction("geo_point_buffer", [NUMBER, NUMBER, NUMBER, TOLERANCE], "dynamic", pointBuffer),
  geoFunction("geo_line_buffer", [SHAPE, NUMBER, TOLERANCE], "dynamic", lineBuffer),
  geoFunction("geo_polygon_buffer", [SHAPE, NUMBER, TOLERANCE], "dynamic", polygonBuffer),
] satisfies ScalarFunction[];
