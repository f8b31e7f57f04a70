import { cross, dot, minus, type Point, same, tangent } from "./vectors.ts";

/*
 * Orientation tests whose answers never contradict one another, whatever the rounding: floating point first, exact
 * integers when it cannot tell, and a symbolic perturbation of the points when they lie on one great circle.
 */

/** Bound on the rounding error of the determinant of three unit vectors. */
const DETERMINANT_ERROR = 3.6548e-15;

/** The same as a multiple of the product of the two shorter sides, for a determinant of their differences. */
const SIDES_ERROR = 3.2321 * Number.EPSILON;

/** Components this large, and zero, are whole multiples of 2^-COARSE; every double is one of 2^-FINE. */
const ORDINARY = 2 ** -64;
const COARSE = 117;
const FINE = 1074;

/** A double as a whole number of steps of 2^-COARSE or, in two halves because the factor is too large, 2^-FINE. */
function exact(value: number, fine: boolean): bigint {
  if (!fine) return BigInt(value * 2 ** COARSE);
  const high = value * 2 ** (FINE / 2);
  const whole = Math.trunc(high);
  return (BigInt(whole) << BigInt(FINE / 2)) + BigInt((high - whole) * 2 ** (FINE / 2));
}

const order = (a: Point, b: Point): number => a.x - b.x || a.y - b.y || a.z - b.z;
const signOf = (value: bigint | number): number => (value > 0 ? 1 : value < 0 ? -1 : 0);

type Exact = readonly [bigint, bigint, bigint];
const exactPoint = (p: Point, fine: boolean): Exact => [exact(p.x, fine), exact(p.y, fine), exact(p.z, fine)];
const needsFine = ({ x, y, z }: Point): boolean => [x, y, z].some((value) => value !== 0 && Math.abs(value) < ORDINARY);
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
  return signOf(coefficients.find((value) => value !== 0n) ?? 1);
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
  const fine = points.some(needsFine);
  const [x, y, z] = points.map((point) => exactPoint(point, fine)) as [Exact, Exact, Exact];
  const yz = exactCross(y, z);
  const determinant = x[0] * yz[0] + x[1] * yz[1] + x[2] * yz[2];
  return parity * (determinant === 0n ? perturbedSign(x, y, z, yz) : signOf(determinant));
}

/** The turn by the two shorter sides, which tells it for points close together; 0 when it cannot. */
function turnOfSides(a: Point, b: Point, c: Point): number {
  const [ab, bc, ca] = [minus(b, a), minus(c, b), minus(a, c)];
  const [ab2, bc2, ca2] = [dot(ab, ab), dot(bc, bc), dot(ca, ca)];
  const [first, second, at] = ab2 >= bc2 && ab2 >= ca2 ? [ca, bc, c] : bc2 >= ca2 ? [ab, ca, a] : [bc, ab, b];
  const determinant = -dot(cross(first, second), at);
  const bound = SIDES_ERROR * Math.sqrt(dot(first, first) * dot(second, second));
  return Math.abs(determinant) <= bound ? 0 : signOf(determinant);
}

/** 1 when a, b, c turn counterclockwise, -1 when clockwise, 0 only when two of them are the same. */
export function turn(a: Point, b: Point, c: Point): number {
  const determinant = (a.y * b.z - a.z * b.y) * c.x + (a.z * b.x - a.x * b.z) * c.y + (a.x * b.y - a.y * b.x) * c.z;
  if (determinant > DETERMINANT_ERROR) return 1;
  if (determinant < -DETERMINANT_ERROR) return -1;
  if (same(a, b) || same(b, c) || same(a, c)) return 0;
  return turnOfSides(a, b, c) || exactSign(a, b, c);
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
