import { cellOf, MAX_LEVEL, tokenOf } from "./cells.ts";
import { turn } from "./predicates.ts";
import {
  add,
  angle,
  cross,
  dot,
  minus,
  nearestOnArc,
  negative,
  normal,
  type Point,
  same,
  scale,
  unit,
} from "./vectors.ts";

/*
 * Snap rounding as the S2 library does it: some vertices become sites, no two of them closer than the radius, and every
 * edge becomes the chain of the sites whose Voronoi regions it crosses, as far as they are within the radius of it.
 * Source: https://github.com/google/s2geometry/blob/master/src/s2/s2builder.h
 */

/** How far a chain may lie from its edge, and what its edges keep from other sites, in radii. */
const [DEVIATION, SEPARATION] = [1.1, 0.5];

/** An edge between two numbered vertices. */
export type NumberedEdge = readonly [from: number, to: number];

export interface Snapped {
  readonly sites: readonly Point[];
  /** Per edge: the numbers of the sites that it became. */
  readonly chains: readonly (readonly number[])[];
  /** Per edge: every site that its chain must keep away from, by distance from the start. */
  readonly near: readonly (readonly number[])[];
}

/** The square of the chord that spans an angle; comparing chords costs a tenth of comparing angles. */
const chord = (radians: number): number => (2 * Math.sin(Math.min(radians, Math.PI) / 2)) ** 2;
const apart = (a: Point, b: Point): number => (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2;

const byPlace = (a: Point, b: Point): number => a.x - b.x || a.y - b.y || a.z - b.z;

/** Vertices along the Hilbert curve become sites unless one is near. */
function chosen(points: readonly Point[], radius: number): Point[] {
  const keyed = points.map((point) => ({ point, key: tokenOf(cellOf(point, MAX_LEVEL)) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : byPlace(a.point, b.point)));
  const sites: Point[] = [];
  const least = chord(radius);
  for (const { point } of keyed) if (sites.every((site) => apart(site, point) > least)) sites.push(point);
  return sites;
}

const distance = (p: Point, from: Point, to: Point): number =>
  same(from, to) ? angle(p, from) : angle(p, nearestOnArc(p, from, to));

/** The part of an edge's circle within the radius of a site, as angles from the edge's start. */
function coverage(site: Point, from: Point, to: Point, radius: number): readonly [low: number, high: number] {
  const plane = unit(normal(from, to));
  const [along, across] = [dot(site, from), dot(site, cross(plane, from))];
  const half = Math.acos(Math.min(1, Math.cos(radius) / Math.hypot(along, across)));
  const center = Math.atan2(across, along);
  return [center - half, center + half];
}

/**
 * Of two sites, b the nearer to the edge's start, the one that the other makes needless: c where b is also the nearer to
 * the end, otherwise the one whose coverage lies inside the other's.
 */
function needless(b: Point, c: Point, [from, to]: readonly [Point, Point], radius: number): "b" | "c" | undefined {
  if (apart(to, b) <= apart(to, c)) return "c";
  const [bLow, bHigh] = coverage(b, from, to, radius);
  const [cLow, cHigh] = coverage(c, from, to, radius);
  if (cLow <= bLow && cHigh >= bHigh) return "b";
  return bLow <= cLow && bHigh >= cHigh ? "c" : undefined;
}

/** On which side of the edge the point lies that three sites are equally far from. */
function circumcenterSide(from: Point, to: Point, a: Point, b: Point, c: Point): number {
  const center = cross(minus(b, a), minus(c, b));
  return Math.sign(dot(normal(from, to), dot(center, b) < 0 ? negative(center) : center));
}

class Snapping {
  readonly points: readonly Point[];
  readonly edges: readonly NumberedEdge[];
  readonly radius: number;
  readonly sites: Point[];
  readonly near: number[][];
  readonly chains: number[][];

  constructor(points: readonly Point[], edges: readonly NumberedEdge[], radius: number) {
    this.points = points;
    this.edges = edges;
    this.radius = radius;
    this.sites = chosen(points, radius);
    this.near = edges.map((_, e) => {
      const isNear = this.#nearness(e);
      return this.#sorted(
        e,
        this.sites.flatMap((site, id) => (isNear(site) ? [id] : [])),
      );
    });
    this.chains = edges.map((_, e) => this.#chain(e));
  }

  ends(e: number): readonly [Point, Point] {
    const [from, to] = this.edges[e] as NumberedEdge;
    return [this.points[from] as Point, this.points[to] as Point];
  }

  site(id: number | undefined): Point {
    return this.sites[id ?? 0] as Point;
  }

  /** Whether sites are so near to an edge that its chain must keep away from them; most are beyond a circle around it. */
  #nearness(e: number): (site: Point) => boolean {
    const [from, to] = this.ends(e);
    const reach = (DEVIATION + SEPARATION) * this.radius;
    const middle = unit(add(from, to));
    const circle = chord(reach + angle(from, to) / 2) * (1 + Number.EPSILON * 8);
    return (site) => apart(site, middle) <= circle && distance(site, from, to) <= reach;
  }

  #sorted(e: number, ids: readonly number[]): number[] {
    const [from] = this.ends(e);
    const far = new Map(ids.map((id) => [id, angle(from, this.site(id))]));
    return ids.toSorted((a, b) => (far.get(a) ?? 0) - (far.get(b) ?? 0) || a - b);
  }

  /** Whether the last site of a chain is needed before the next one, or the next one after it. */
  #conflict(chain: readonly number[], next: number, ends: readonly [Point, Point]): "last" | "next" | undefined {
    const [b, c] = [this.site(chain.at(-1)), this.site(next)];
    if (angle(b, c) >= 2 * this.radius) return undefined;
    const spare = needless(b, c, ends, this.radius);
    if (spare) return spare === "b" ? "last" : "next";
    const before = chain.at(-2);
    if (before === undefined) return undefined;
    const a = this.site(before);
    const side = turn(...ends, b);
    if (angle(a, c) >= 2 * this.radius || turn(a, b, c) === side) return undefined;
    return circumcenterSide(...ends, a, b, c) === side ? "last" : undefined;
  }

  #chain(e: number): number[] {
    const ends = this.ends(e);
    const chain: number[] = [];
    for (const id of this.near[e] ?? []) {
      if (distance(this.site(id), ...ends) > this.radius) continue;
      let conflict = chain.length > 0 ? this.#conflict(chain, id, ends) : undefined;
      while (conflict === "last") {
        chain.pop();
        conflict = chain.length > 0 ? this.#conflict(chain, id, ends) : undefined;
      }
      if (conflict === undefined) chain.push(id);
    }
    return chain;
  }

  /** The place on an edge, between the coverage of two sites of its chain, that is nearest to a site to avoid. */
  #gap(e: number, avoided: Point, before: Point, after: Point): Point {
    const [from, to] = this.ends(e);
    const along = (at: number): Point =>
      unit(add(scale(from, Math.cos(at)), scale(unit(cross(normal(from, to), from)), Math.sin(at))));
    const [, low] = coverage(before, from, to, this.radius);
    const [high] = coverage(after, from, to, this.radius);
    const at = angle(from, nearestOnArc(avoided, from, to));
    return along(Math.max(low, Math.min(high, at)));
  }

  /** A new site on an edge whose chain passes too close to a site that is not part of it. */
  #separation(e: number): Point | undefined {
    const chain = this.chains[e] ?? [];
    let i = 0;
    for (const id of this.near[e] ?? []) {
      if (id === chain[i]) {
        if (++i === chain.length) return undefined;
      } else if (i > 0) {
        const [before, after] = [this.site(chain[i - 1]), this.site(chain[i])];
        if (distance(this.site(id), before, after) < SEPARATION * this.radius)
          return this.#gap(e, this.site(id), before, after);
      }
    }
    return undefined;
  }

  /** Adds sites until every chain keeps its distance. Every new site covers a gap, so this ends. */
  separate(): void {
    const pending = new Set(this.edges.keys());
    for (const e of pending) {
      pending.delete(e);
      const site = this.#separation(e);
      if (!site || this.sites.some((other) => same(other, site))) continue;
      const id = this.sites.push(site) - 1;
      for (const other of this.edges.keys()) {
        if (!this.#nearness(other)(site)) continue;
        this.near[other] = this.#sorted(other, [...(this.near[other] ?? []), id]);
        this.chains[other] = this.#chain(other);
        pending.add(other);
      }
    }
  }
}

/** Snaps edges to sites at least `radius` (radians) apart. */
export function snap(points: readonly Point[], edges: readonly NumberedEdge[], radius: number): Snapped {
  const snapping = new Snapping(points, edges, radius);
  snapping.separate();
  return snapping;
}
