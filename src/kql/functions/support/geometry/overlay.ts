import { type Arrangement, arrange, type Piece, type SideEdge } from "./arrangement.ts";
import { assemble, chain } from "./assemble.ts";
import { type Edge, edgesOf, edgesOfLines } from "./edges.ts";
import { areaOf, containsAny, type Polygon } from "./rings.ts";
import type { Line } from "./shapes.ts";
import { add, numbering, type Point, unit } from "./vectors.ts";

/** What two shapes have in common may be points, lines and areas at once. */
export interface Parts {
  readonly points: readonly Point[];
  readonly lines: readonly Line[];
  readonly polygons: readonly Polygon[];
}

const borders = (polygons: readonly Polygon[]): Edge[] => polygons.flatMap(({ rings }) => edgesOf(rings));
const sided = (edges: readonly Edge[], side: 0 | 1): SideEdge[] => edges.map((edge) => ({ ...edge, side }));

type Place = "inside" | "outside" | "along" | "against";

/** Where each piece of one shape lies relative to the area of the other. */
function places(arrangement: Arrangement, side: 0 | 1, other: readonly Polygon[]): Map<Piece, Place> {
  const { points, pieces, on } = arrangement;
  const directions = new Set(pieces.filter((piece) => piece.side !== side).map(({ from, to }) => `${from} ${to}`));
  const found = new Map<Piece, Place>();
  let [last, place]: [number, Place] = [-1, "outside"];
  for (const piece of pieces) {
    if (piece.side !== side) continue;
    const { from, to } = piece;
    if (directions.has(`${from} ${to}`)) place = "along";
    else if (directions.has(`${to} ${from}`)) place = "against";
    else if (from !== last || on[side === 0 ? 1 : 0].has(from))
      place = containsAny(other, unit(add(points[from] as Point, points[to] as Point))) ? "inside" : "outside";
    found.set(piece, place);
    last = to;
  }
  return found;
}

/** Within this many radians computed points are one: the first is the rounding error, the others are for what it confuses. */
const TOLERANCES = [1e-14, 1e-12, 1e-10, 1e-8] as const;
/** How far areas may be off by rounding, as a share and in steradians. */
const [AREA_SHARE, AREA_ERROR] = [1e-7, 1e-13];

interface Overlay {
  readonly arrangement: Arrangement;
  readonly union: Polygon[];
  readonly common: Polygon[];
  readonly kept: readonly Piece[];
  readonly against: readonly Piece[];
}

const size = (polygons: readonly Polygon[]): number => polygons.reduce((sum, polygon) => sum + areaOf(polygon), 0);

/** The pieces of a border: those in the wanted place, and what both shapes share once. */
const border = (places: ReadonlyMap<Piece, Place>, wanted: Place, pieces: readonly Piece[]): Piece[] =>
  pieces.filter((piece) => places.get(piece) === wanted || (piece.side === 0 && places.get(piece) === "along"));

/** Union and intersection together; undefined unless their borders close and their areas add up to those of the shapes. */
function tryOverlay(a: readonly Polygon[], b: readonly Polygon[], tolerance: number): Overlay | undefined {
  const arrangement = arrange([...sided(borders(a), 0), ...sided(borders(b), 1)], tolerance);
  const { points, pieces } = arrangement;
  const where = new Map([...places(arrangement, 0, b), ...places(arrangement, 1, a)]);
  const kept = border(where, "inside", pieces);
  const [union, common] = [assemble(border(where, "outside", pieces), points), assemble(kept, points)];
  if (!union || !common) return undefined;
  const total = size(a) + size(b);
  if (Math.abs(size(union) + size(common) - total) > AREA_SHARE * total + AREA_ERROR) return undefined;
  const against = pieces.filter((piece) => piece.side === 0 && where.get(piece) === "against");
  return { arrangement, union, common, kept, against };
}

function overlay(a: readonly Polygon[], b: readonly Polygon[]): Overlay | undefined {
  for (const tolerance of TOLERANCES) {
    const found = tryOverlay(a, b, tolerance);
    if (found) return found;
  }
  return undefined;
}

const sizeOf = (polygons: readonly Polygon[]): number =>
  polygons.reduce((sum, { rings }) => sum + rings.reduce((count, ring) => count + ring.length, 0), 0);

/**
 * The union of many areas, each without overlaps of its own: always the two smallest next, which also settles the order
 * of the result. Undefined when rounding defeats it.
 */
export function uniteAll(areas: readonly (readonly Polygon[])[]): readonly Polygon[] | undefined {
  const queue = areas.map((polygons) => ({ polygons, size: sizeOf(polygons) })).sort((a, b) => a.size - b.size);
  for (;;) {
    const [a, b] = queue.splice(0, 2);
    if (!a || !b) return a?.polygons;
    const polygons = overlay(a.polygons, b.polygons)?.union;
    if (!polygons) return undefined;
    const size = a.size + b.size;
    const at = queue.findIndex((other) => other.size > size);
    queue.splice(at < 0 ? queue.length : at, 0, { polygons, size });
  }
}

/** The area of a shape whose polygons may overlap. */
export const areaWithoutOverlap = (polygons: readonly Polygon[]): readonly Polygon[] | undefined =>
  polygons.length < 2 ? polygons : uniteAll(polygons.map((polygon) => [polygon]));

/** Points that both shapes have and nothing that is kept has. */
function touching({ points, on }: Arrangement, kept: readonly Piece[]): Point[] {
  const used = new Set(kept.flatMap(({ from, to }) => [from, to]));
  return [...on[0]].filter((id) => on[1].has(id) && !used.has(id)).map((id) => points[id] as Point);
}

/** Undefined when rounding defeats it. */
export function intersectPolygons(a: readonly Polygon[], b: readonly Polygon[]): Parts | undefined {
  const found = overlay(a, b);
  if (!found) return undefined;
  const { arrangement, common, kept, against } = found;
  return {
    points: touching(arrangement, [...kept, ...against]),
    lines: chain(against, arrangement.points),
    polygons: common,
  };
}

/** What a line has in common with the edges of another, and with the area inside them. */
function cutLines(lines: readonly Line[], edges: readonly Edge[], area: readonly Polygon[]): Parts {
  const arrangement = arrange([...sided(edgesOfLines(lines), 0), ...sided(edges, 1)], TOLERANCES[0]);
  const kept = [...places(arrangement, 0, area)].flatMap(([piece, place]) => (place === "outside" ? [] : [piece]));
  return { points: touching(arrangement, kept), lines: chain(kept, arrangement.points), polygons: [] };
}

export const intersectLineWithPolygon = (lines: readonly Line[], polygons: readonly Polygon[]): Parts =>
  cutLines(lines, borders(polygons), polygons);

export const intersectLines = (a: readonly Line[], b: readonly Line[]): Parts => cutLines(a, edgesOfLines(b), []);

/** The lines of many, every edge once whichever way it runs. */
export function uniteLines(lines: readonly Line[]): Line[] {
  const { points, numberOf } = numbering();
  const seen = new Set<string>();
  const pieces: Piece[] = [];
  for (const [edge, { from, to }] of edgesOfLines(lines).entries()) {
    const piece = { from: numberOf(from), to: numberOf(to), side: 0 as const, edge };
    const key = [piece.from, piece.to].sort((a, b) => a - b).join(" ");
    if (!seen.has(key)) pieces.push(piece);
    seen.add(key);
  }
  return chain(pieces, points);
}
