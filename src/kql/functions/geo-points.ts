import { FLAG, geoFunction, NUMBER, or, TOKEN } from "./support/geometry/entry.ts";
import { spheroidDistance } from "./support/geometry/spheroid.ts";
import {
  angle,
  cross,
  dot,
  isCoordinate,
  length,
  metres,
  normal,
  type Point,
  pointAt,
  unit,
} from "./support/geometry/vectors.ts";
import { parseWkt } from "./support/geometry/wkt.ts";
import type { ScalarFunction } from "./types.ts";

const checked = (longitude: number, latitude: number): Point | undefined =>
  isCoordinate(longitude, latitude) ? pointAt(longitude, latitude) : undefined;

const FULL_TURN = 2 * Math.PI;
const APART = 1e-15;
/** Two points that are the same or opposite have no direction between them. */
const directed = (a: Point | undefined, b: Point | undefined): boolean =>
  a !== undefined && b !== undefined && length(cross(a, b)) > APART;

/** Clockwise from the first to the second direction at a point, which their great circles' normals give. */
function clockwise(at: Point, first: Point, second: Point): number {
  const turned = Math.atan2(dot(cross(second, first), at), dot(first, second));
  return turned < 0 ? turned + FULL_TURN : turned;
}

const NORTH: Point = { x: 0, y: 0, z: 1 };

function azimuth(x1: number, y1: number, x2: number, y2: number): number | undefined {
  const [from, to] = [checked(x1, y1), checked(x2, y2)];
  if (!from || !to || !directed(from, to)) return undefined;
  const north = Math.abs(y1) === 90 ? { x: 0, y: 1, z: 0 } : cross(from, NORTH);
  return clockwise(from, unit(north), unit(normal(from, to)));
}

function bend(x1: number, y1: number, x2: number, y2: number, x3: number, y3: number): number | undefined {
  const [a, b, c] = [checked(x1, y1), checked(x2, y2), checked(x3, y3)];
  if (!a || !b || !c || !directed(a, b) || !directed(b, c)) return undefined;
  return clockwise(b, unit(normal(b, a)), unit(normal(b, c)));
}

function distance(x1: number, y1: number, x2: number, y2: number, spheroid: boolean): number | undefined {
  const [a, b] = [checked(x1, y1), checked(x2, y2)];
  if (!a || !b) return undefined;
  return spheroid ? spheroidDistance([x1, y1], [x2, y2]) : metres(angle(a, b));
}

function inCircle(x: number, y: number, centerX: number, centerY: number, radius: number): boolean | undefined {
  const [point, center] = [checked(x, y), checked(centerX, centerY)];
  return point && center && radius > 0 ? metres(angle(point, center)) <= radius : undefined;
}

const wkt = (text: string): string | undefined => {
  const geometry = parseWkt(text);
  return geometry && JSON.stringify(geometry);
};

const numbers = (count: number) => new Array<typeof NUMBER>(count).fill(NUMBER);

export default [
  geoFunction("geo_angle", numbers(6), "real", bend),
  geoFunction("geo_azimuth", numbers(4), "real", azimuth),
  geoFunction("geo_distance_2points", [...numbers(4), or(FLAG, "false")], "real", distance),
  geoFunction("geo_point_in_circle", numbers(5), "bool", inCircle),
  geoFunction("geo_from_wkt", [TOKEN], "dynamic", wkt),
] satisfies ScalarFunction[];
