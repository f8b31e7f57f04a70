import { type Point, same, tangent } from "./vectors.ts";

/*
 * Orientation tests whose answers never contradict one another, whatever the rounding: floating point first, exact
 * integers when it cannot tell, and a symbolic perturbation of the points when they lie on one great circle.
 */

/** Bound on the rounding error of the determinant of three unit vectors. */
const DETERMINANT_ERROR = 3.6548e-15;

const SCALE = 2n ** 1074n;
const HALF = 2 ** 537;
const HALF_BITS = 537n;

/** A double as an integer multiple of the smallest double. */
function exact(value: number): bigint {
  const high = value * HALF;
  const whole = Math.trunc(high);
  return (BigInt(whole) << HALF_BITS) + BigInt((high - whole) * HALF);
}

const order = (a: Point, b: Point): number => a.x - b.x || a.y - b.y || a.z - b.z;
const signOf = (value: bigint | number): number => (value > 0 ? 1 : value < 0 ? -1 : 0);

type Exact = readonly [bigint, bigint, bigint];
const exactPoint = (p: Point): Exact => [exact(p.x), exact(p.y), exact(p.z)];
const exactCross = (a: Exact, b: Exact): Exact => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** The sign of the first coefficient of the perturbed determinant that is not zero, for points in ascending order. */
function perturbedSign(a: Exact, b: Exact, c: Exact, bc: Exact): number {
  const coefficients = [
    bc[2],
    bc[1],
    bc[0],
    c[0] * a[1] - c[1] * a[0],
    c[0],
    -c[1],
    c[2] * a[0] - c[0] * a[2],
    c[2],
    a[0] * b[1] - a[1] * b[0],
    -b[0],
    b[1],
    a[0],
  ];
  return signOf(coefficients.find((value) => value !== 0n) ?? SCALE);
}

function exactSign(a: Point, b: Point, c: Point): number {
  const points = [a, b, c];
  let parity = 1;
  for (const [i, j] of [
    [0, 1],
    [1, 2],
    [0, 1],
  ] as const) {
    const [p, q] = [points[i] as Point, points[j] as Point];
    if (order(p, q) > 0) {
      points[i] = q;
      points[j] = p;
      parity = -parity;
    }
  }
  const [x, y, z] = points.map(exactPoint) as [Exact, Exact, Exact];
  const yz = exactCross(y, z);
  const determinant = x[0] * yz[0] + x[1] * yz[1] + x[2] * yz[2];
  return parity * (determinant === 0n ? perturbedSign(x, y, z, yz) : signOf(determinant));
}

/** 1 when a, b, c turn counterclockwise, -1 when clockwise, 0 only when two of them are the same. */
export function turn(a: Point, b: Point, c: Point): number {
  const determinant = (a.y * b.z - a.z * b.y) * c.x + (a.z * b.x - a.x * b.z) * c.y + (a.x * b.y - a.y * b.x) * c.z;
  if (determinant > DETERMINANT_ERROR) return 1;
  if (determinant < -DETERMINANT_ERROR) return -1;
  if (same(a, b) || same(b, c) || same(a, c)) return 0;
  return exactSign(a, b, c);
}

/** Whether the directions from o to a, b and c come in counterclockwise order. */
export function ordered(a: Point, b: Point, c: Point, o: Point): boolean {
  const turns = [turn(b, o, a) >= 0, turn(c, o, b) >= 0, turn(a, o, c) > 0];
  return turns.filter(Boolean).length >= 2;
}

/** Whether two arcs cross at a point inside both. */
export function crosses(a: Point, b: Point, c: Point, d: Point): boolean {
  const first = -turn(a, b, c);
  if (first === 0 || turn(a, b, d) !== first) return false;
  return -turn(c, d, b) === first && turn(c, d, a) === first;
}

/**
 * Whether arcs that share an end count as crossing, so that an arc through a vertex crosses an odd number of the
 * edges of a ring exactly when it changes sides.
 */
function crossesAtVertex(a: Point, b: Point, c: Point, d: Point): boolean {
  if (same(a, b) || same(c, d)) return false;
  if (same(a, c)) return same(b, d) || ordered(tangent(a), d, b, a);
  if (same(b, d)) return ordered(tangent(b), c, a, b);
  if (same(a, d)) return same(b, c) || ordered(tangent(a), c, b, a);
  return same(b, c) && ordered(tangent(b), d, a, b);
}

export const sharesEnd = (a: Point, b: Point, c: Point, d: Point): boolean =>
  same(a, c) || same(a, d) || same(b, c) || same(b, d);

export const crossesOrTouches = (a: Point, b: Point, c: Point, d: Point): boolean =>
  sharesEnd(a, b, c, d) ? crossesAtVertex(a, b, c, d) : crosses(a, b, c, d);

/** A fixed point that no data holds: containment is told from it. */
export const ORIGIN: Point = { x: -0.0099994664350250197, y: 0.0025924542609324121, z: 0.99994664350250195 };
