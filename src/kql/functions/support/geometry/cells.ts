import { type Point, unit } from "./vectors.ts";

/*
 * S2 cells: the six faces of a cube around the sphere, each divided in four over and over along a Hilbert curve.
 * A cell's token is its 64-bit id in hex without trailing zeros: 3 bits of face, 2 bits per level, a closing 1.
 */

export const MAX_LEVEL = 30;
const SIZE = 2 ** MAX_LEVEL;

/** A square of a face: its lower corner in leaf units, and its level. */
export interface Cell {
  readonly face: number;
  readonly i: number;
  readonly j: number;
  readonly level: number;
}

/** Quadrant (2·i + j) at each position of the curve, by orientation, and how each position turns the curve. */
const QUADRANTS = [
  [0, 1, 3, 2],
  [0, 2, 3, 1],
  [3, 2, 0, 1],
  [3, 1, 0, 2],
] as const;
const POSITIONS = QUADRANTS.map((row) => [0, 1, 2, 3].map((quadrant) => row.indexOf(quadrant as 0)));
const SWAP = 1;
const TURNS = [SWAP, 0, 0, 3] as const;

const toUv = (s: number): number => (s >= 0.5 ? (4 * s * s - 1) / 3 : (1 - 4 * (1 - s) * (1 - s)) / 3);
const toSt = (u: number): number => (u >= 0 ? 0.5 * Math.sqrt(1 + 3 * u) : 1 - 0.5 * Math.sqrt(1 - 3 * u));

const fromFace = (face: number, u: number, v: number): Point => {
  if (face === 0) return { x: 1, y: u, z: v };
  if (face === 1) return { x: -u, y: 1, z: v };
  if (face === 2) return { x: -u, y: -v, z: 1 };
  if (face === 3) return { x: -1, y: -v, z: -u };
  return face === 4 ? { x: v, y: -1, z: -u } : { x: v, y: u, z: -1 };
};

function toFace({ x, y, z }: Point): { face: number; u: number; v: number } {
  const [ax, ay, az] = [Math.abs(x), Math.abs(y), Math.abs(z)];
  const axis = ax > ay ? (ax > az ? 0 : 2) : ay > az ? 1 : 2;
  if (axis === 0) return x < 0 ? { face: 3, u: z / x, v: y / x } : { face: 0, u: y / x, v: z / x };
  if (axis === 1) return y < 0 ? { face: 4, u: z / y, v: -x / y } : { face: 1, u: -x / y, v: z / y };
  return z < 0 ? { face: 5, u: -y / z, v: -x / z } : { face: 2, u: -x / z, v: -y / z };
}

const leaf = (s: number): number => Math.max(0, Math.min(SIZE - 1, Math.floor(SIZE * s)));
export const sizeAt = (level: number): number => 2 ** (MAX_LEVEL - level);
const cellAt = (face: number, i: number, j: number, level: number): Cell => {
  const size = sizeAt(level);
  return { face, i: i - (i % size), j: j - (j % size), level };
};

/** The cell of a level that holds a point. */
export function cellOf(point: Point, level: number): Cell {
  const { face, u, v } = toFace(point);
  return cellAt(face, leaf(toSt(u)), leaf(toSt(v)), level);
}

const HEX = "0123456789abcdef";

export function tokenOf({ face, i, j, level }: Cell): string {
  let text = "";
  let [bits, count, turn] = [face, 3, face & SWAP];
  const push = (value: number, width: number): void => {
    bits = (bits << width) | value;
    count += width;
    if (count < 4) return;
    count -= 4;
    text += HEX[bits >> count];
    bits &= (1 << count) - 1;
  };
  for (let k = MAX_LEVEL - 1; k >= MAX_LEVEL - level; k--) {
    const position = POSITIONS[turn]?.[(((i >> k) & 1) << 1) | ((j >> k) & 1)] ?? 0;
    push(position, 2);
    turn ^= TURNS[position] ?? 0;
  }
  push(1, 1);
  if (count > 0) push(0, 4 - count);
  return text;
}

/** The cell of a token, or undefined when it names none. */
export function parseToken(token: string): Cell | undefined {
  if (!/^[0-9a-f]{1,16}$/i.test(token)) return undefined;
  const id = BigInt(`0x${token.padEnd(16, "0")}`);
  const lowest = id & -id;
  const zeros = lowest.toString(2).length - 1;
  const face = Number(id >> 61n);
  if (id === 0n || zeros % 2 !== 0 || zeros > 2 * MAX_LEVEL || face > 5) return undefined;
  const level = MAX_LEVEL - zeros / 2;
  let [i, j, turn] = [0, 0, face & SWAP];
  for (let k = 0; k < level; k++) {
    const position = Number((id >> BigInt(59 - 2 * k)) & 3n);
    const quadrant = QUADRANTS[turn]?.[position] ?? 0;
    i = i * 2 + (quadrant >> 1);
    j = j * 2 + (quadrant & 1);
    turn ^= TURNS[position] ?? 0;
  }
  const size = sizeAt(level);
  return { face, i: i * size, j: j * size, level };
}

const direction = (face: number, i: number, j: number): Point => unit(fromFace(face, toUv(i / SIZE), toUv(j / SIZE)));

export const centerOf = ({ face, i, j, level }: Cell): Point =>
  direction(face, i + sizeAt(level) / 2, j + sizeAt(level) / 2);

/** The four corners, counterclockwise. */
export function cornersOf({ face, i, j, level }: Cell): [Point, Point, Point, Point] {
  const size = sizeAt(level);
  return [
    direction(face, i, j),
    direction(face, i + size, j),
    direction(face, i + size, j + size),
    direction(face, i, j + size),
  ];
}

/** The cell of the same level at leaf coordinates that may lie just beyond the face. */
function wrapped(face: number, i: number, j: number, level: number): Cell {
  if (i >= 0 && i < SIZE && j >= 0 && j < SIZE) return cellAt(face, i, j, level);
  const limit = 1 + Number.EPSILON;
  const near = (k: number): number => {
    const clamped = Math.max(-1, Math.min(SIZE, k));
    return Math.max(-limit, Math.min(limit, (2 * (clamped - SIZE / 2) + 1) / SIZE));
  };
  const beyond = toFace(fromFace(face, near(i), near(j)));
  return cellAt(beyond.face, leaf((beyond.u + 1) / 2), leaf((beyond.v + 1) / 2), level);
}

const STEPS = [
  [-1, -1],
  [1, -1],
  [0, -1],
  [0, 1],
  [-1, 0],
  [1, 0],
  [-1, 1],
  [1, 1],
] as const;

/** The cells of the same level that share an edge or a corner. */
export function neighborsOf({ face, i, j, level }: Cell): Cell[] {
  const size = sizeAt(level);
  const found = new Map<string, Cell>();
  for (const [di, dj] of STEPS) {
    const step = (k: number): number => (k < 0 ? -1 : k > 0 ? size : 0);
    const cell = wrapped(face, i + step(di), j + step(dj), level);
    found.set(tokenOf(cell), cell);
  }
  return [...found.values()];
}
