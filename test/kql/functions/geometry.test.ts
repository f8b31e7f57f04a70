import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aroundArc, reachOf } from "../../../src/kql/functions/support/geometry/buffer.ts";
import { cellOf, parseToken, tokenOf } from "../../../src/kql/functions/support/geometry/cells.ts";
import { edgesOf, edgesOfLines } from "../../../src/kql/functions/support/geometry/edges.ts";
import { geohashOf, rectangleOf } from "../../../src/kql/functions/support/geometry/geohash.ts";
import { intersectPolygons, uniteAll } from "../../../src/kql/functions/support/geometry/overlay.ts";
import { turn } from "../../../src/kql/functions/support/geometry/predicates.ts";
import {
  areaOf,
  contains,
  containsAny,
  normalized,
  type Polygon,
  perimeter,
  signedArea,
} from "../../../src/kql/functions/support/geometry/rings.ts";
import { simplifyLines, simplifyPolygons } from "../../../src/kql/functions/support/geometry/simplify.ts";
import {
  angle,
  degreesOf,
  EARTH_RADIUS,
  interpolate,
  metres,
  nearestOnArc,
  type Point,
  pointAt,
} from "../../../src/kql/functions/support/geometry/vectors.ts";

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const anywhere = fc.tuple(between(-180, 180), between(-90, 90)).map(([x, y]) => pointAt(x, y));
/** Coordinates on a grid, so that vertices coincide and edges overlap often. */
const step = (size: number, shift: number) => fc.integer({ min: 0, max: 10 / size }).map((k) => k * size + shift);
const vertex = fc.oneof(fc.tuple(step(1, 0), step(1, 40)), fc.tuple(step(0.001, 0), step(0.001, 40)));
const nearby = vertex.map(([x, y]) => pointAt(x, y));
/** Points that lie on no edge of the grid. */
const probe = fc.tuple(step(0.1, 0.0317), step(0.1, 40.0271)).map(([x, y]) => pointAt(x, y));
const triangle = fc
  .tuple(nearby, nearby, nearby)
  .filter((corners) => Math.abs(signedArea(corners)) > 1e-7)
  .map((corners): Polygon => ({ rings: [normalized(corners)] }));

describe("predicates", () => {
  const special = fc.oneof(
    anywhere,
    fc.tuple(fc.constantFrom(0, 90, 180, -90), fc.integer({ min: -9, max: 9 })).map(([x, y]) => pointAt(x, y * 10)),
  );
  test("a turn keeps its sign when points rotate and flips when two are swapped", () => {
    fc.assert(
      fc.property(special, special, special, (a, b, c) => {
        const sign = turn(a, b, c);
        expect(turn(b, c, a)).toBe(sign);
        expect(turn(c, b, a) + sign).toBe(0);
      }),
    );
  });
});

describe("containment", () => {
  const grid = [0, 1, 2, 3];
  const cells = grid.flatMap((x) =>
    grid.map((y): Polygon => {
      const corner = (dx: number, dy: number): Point => pointAt((x + dx) * 10, (y + dy) * 10);
      return { rings: [[corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)]] };
    }),
  );
  test("of polygons that tile an area, exactly one holds each point, a corner too", () => {
    for (const x of [10, 10.5, 20, 23.7, 30])
      for (const y of [10, 12, 20, 30]) {
        expect(cells.filter((cell) => contains(cell, pointAt(x, y)))).toHaveLength(1);
      }
  });
});

describe("overlays", () => {
  test("the union holds what one of the polygons holds, the intersection what both hold", () => {
    fc.assert(
      fc.property(
        fc.array(triangle, { minLength: 2, maxLength: 5 }),
        fc.array(probe, { minLength: 30 }),
        (all, points) => {
          const [first, second] = all as [Polygon, Polygon];
          const union = uniteAll(all.map((polygon) => [polygon])) ?? [];
          const common = intersectPolygons([first], [second])?.polygons ?? [];
          for (const point of points) {
            expect(containsAny(union, point)).toBe(containsAny(all, point));
            expect(containsAny(common, point)).toBe(contains(first, point) && contains(second, point));
          }
        },
      ),
      { numRuns: 200 },
    );
  });
  test("areas add up", () => {
    fc.assert(
      fc.property(triangle, triangle, (a, b) => {
        const size = (polygons: readonly Polygon[]): number =>
          polygons.reduce((sum, polygon) => sum + areaOf(polygon), 0);
        const whole = size(uniteAll([[a], [b]]) ?? []) + size(intersectPolygons([a], [b])?.polygons ?? []);
        expect(Math.abs(whole - areaOf(a) - areaOf(b))).toBeLessThan(1e-9);
      }),
      { numRuns: 200 },
    );
  });
});

