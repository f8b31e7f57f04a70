import { cover } from "./support/geometry/covering.ts";
import { edgesOfLines } from "./support/geometry/edges.ts";
import {
  FLAG,
  type GeoParameter,
  geoFunction,
  geoJson,
  NUMBER,
  or,
  pointJson,
  SHAPE,
  WHOLE,
  withoutArgument,
} from "./support/geometry/entry.ts";
import { linesJson } from "./support/geometry/output.ts";
import { uniteLines } from "./support/geometry/overlay.ts";
import { fractionNear, lineLength, lineMoment, nearestOnEdges, pointAlong } from "./support/geometry/rings.ts";
import { isMultiple, type Line, parseCoordinates, parseLineArray, parseLines } from "./support/geometry/shapes.ts";
import { simplifyLines } from "./support/geometry/simplify.ts";
import { tessellate } from "./support/geometry/tessellate.ts";
import { add, angle, isCoordinate, metres, type Point, pointAt } from "./support/geometry/vectors.ts";
import type { ScalarFunction } from "./types.ts";

const union = (lines: readonly Line[]): readonly Line[] => (lines.length < 2 ? lines : uniteLines(lines));

function lengthOf(text: string): number | undefined {
  const lines = parseLines(text);
  return lines && union(lines).reduce((sum, line) => sum + lineLength(line), 0);
}

function centroid(text: string): string | undefined {
  const lines = parseLines(text);
  return lines && pointJson(union(lines).map(lineMoment).reduce(add));
}

function nearest(longitude: number, latitude: number, text: string): [Point, Point] | undefined {
  const lines = parseLines(text);
  if (!lines || !isCoordinate(longitude, latitude)) return undefined;
  const point = pointAt(longitude, latitude);
  return [point, nearestOnEdges(lines, () => edgesOfLines(lines), point)];
}

function closest(longitude: number, latitude: number, text: string): string | undefined {
  const found = nearest(longitude, latitude, text);
  return found && pointJson(found[1]);
}

function distance(longitude: number, latitude: number, text: string): number | undefined {
  const found = nearest(longitude, latitude, text);
  return found && metres(angle(...found));
}

/** The one line of a shape, when it has no more. */
const single = (text: string): Line | undefined => {
  const lines = parseLines(text);
  return lines?.length === 1 ? lines[0] : undefined;
};

function interpolated(text: string, fraction: number): string | undefined {
  const line = single(text);
  return line && fraction >= 0 && fraction <= 1 ? pointJson(pointAlong(line, fraction)) : undefined;
}

function located(text: string, longitude: number, latitude: number): number | undefined {
  const line = single(text);
  return line && isCoordinate(longitude, latitude) ? fractionNear(line, pointAt(longitude, latitude)) : undefined;
}

const [LEAST_TOLERANCE, MOST_TOLERANCE] = [0.1, 10_000];

const densify =
  (kind: "line" | "polygon") =>
  (text: string, tolerance: number, preserveCrossing: boolean): string | undefined => {
    const parts = parseCoordinates[kind](text);
    if (!parts || tolerance < LEAST_TOLERANCE || tolerance > MOST_TOLERANCE) return undefined;
    const dense = parts.map((part) => part.map((path) => tessellate(path, tolerance, preserveCrossing)));
    if (dense.flat().includes(undefined)) return undefined;
    const shapes = kind === "line" ? dense.map(([path]) => path) : dense;
    const name = kind === "line" ? "LineString" : "Polygon";
    return isMultiple(text) ? geoJson(`Multi${name}`, shapes) : geoJson(name, shapes[0]);
  };

function covering(text: string, level: bigint, radius: number): string | undefined {
  const lines = parseLines(text);
  const cells = lines && cover(edgesOfLines(lines), [], Number(level), radius);
  return cells && JSON.stringify(cells);
}

function unionOf(text: string): string | undefined {
  const shapes = parseLineArray(text);
  return shapes && linesJson(uniteLines(shapes.flat()));
}

function simplified(text: string, tolerance: number): string | undefined {
  const lines = parseLines(text);
  const left = lines && simplifyLines(union(lines), tolerance);
  return left && linesJson(left);
}

const densified: readonly GeoParameter[] = [SHAPE, or(NUMBER, "10"), or(FLAG, "false")];

/** Where a line comes nearest to a point on the spheroid is not computed. */
const locate = withoutArgument(
  geoFunction("geo_line_locate_point", [SHAPE, NUMBER, NUMBER, or(FLAG, "false")], "real", located),
  "It measures on the sphere: use_spheroid must be false.",
);

export default [
  geoFunction("geo_line_length", [SHAPE], "real", lengthOf),
  geoFunction("geo_line_centroid", [SHAPE], "dynamic", centroid),
  geoFunction("geo_closest_point_on_line", [NUMBER, NUMBER, SHAPE], "dynamic", closest),
  geoFunction("geo_distance_point_to_line", [NUMBER, NUMBER, SHAPE], "real", distance),
  geoFunction("geo_line_interpolate_point", [SHAPE, NUMBER], "dynamic", interpolated),
  locate,
  geoFunction("geo_line_densify", densified, "dynamic", densify("line")),
  geoFunction("geo_polygon_densify", densified, "dynamic", densify("polygon")),
  geoFunction("geo_line_simplify", [SHAPE, or(NUMBER, "10")], "dynamic", simplified),
  geoFunction("geo_line_to_s2cells", [SHAPE, or(WHOLE, "11"), or(NUMBER, "0")], "dynamic", covering),
  geoFunction("geo_union_lines_array", [SHAPE], "dynamic", unionOf),
] satisfies ScalarFunction[];
