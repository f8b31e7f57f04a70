import type { Piece } from "./arrangement.ts";
import { assemble, chain } from "./assemble.ts";
import { Directions } from "./direction.ts";
import { type Edge, edgesOf, edgesOfLines } from "./edges.ts";
import { ordered, turn } from "./predicates.ts";
import type { Polygon } from "./rings.ts";
import type { Line } from "./shapes.ts";
import { type NumberedEdge, type Snapped, snap } from "./sites.ts";
import { angle, EARTH_RADIUS, numbering, type Point } from "./vectors.ts";

/*
 * Simplification as the S2 library does it: vertices snap to sites that are at least the tolerance apart, then every
 * chain of nearly straight edges becomes one edge that stays within the tolerance of what it stands for and passes
 * every other site at half of it, on the same side.
 * Source: https://github.com/google/s2geometry/blob/master/src/s2/s2builder.h
 */

const MAX_RADIUS = (70 * Math.PI) / 180;
/** The longest edge that stays near what it stands for: 2·acos(1 / 1.1). */
const MAX_LENGTH = 2 * Math.acos(1 / 1.1);
const SEPARATION = 0.5;

class Simplifier {
  readonly #snapped: Snapped;
  readonly #points: readonly Point[];
  readonly #radius: number;
  /** Edges between sites, with the input edge that each comes from. */
  readonly #pieces: Piece[] = [];
  readonly #from: Map<number, Piece[]>;
  readonly #to: Map<number, Piece[]>;
  readonly #snappedTo = new Map<number, Set<number>>();
  readonly #used = new Set<Piece>();
  readonly result: Piece[] = [];

  constructor(points: readonly Point[], edges: readonly NumberedEdge[], radius: number) {
    this.#points = points;
    this.#radius = radius;
    this.#snapped = snap(points, edges, radius);
    for (const [edge, sites] of this.#snapped.chains.entries()) {
      for (let i = 1; i < sites.length; i++)
        this.#pieces.push({ from: sites[i - 1] ?? 0, to: sites[i] ?? 0, side: 0, edge });
      const [from, to] = edges[edge] as NumberedEdge;
      this.#snapVertex(sites[0], from);
      this.#snapVertex(sites.at(-1), to);
    }
    this.#pieces.sort((a, b) => a.from - b.from || a.to - b.to || a.edge - b.edge);
    this.#from = Map.groupBy(this.#pieces, ({ from }) => from);
    this.#to = Map.groupBy(this.#pieces, ({ to }) => to);
  }

  get sites(): readonly Point[] {
    return this.#snapped.sites;
  }