describe("buffers", () => {
  test("a border keeps its distance within the tolerance", () => {
    fc.assert(
      fc.property(nearby, nearby, between(1, 1e5), between(0.01, 0.5), (from, to, radius, share) => {
        const reach = reachOf(radius, radius * share);
        if (!reach || angle(from, to) < 1e-9) return;
        for (const edge of edgesOf(aroundArc(from, to, reach).rings))
          for (const fraction of [0, 0.3, 0.5]) {
            const point = interpolate(edge.from, edge.to, fraction);
            const distance = metres(angle(point, nearestOnArc(point, from, to)));
            expect(Math.abs(distance - radius)).toBeLessThanOrEqual(radius * share * 1.001 + 1e-6);
          }
      }),
    );
  });
  test.each([
    [0, 1],
    [-1, 1],
    [1, 0],
    [100, 1e-5],
    [Number.NaN, 1],
  ])("there is none for radius %d and tolerance %d", (radius, tolerance) => {
    expect(reachOf(radius, tolerance)).toBeUndefined();
  });
});

describe("simplification", () => {
  const TOLERANCE = 1000;
  /** A ring around a place, with a radius that changes from vertex to vertex. */
  const wobbly = fc.array(between(0.8, 1), { minLength: 4, maxLength: 60 }).map((radii) =>
    radii.map((radius, i) => {
      const turned = (2 * Math.PI * i) / radii.length;
      return pointAt(10 + 0.1 * radius * Math.cos(turned), 50 + 0.1 * radius * Math.sin(turned));
    }),
  );
  const isOneOf = (point: Point, points: readonly Point[]): boolean =>
    points.some((other) => metres(angle(point, other)) < 1e-6);

  test("a line keeps some of its vertices apart, and every vertex lies near it", () => {
    fc.assert(
      fc.property(wobbly, (line) => {
        const kept = simplifyLines([line], TOLERANCE) ?? [];
        const vertices = kept.flat();
        for (const [i, point] of vertices.entries()) {
          expect(isOneOf(point, line)).toBe(true);
          for (const other of vertices.slice(i + 1))
            if (metres(angle(point, other)) > 1e-6)
              expect(metres(angle(point, other))).toBeGreaterThan(TOLERANCE * 0.999);
        }
        for (const point of line) {
          const distances = edgesOfLines(kept).map(({ from, to }) =>
            metres(angle(point, nearestOnArc(point, from, to))),
          );
          expect(Math.min(...distances)).toBeLessThan(1.1 * TOLERANCE);
        }
      }),
    );
  });

  test("a polygon keeps its area up to a strip along its border", () => {
    fc.assert(
      fc.property(wobbly, (ring) => {
        const polygon: Polygon = { rings: [normalized(ring)] };
        const kept = simplifyPolygons([polygon], TOLERANCE) ?? [];
        const strip = 1.1 * TOLERANCE * perimeter(polygon);
        const difference = kept.reduce((sum, part) => sum + areaOf(part), 0) - areaOf(polygon);
        expect(kept.length).toBeGreaterThan(0);
        expect(Math.abs(difference) * EARTH_RADIUS ** 2).toBeLessThan(strip);
      }),
    );
  });
});

describe("grids", () => {
  test("a token names the cell that it was made of, and the cells of higher levels lie in it", () => {
    fc.assert(
      fc.property(anywhere, fc.integer({ min: 0, max: 30 }), (point, level) => {
        const cell = cellOf(point, level);
        expect(parseToken(tokenOf(cell))).toEqual(cell);
        const leaf = cellOf(point, 30);
        expect(cell.face).toBe(leaf.face);
        expect(cell.i <= leaf.i && leaf.i < cell.i + 2 ** (30 - level)).toBe(true);
      }),
    );
  });
  test("a geohash's rectangle holds the point", () => {
    fc.assert(
      fc.property(between(-180, 180), between(-90, 90), fc.integer({ min: 1, max: 10 }), (x, y, length) => {
        const cell = rectangleOf(geohashOf(x, y, length));
        expect(cell && cell.west <= x + 1e-9 && x - 1e-9 <= cell.west + cell.width).toBe(true);
        expect(cell && cell.south <= y + 1e-9 && y - 1e-9 <= cell.south + cell.height).toBe(true);
      }),
    );
  });
  test.each(["", "0", "x", "89c25900000000001", "e"])("%j is no token", (text) => {
    expect(parseToken(text)).toBeUndefined();
  });
});

test("degrees survive the way to the sphere and back", () => {
  fc.assert(
    fc.property(between(-179, 179), between(-89, 89), (x, y) => {
      const [longitude, latitude] = degreesOf(pointAt(x, y));
      expect(longitude).toBeCloseTo(x, 10);
      expect(latitude).toBeCloseTo(y, 10);
    }),
  );
});
