import { type Edge, edgesOf, someNearPair } from "./edges.ts";
import { crosses } from "./predicates.ts";
import { normalized, type Polygon } from "./rings.ts";
import { cross, dot, isCoordinate, length, type Point, pointAt, same } from "./vectors.ts";

/*
 * GeoJSON text to points of the sphere. What Kusto does not take as a shape gives undefined: wrong types, coordinates
 * out of range, too few or repeated vertices, rings that are open or cross.
 */

export type Line = readonly Point[];

/** Total length of the texts that are remembered in parsed form. */
const MAX_REMEMBERED = 20_000_000;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses each text once: the shapes of a query are few and come with every row. The last one is kept apart, because
 * comparing two texts is many times cheaper than hashing one.
 */
function remembered<T>(parse: (value: unknown) => T | undefined): (text: string) => T | undefined {
  const known = new Map<string, T | undefined>();
  let size = 0;
  let [last, result]: [string | undefined, T | undefined] = [undefined, undefined];
  const look = (text: string): T | undefined => {
    if (known.has(text)) return known.get(text);
    if (size > MAX_REMEMBERED) {
      known.clear();
      size = 0;
    }
    const parsed = parse(jsonOf(text));
    known.set(text, parsed);
    size += text.length;
    return parsed;
  };
  return (text) => {
    if (text !== last) [last, result] = [text, look(text)];
    return result;
  };
}

/** What `read` gives for every item, or undefined as soon as it refuses one. */
function every<T>(items: unknown, read: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(items) || items.length === 0) return undefined;
  const found: T[] = [];
  for (const item of items) {
    const value = read(item);
    if (value === undefined) return undefined;
    found.push(value);
  }
  return found;
}

export type Coordinate = readonly [longitude: number, latitude: number];

function coordinateOf(item: unknown): Coordinate | undefined {
  if (!Array.isArray(item) || item.length < 2) return undefined;
  const [longitude, latitude] = item as unknown[];
  if (typeof longitude !== "number" || typeof latitude !== "number") return undefined;
  return isCoordinate(longitude, latitude) ? [longitude, latitude] : undefined;
}

const OPPOSITE = 1e-15;
const opposite = (a: Point, b: Point): boolean => dot(a, b) < 0 && length(cross(a, b)) < OPPOSITE;

/** The path through coordinates, unless it stands still or has an edge of half a turn, which could go either way. */
function pathOf(coordinates: readonly Coordinate[]): Line | undefined {
  const points = coordinates.map(([longitude, latitude]) => pointAt(longitude, latitude));
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] as Point, points[i] as Point];
    if (same(a, b) || opposite(a, b)) return undefined;
  }
  return points;
}

const lineCoordinates = (item: unknown): Coordinate[] | undefined => {
  const coordinates = every(item, coordinateOf);
  return coordinates && coordinates.length >= 2 && pathOf(coordinates) ? coordinates : undefined;
};

function ringCoordinates(item: unknown): Coordinate[] | undefined {
  const coordinates = lineCoordinates(item);
  if (!coordinates || coordinates.length < 4) return undefined;
  const [first, last] = [coordinates[0], coordinates.at(-1)];
  if (first?.[0] !== last?.[0] || first?.[1] !== last?.[1]) return undefined;
  const vertices = new Set(coordinates.map(([x, y]) => `${x} ${y}`));
  return vertices.size === coordinates.length - 1 ? coordinates : undefined;
}

export type ShapeKind = "line" | "polygon";
export const TYPE_NAMES: Readonly<Record<ShapeKind, readonly [single: string, multiple: string]>> = {
  line: ["LineString", "MultiLineString"],
  polygon: ["Polygon", "MultiPolygon"],
};

/** The `coordinates` of a single shape as a list of one, those of a multiple shape as they are. */
function partsOf(value: unknown, kind: ShapeKind): unknown {
  if (typeof value !== "object" || value === null || !("type" in value) || !("coordinates" in value)) return undefined;
  const [single, multiple] = TYPE_NAMES[kind];
  if (value.type === single) return [value.coordinates];
  return value.type === multiple ? value.coordinates : undefined;
}

/** The coordinates of the paths of every part: a line has one, a polygon its shell and its holes. */
const partCoordinates = (value: unknown, kind: ShapeKind): Coordinate[][][] | undefined =>
  kind === "line"
    ? every(partsOf(value, kind), lineCoordinates)?.map((line) => [line])
    : every(partsOf(value, kind), (rings) => every(rings, ringCoordinates));

const linesOf = (value: unknown): Line[] | undefined =>
  partCoordinates(value, "line")?.map((part) => pathOf(part[0] ?? []) ?? []);

const crossing = (a: Edge, b: Edge): boolean =>
  crosses(a.from, a.to, b.from, b.to) ||
  (same(a.from, b.from) && same(a.to, b.to)) ||
  (same(a.from, b.to) && same(a.to, b.from));

function polygonOf(part: unknown): Polygon | undefined {
  const paths = every(part, (item) => pathOf(ringCoordinates(item) ?? []));
  if (!paths?.every((path) => path.length > 3)) return undefined;
  const rings = paths.map((path) => normalized(path.slice(0, -1)));
  const polygon = { rings: rings.map((ring, i) => (i === 0 ? ring : ring.toReversed())) };
  return someNearPair(edgesOf(polygon.rings), crossing) ? undefined : polygon;
}

const polygonsOf = (value: unknown): Polygon[] | undefined => every(partsOf(value, "polygon"), polygonOf);

const arrayOf =
  <T>(read: (value: unknown) => T[] | undefined) =>
  (value: unknown): T[][] | undefined =>
    every(value, read);

/** Lines of a LineString or a MultiLineString. */
export const parseLines = remembered(linesOf);
/** Polygons of a Polygon or a MultiPolygon; those of one shape may overlap. */
export const parsePolygons = remembered(polygonsOf);
export const parseLineArray = remembered(arrayOf(linesOf));
export const parsePolygonArray = remembered(arrayOf(polygonsOf));

/** The coordinates of a valid shape as they are written, part by part and path by path. */
export const parseCoordinates: Readonly<Record<ShapeKind, (text: string) => Coordinate[][][] | undefined>> = {
  line: remembered((value) => linesOf(value) && partCoordinates(value, "line")),
  polygon: remembered((value) => polygonsOf(value) && partCoordinates(value, "polygon")),
};
/** Whether a shape's text names the type of many parts. */
export const isMultiple = (text: string): boolean => /"type"\s*:\s*"Multi/.test(text);
