import { cellOf, centerOf, cornersOf, MAX_LEVEL, neighborsOf, parseToken, tokenOf } from "./support/geometry/cells.ts";
import { geoFunction, geoJson, NUMBER, or, pointJson, ringDegrees, TOKEN, WHOLE } from "./support/geometry/entry.ts";
import { geohashNeighbors, geohashOf, rectangleOf } from "./support/geometry/geohash.ts";
import { h3 } from "./support/geometry/h3.ts";
import { inSetOrder } from "./support/geometry/set-order.ts";
import { isCoordinate, pointAt } from "./support/geometry/vectors.ts";
import type { ScalarFunction } from "./types.ts";

const geohash = (longitude: number, latitude: number, accuracy: bigint): string =>
  geohashOf(longitude, latitude, Number(accuracy));

function geohashCenter(text: string): string | undefined {
  const cell = rectangleOf(text);
  return cell && geoJson("Point", [cell.west + cell.width / 2, cell.south + cell.height / 2]);
}

function geohashPolygon(text: string): string | undefined {
  const cell = rectangleOf(text);
  if (!cell) return undefined;
  const { west, south } = cell;
  const [east, north] = [west + cell.width, south + cell.height];
  return geoJson("Polygon", [
    [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
      [west, south],
    ],
  ]);
}

const list = (tokens: readonly string[] | undefined): string | undefined => tokens && JSON.stringify(tokens);
const around = (tokens: readonly string[] | undefined): string | undefined => list(tokens && inSetOrder(tokens));

const s2Token = (longitude: number, latitude: number, level: bigint): string | undefined =>
  isCoordinate(longitude, latitude) && level >= 0n && level <= BigInt(MAX_LEVEL)
    ? tokenOf(cellOf(pointAt(longitude, latitude), Number(level)))
    : undefined;

function s2Center(token: string): string | undefined {
  const cell = parseToken(token);
  return cell && pointJson(centerOf(cell));
}
function s2Polygon(token: string): string | undefined {
  const cell = parseToken(token);
  return cell && geoJson("Polygon", [ringDegrees(cornersOf(cell))]);
}
function s2Neighbors(token: string): string | undefined {
  const cell = parseToken(token);
  return around(cell && neighborsOf(cell).map(tokenOf));
}

const MAX_RESOLUTION = 15;
const MAX_RESOLUTION_STEP = 5;
const MAX_RING = 142;
/** Stands for a resolution that was left out. */
const NEXT = "-1";

const h3Token = (longitude: number, latitude: number, resolution: bigint): string | undefined =>
  isCoordinate(longitude, latitude) && resolution >= 0n && resolution <= BigInt(MAX_RESOLUTION)
    ? h3().latLngToCell(latitude, longitude, Number(resolution))
    : undefined;

const isH3 = (token: string): boolean => /^[0-9a-f]{1,16}$/i.test(token) && h3().isValidCell(token);
const onH3 =
  <A extends unknown[], T>(fn: (token: string, ...more: A) => T | undefined) =>
  (token: string, ...more: A): T | undefined =>
    isH3(token) ? fn(token, ...more) : undefined;

function h3Parent(token: string, resolution: bigint): string | undefined {
  const own = h3().getResolution(token);
  const wanted = resolution === BigInt(NEXT) ? own - 1 : Number(resolution);
  return wanted >= 0 && wanted <= own ? h3().cellToParent(token, wanted) : undefined;
}

function h3Children(token: string, resolution: bigint): string | undefined {
  const own = h3().getResolution(token);
  const wanted = resolution === BigInt(NEXT) ? own + 1 : Number(resolution);
  if (wanted < own || wanted > MAX_RESOLUTION || wanted - own > MAX_RESOLUTION_STEP) return undefined;
  return list(h3().cellToChildren(token, wanted));
}

const h3Rings = (token: string, distance: bigint): string | undefined =>
  distance >= 0n && distance <= BigInt(MAX_RING)
    ? JSON.stringify(h3().gridDiskDistances(token, Number(distance)))
    : undefined;

const h3Center = (token: string): string => {
  const [latitude, longitude] = h3().cellToLatLng(token);
  return geoJson("Point", [longitude, latitude]);
};

export default [
  geoFunction("geo_point_to_geohash", [NUMBER, NUMBER, or(WHOLE, "5")], "string", geohash),
  geoFunction("geo_geohash_to_central_point", [TOKEN], "dynamic", geohashCenter),
  geoFunction("geo_geohash_to_polygon", [TOKEN], "dynamic", geohashPolygon),
  geoFunction("geo_geohash_neighbors", [TOKEN], "dynamic", (text) => around(geohashNeighbors(text))),
  geoFunction("geo_point_to_s2cell", [NUMBER, NUMBER, or(WHOLE, "11")], "string", s2Token),
  geoFunction("geo_s2cell_to_central_point", [TOKEN], "dynamic", s2Center),
  geoFunction("geo_s2cell_to_polygon", [TOKEN], "dynamic", s2Polygon),
  geoFunction("geo_s2cell_neighbors", [TOKEN], "dynamic", s2Neighbors),
  geoFunction("geo_point_to_h3cell", [NUMBER, NUMBER, or(WHOLE, "6")], "string", h3Token),
  geoFunction("geo_h3cell_to_central_point", [TOKEN], "dynamic", onH3(h3Center)),
  geoFunction(
    "geo_h3cell_to_polygon",
    [TOKEN],
    "dynamic",
    onH3((token) => geoJson("Polygon", [h3().cellToBoundary(token, true)])),
  ),
  geoFunction(
    "geo_h3cell_neighbors",
    [TOKEN],
    "dynamic",
    onH3((token) => list(h3().gridDiskDistances(token, 1)[1])),
  ),
  geoFunction("geo_h3cell_children", [TOKEN, or(WHOLE, NEXT)], "dynamic", onH3(h3Children)),
  geoFunction("geo_h3cell_parent", [TOKEN, or(WHOLE, NEXT)], "string", onH3(h3Parent)),
  geoFunction("geo_h3cell_rings", [TOKEN, WHOLE], "dynamic", onH3(h3Rings)),
  geoFunction(
    "geo_h3cell_level",
    [TOKEN],
    "long",
    onH3((token) => BigInt(h3().getResolution(token))),
  ),
] satisfies ScalarFunction[];
