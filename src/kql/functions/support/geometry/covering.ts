import { type Cell, cellOf, centerOf, cornersOf, MAX_LEVEL, sizeAt, tokenOf } from "./cells.ts";
import type { Edge } from "./edges.ts";
import { areaOf, containsAny, meet, type Polygon } from "./rings.ts";
import { angle, EARTH_RADIUS, length, minus, nearestOnArc, type Point, same } from "./vectors.ts";

/** The most cells of one covering. */
const MAX_CELLS = 65_536;

const children = ({ face, i, j, level }: Cell): Cell[] => {
  const size = sizeAt(level + 1);
  return [0, 1, 2, 3].map((k) => ({ face, i: i + (k >> 1) * size, j: j + (k & 1) * size, level: level + 1 }));
};

const holds = (cell: Cell, point: Point): boolean => {
  const own = cellOf(point, cell.level);
  return own.face === cell.face && own.i === cell.i && own.j === cell.j;
};

const chord = (a: Point, b: Point): number => length(minus(a, b));

/** Whether an edge comes within a chord length of a cell. */
function reaches(cell: Cell, { from, to }: Edge, reach: number): boolean {
  if (holds(cell, from) || holds(cell, to)) return true;
  const corners = cornersOf(cell);
  for (const [k, a] of corners.entries()) {
    const b = corners[(k + 1) % 4] as Point;
    if (!same(from, to) && meet(a, b, from, to)) return true;
    if (reach > 0)
      for (const [point, c, d] of [
        [from, a, b],
        [to, a, b],
        [a, from, to],
      ] as const)
        if (chord(point, nearestOnArc(point, c, d)) <= reach) return true;
  }
  return false;
}

/** The longest diagonal and the largest area of the cells of level 0; each level halves and quarters them. */
const [DIAGONAL, AREA] = [2.44, 2.64];
/** Whether the edges or the area are too large for the most cells, whatever their course. */
function tooMany(edges: readonly Edge[], area: readonly Polygon[], level: number): boolean {
  const longest = edges.reduce((most, { from, to }) => Math.max(most, angle(from, to)), 0);
  const largest = area.reduce((most, polygon) => Math.max(most, areaOf(polygon)), 0);
  return longest > MAX_CELLS * DIAGONAL * 2 ** -level || largest > MAX_CELLS * AREA * 4 ** -level;
}

/**
 * Tokens of the cells of a level that an area, or the surroundings of edges within `radius` metres, touch; in the order
 * of the curve. Undefined when there are too many.
 */
export function cover(
  edges: readonly Edge[],
  area: readonly Polygon[],
  level: number,
  radius: number,
): string[] | undefined {
  const reach = 2 * Math.sin(Math.min(Math.PI, radius / EARTH_RADIUS) / 2);
  const found: string[] = [];
  const visit = (cell: Cell, near: readonly Edge[] | undefined): boolean => {
    const left = near?.filter((edge) => reaches(cell, edge, reach));
    if (left?.length === 0) {
      if (!containsAny(area, centerOf(cell))) return true;
      return fill(cell);
    }
    if (cell.level === level) return found.push(tokenOf(cell)) <= MAX_CELLS;
    return children(cell).every((child) => visit(child, left));
  };
  const fill = (cell: Cell): boolean => {
    if (found.length + 4 ** (level - cell.level) > MAX_CELLS) return false;
    return cell.level === level ? found.push(tokenOf(cell)) <= MAX_CELLS : children(cell).every(fill);
  };
  if (level < 0 || level > MAX_LEVEL || !(radius >= 0) || tooMany(edges, area, level)) return undefined;
  for (let face = 0; face < 6; face++) if (!visit({ face, i: 0, j: 0, level: 0 }, edges)) return undefined;
  return found.sort((a, b) => (a.padEnd(16, "0") < b.padEnd(16, "0") ? -1 : 1));
}
