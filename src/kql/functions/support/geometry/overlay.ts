import { type Arrangement, arrange, type Piece } from "./arrangement.ts";
import { assemble, chain } from "./assemble.ts";
import { edgesOf, edgesOfLines } from "./edges.ts";
import { containsAny, type Polygon } from "./rings.ts";
import type { Line } from "./shapes.ts";
import { add, type Point, unit } from "./vectors.ts";

/** What two shapes have in common may be points, lines and areas at once. */
export interface Parts {
  readonly points: readonly Point[];
  readonly lines: readonly Line[];
  readonly polygons: readonly Polygon[];
}

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

const arrangePolygons = (a: readonly Polygon[], b: readonly Polygon[]): Arrangement =>
  arrange([
    ...a.flatMap(({ rings }) => edgesOf(rings)).map((edge) => ({ ...edge, side: 0 as const })),
    ...b.flatMap(({ rings }) => edgesOf(rings)).map((edge) => ({ ...edge, side: 1 as const })),
  ]);

/** The pieces of the border of the union or the intersection: edges that both share stay once. */
function border(arrangement: Arrangement, a: readonly Polygon[], b: readonly Polygon[], wanted: Place): Piece[] {
  const [first, second] = [places(arrangement, 0, b), places(arrangement, 1, a)];
  return arrangement.pieces.filter((piece) => {
    const place = first.get(piece);
    return place === undefined ? second.get(piece) === wanted : place === wanted || place === "along";
  });
}

/** The union of two areas, each without overlaps of its own. */
export function unite(a: readonly Polygon[], b: readonly Polygon[]): Polygon[] {
  const arrangement = arrangePolygons(a, b);
  return assemble(border(arrangement, a, b, "outside"), arrangement.points);
}

const sizeOf = (polygons: readonly Polygon[]): number =>
  polygons.reduce((sum, { rings }) => sum + rings.reduce((count, ring) => count + ring.length, 0), 0);

/** The union of many areas: always the two smallest next, which also settles the order of the result. */
export function uniteAll(areas: readonly (readonly Polygon[])[]): Polygon[] {
  const queue = areas.map((polygons) => ({ polygons, size: sizeOf(polygons) })).sort((a, b) => a.size - b.size);
  for (;;) {
    const [a, b] = queue.splice(0, 2);
    if (!a || !b) return [...(a?.polygons ?? [])];
    const size = a.size + b.size;
    const at = queue.findIndex((other) => other.size > size);
    queue.splice(at < 0 ? queue.length : at, 0, { polygons: unite(a.polygons, b.polygons), size });
  }
}

/** The area of a shape whose polygons may overlap. */
export const areaWithoutOverlap = (polygons: readonly Polygon[]): readonly Polygon[] =>
  polygons.length < 2 ? polygons : uniteAll(polygons.map((polygon) => [polygon]));

/** Points that both shapes have and nothing that is kept has. */
function touching({ points, on }: Arrangement, kept: readonly Piece[]): Point[] {
  const used = new Set(kept.flatMap(({ from, to }) => [from, to]));
  return [...on[0]].filter((id) => on[1].has(id) && !used.has(id)).map((id) => points[id] as Point);
}

export function intersectPolygons(a: readonly Polygon[], b: readonly Polygon[]): Parts {
  const arrangement = arrangePolygons(a, b);
  const area = border(arrangement, a, b, "inside");
  const against = places(arrangement, 0, b);
  const lines = arrangement.pieces.filter((piece) => against.get(piece) === "against");
  return {
    points: touching(arrangement, [...area, ...lines]),
    lines: chain(lines, arrangement.points),
    polygons: assemble(area, arrangement.points),
  };
}

export function intersectLineWithPolygon(lines: readonly Line[], polygons: readonly Polygon[]): Parts {
  const arrangement = arrange([
    ...edgesOfLines(lines).map((edge) => ({ ...edge, side: 0 as const })),
    ...polygons.flatMap(({ rings }) => edgesOf(rings)).map((edge) => ({ ...edge, side: 1 as const })),
  ]);
  const kept = [...places(arrangement, 0, polygons)].flatMap(([piece, place]) => (place === "outside" ? [] : [piece]));
  return { points: touching(arrangement, kept), lines: chain(kept, arrangement.points), polygons: [] };
}

export function intersectLines(a: readonly Line[], b: readonly Line[]): Parts {
  const arrangement = arrange([
    ...edgesOfLines(a).map((edge) => ({ ...edge, side: 0 as const })),
    ...edgesOfLines(b).map((edge) => ({ ...edge, side: 1 as const })),
  ]);
  const kept = [...places(arrangement, 0, [])].flatMap(([piece, place]) => (place === "outside" ? [] : [piece]));
  return { points: touching(arrangement, kept), lines: chain(kept, arrangement.points), polygons: [] };
}

/** The lines of many, every edge once whichever way it runs. */
export function uniteLines(lines: readonly Line[]): Line[] {
  const numbers = new Map<string, number>();
  const points: Point[] = [];
  const numberOf = (point: Point): number => {
    const key = `${point.x} ${point.y} ${point.z}`;
    const known = numbers.get(key) ?? points.push(point) - 1;
    numbers.set(key, known);
    return known;
  };
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