  #snapVertex(site: number | undefined, vertex: number): void {
    if (site === undefined) return;
    const vertices = this.#snappedTo.get(site) ?? new Set();
    this.#snappedTo.set(site, vertices.add(vertex));
  }

  #site(id: number): Point {
    return this.sites[id] as Point;
  }

  #between(from: number, to: number): Piece[] {
    return this.#from.get(from)?.filter((piece) => piece.to === to) ?? [];
  }

  #neighbors(id: number): Set<number> {
    return new Set([
      ...(this.#from.get(id) ?? []).map(({ to }) => to),
      ...(this.#to.get(id) ?? []).map(({ from }) => from),
    ]);
  }

  /** Whether a chain may run through a site: it has two neighbours, and as many edges come from one as go to the other. */
  #isInterior(id: number): boolean {
    const [a, b, more] = this.#neighbors(id);
    if (a === undefined || b === undefined || more !== undefined) return false;
    return (
      this.#between(a, id).length === this.#between(id, b).length &&
      this.#between(b, id).length === this.#between(id, a).length
    );
  }

  run(): void {
    for (const piece of this.#pieces)
      if (!this.#used.has(piece) && !this.#isInterior(piece.from)) this.#follow(piece.from, piece.to);
    for (const piece of this.#pieces) if (!this.#used.has(piece)) this.#follow(piece.from, piece.to);
  }

  /** Simplifies one chain, as often as it must start anew. */
  #follow(from: number, to: number): void {
    const start = from;
    let [before, next, done] = [from, to, false];
    while (!done) {
      const path = [before, next];
      const seen = new Set([before]);
      const directions = new Directions(this.#site(before));
      let open = this.#passes(before, before, next, seen, directions);
      for (;;) {
        seen.add(next);
        done = !this.#isInterior(next) || next === start;
        if (done) break;
        const after = [...this.#neighbors(next)].find((id) => id !== before) ?? start;
        [before, next] = [next, after];
        open &&= this.#meets(before, directions) && this.#passes(path[0] ?? 0, before, next, seen, directions);
        if (!open || !directions.admits(this.#site(next))) break;
        path.push(next);
      }
      this.#merge(path);
    }
  }

  /** The vertices that snapped to a site must stay near the edge. */
  #meets(id: number, directions: Directions): boolean {
    return [...(this.#snappedTo.get(id) ?? [])].every((vertex) =>
      directions.meet(this.#points[vertex] as Point, this.#radius),
    );
  }

  /** The sites near the last edge of a chain must stay on their side of the new edge. */
  #passes(start: number, from: number, to: number, seen: Set<number>, directions: Directions): boolean {
    const [p0, p1, p2] = [this.#site(start), this.#site(from), this.#site(to)];
    const [near, far] = [angle(p0, p1), angle(p0, p2)];
    if (far < near || far >= MAX_LENGTH) return false;
    const lists = [...this.#between(from, to), ...this.#between(to, from)].map(
      ({ edge }) => this.#snapped.near[edge] ?? [],
    );
    const shortest = lists.reduce((a, b) => (b.length < a.length ? b : a));
    for (const id of shortest) {
      const site = this.#site(id);
      if (angle(p0, site) >= far || seen.has(id)) continue;
      seen.add(id);
      const isLeft = start === from ? turn(p1, p2, site) > 0 : ordered(p0, p2, site, p1);
      if (!directions.avoid(site, SEPARATION * this.#radius, isLeft)) return false;
    }
    return true;
  }

  /** One edge per edge of the chain's start, in its direction. */
  #merge(path: readonly number[]): void {
    const last = path.at(-1) ?? 0;
    const [start = 0, second = 0] = path;
    for (const [a, b, from, to] of [
      [start, second, start, last],
      [second, start, last, start],
    ] as const)
      for (const piece of this.#between(a, b)) this.result.push({ ...piece, from, to });
    for (let i = 1; i < path.length; i++)
      for (const [a = 0, b = 0] of [
        [path[i - 1], path[i]],
        [path[i], path[i - 1]],
      ])
        for (const piece of this.#between(a, b)) this.#used.add(piece);
  }
}

/** Vertices by number, equal ones once. */
function numbered(edges: readonly Edge[]): { points: Point[]; edges: NumberedEdge[] } {
  const { points, numberOf } = numbering();
  return { edges: edges.map(({ from, to }) => [numberOf(from), numberOf(to)]), points };
}

function simplified(edges: readonly Edge[], radius: number): { pieces: readonly Piece[]; points: readonly Point[] } {
  const input = numbered(edges);
  const simplifier = new Simplifier(input.points, input.edges, radius);
  simplifier.run();
  return { pieces: simplifier.result, points: simplifier.sites };
}

/** The radius of a tolerance in metres; undefined where it is out of range. */
const radiusOf = (tolerance: number): number | undefined => {
  const radius = tolerance / EARTH_RADIUS;
  return radius >= 0 && radius <= MAX_RADIUS ? radius : undefined;
};

/** Edges without those that another one runs against. */
function withoutPairs(pieces: readonly Piece[]): Piece[] {
  const left = new Map<string, Piece[]>();
  for (const piece of pieces) {
    const against = left.get(`${piece.to} ${piece.from}`);
    if (against?.length) against.pop();
    else left.set(`${piece.from} ${piece.to}`, [...(left.get(`${piece.from} ${piece.to}`) ?? []), piece]);
  }
  return [...left.values()].flat().sort((a, b) => a.edge - b.edge);
}

/** Lines with vertices at least `tolerance` metres apart; undefined when nothing is left or the tolerance is out of range. */
export function simplifyLines(lines: readonly Line[], tolerance: number): readonly Line[] | undefined {
  const radius = radiusOf(tolerance);
  if (radius === undefined) return undefined;
  if (radius === 0) return lines;
  const { pieces, points } = simplified(edgesOfLines(lines), radius);
  const found = chain(
    pieces.toSorted((a, b) => a.edge - b.edge),
    points,
  );
  return found.length > 0 ? found : undefined;
}

/** Polygons with vertices at least `tolerance` metres apart; undefined when nothing is left or the tolerance is out of range. */
export function simplifyPolygons(polygons: readonly Polygon[], tolerance: number): readonly Polygon[] | undefined {
  const radius = radiusOf(tolerance);
  if (radius === undefined) return undefined;
  if (radius === 0) return polygons;
  const { pieces, points } = simplified(
    polygons.flatMap(({ rings }) => edgesOf(rings)),
    radius,
  );
  const found = assemble(withoutPairs(pieces), points);
  return found && found.length > 0 ? found : undefined;
}
