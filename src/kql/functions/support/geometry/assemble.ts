import type { Piece } from "./arrangement.ts";
import { contains, type Polygon, type Ring, signedArea } from "./rings.ts";
import type { Line } from "./shapes.ts";
import { cross, dot, minus, type Point, tangent } from "./vectors.ts";

/** Puts the pieces of borders and lines together to rings, polygons and paths. */

const byStart = (pieces: readonly Piece[]): Map<number, Piece[]> => Map.groupBy(pieces, ({ from }) => from);

/** The direction of an arc that leaves a point, counterclockwise from a fixed one. */
function bearing(from: Point, to: Point): number {
  const zero = tangent(from);
  const way = minus(to, from);
  return Math.atan2(dot(way, cross(from, zero)), dot(way, zero));
}

/** The piece that turns left most after another. */
function leftmost(piece: Piece, candidates: readonly Piece[], points: readonly Point[]): Piece | undefined {
  if (candidates.length < 2) return candidates[0];
  const at = points[piece.to] as Point;
  const back = bearing(at, points[piece.from] as Point);
  const clockwise = (to: number): number => {
    const turn = back - bearing(at, points[to] as Point);
    return turn > 0 ? turn : turn + 2 * Math.PI;
  };
  return candidates.toSorted((a, b) => clockwise(a.to) - clockwise(b.to))[0];
}

/** Starts a ring after the last piece of its latest edge, so that rings keep the order of what they came from. */
function rotated(ring: readonly Piece[]): Piece[] {
  const edge = (i: number): number => ring[i]?.edge ?? 0;
  let [latest, gap] = [0, false];
  for (let i = 1; i < ring.length; i++) {
    if (edge(i) < edge(latest)) gap = true;
    else if (edge(i) > edge(latest) || !gap) [latest, gap] = [i, false];
  }
  return [...ring.slice(latest + 1), ...ring.slice(0, latest + 1)];
}

/** Simple rings that use every piece once; undefined when they do not close. */
function ringsOf(pieces: readonly Piece[], points: readonly Point[]): Piece[][] | undefined {
  const left = byStart(pieces);
  const take = (piece: Piece): void => {
    left.set(piece.from, left.get(piece.from)?.filter((other) => other !== piece) ?? []);
  };
  const rings: Piece[][] = [];
  const path: Piece[] = [];
  const place = new Map<number, number>();
  const done = new Set<Piece>();
  for (const start of pieces) {
    let piece: Piece | undefined = done.has(start) ? undefined : start;
    while (piece) {
      done.add(piece);
      take(piece);
      place.set(piece.from, path.push(piece) - 1);
      const from = place.get(piece.to);
      const next: Piece | undefined = leftmost(piece, left.get(piece.to) ?? [], points);
      if (from !== undefined) {
        const ring = path.splice(from);
        for (const used of ring) place.delete(used.from);
        rings.push(rotated(ring));
      }
      piece = path.length > 0 ? next : undefined;
    }
    if (path.length > 0) return undefined;
  }
  return rings.sort((a, b) => (a[0]?.edge ?? 0) - (b[0]?.edge ?? 0));
}

/** Polygons that pieces of borders make, holes with the shells around them; undefined when the borders do not close. */
export function assemble(pieces: readonly Piece[], points: readonly Point[]): Polygon[] | undefined {
  const rings = ringsOf(pieces, points)
    ?.map((ring): Ring => ring.map(({ from }) => points[from] as Point))
    .filter((ring) => ring.length > 2);
  if (!rings) return undefined;
  const shells = rings
    .filter((ring) => signedArea(ring) > 0)
    .map((ring) => ({ ring, area: signedArea(ring), holes: [] as Ring[] }));
  for (const hole of rings.filter((ring) => signedArea(ring) <= 0)) {
    const around = shells.filter(({ ring }) => hole.some((point) => contains({ rings: [ring] }, point)));
    around.sort((a, b) => a.area - b.area)[0]?.holes.push(hole);
  }
  return shells.map(({ ring, holes }) => ({ rings: [ring, ...holes] }));
}

/** Paths through points where exactly one piece ends and one starts. */
export function chain(pieces: readonly Piece[], points: readonly Point[]): Line[] {
  const starts = byStart(pieces);
  const ends = Map.groupBy(pieces, ({ to }) => to);
  const passes = (id: number): boolean => starts.get(id)?.length === 1 && ends.get(id)?.length === 1;
  const used = new Set<Piece>();
  const follow = (first: Piece): Line => {
    const path = [first.from];
    let piece: Piece | undefined = first;
    while (piece && !used.has(piece)) {
      used.add(piece);
      path.push(piece.to);
      piece = passes(piece.to) ? starts.get(piece.to)?.[0] : undefined;
    }
    return path.map((id) => points[id] as Point);
  };
  const lines = pieces.filter(({ from }) => !passes(from)).map(follow);
  return [
    ...lines,
    ...pieces.filter((piece) => !used.has(piece)).map((piece) => (used.has(piece) ? [] : follow(piece))),
  ].filter((line) => line.length > 0);
}
