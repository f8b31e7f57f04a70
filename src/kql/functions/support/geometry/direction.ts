import { angle, cross, dot, type Point, tangent } from "./vectors.ts";

/*
 * The directions in which an edge may leave a point so that it meets some discs and passes others on the right side.
 * Source: https://github.com/google/s2geometry/blob/master/src/s2/s2polyline_simplifier.h
 */

/** Angles from `low` on, `width` wide, in radians; a width of at least a turn is every direction. */
interface Sector {
  readonly low: number;
  readonly width: number;
}

const TURN = 2 * Math.PI;
const positive = (value: number): number => ((value % TURN) + TURN) % TURN;

/** The half width of the disc as it is seen from a point; a half turn when the point lies in it. */
function halfWidth(away: number, radius: number): number {
  return away <= radius ? Math.PI : Math.asin(Math.min(1, Math.sin(radius) / Math.sin(away)));
}

export class Directions {
  readonly #source: Point;
  readonly #right: Point;
  readonly #up: Point;
  #window: Sector | undefined;
  #empty = false;
  #later: { readonly sector: Sector; readonly isLeft: boolean }[] = [];

  constructor(source: Point) {
    this.#source = source;
    this.#right = tangent(source);
    this.#up = cross(source, this.#right);
  }

  #of(point: Point): number {
    return Math.atan2(dot(point, this.#up), dot(point, this.#right));
  }

  /** Whether an edge may end at the point: at most a quarter of the Earth away. */
  admits(point: Point): boolean {
    if (this.#empty || angle(this.#source, point) > Math.PI / 2) return false;
    const at = this.#of(point);
    const isIn = ({ low, width }: Sector): boolean => positive(at - low) <= width;
    return (!this.#window || isIn(this.#window)) && !this.#later.some(({ sector }) => isIn(sector));
  }

  /** The edge must meet a disc. False when nothing is left. */
  meet(center: Point, radius: number): boolean {
    const half = halfWidth(angle(this.#source, center), radius);
    if (half >= Math.PI) return true;
    this.#keep({ low: this.#of(center) - half, width: 2 * half });
    for (const { sector, isLeft } of this.#later) this.#avoid(sector, isLeft);
    this.#later = [];
    return !this.#empty;
  }

  /** The edge must pass a disc that lies on its left, or on its right. False when nothing is left. */
  avoid(center: Point, radius: number, isLeft: boolean): boolean {
    const half = halfWidth(angle(this.#source, center), radius);
    if (half >= Math.PI) this.#empty = true;
    const at = this.#of(center);
    const sector = isLeft
      ? { low: at - half, width: half + Math.PI / 2 }
      : { low: at - Math.PI / 2, width: half + Math.PI / 2 };
    if (this.#window) this.#avoid(sector, isLeft);
    else this.#later.push({ sector, isLeft });
    return !this.#empty;
  }

  /** The window is at most a half turn wide, so that what two sectors share is one sector. */
  #keep(sector: Sector): void {
    const window = this.#window;
    if (!window) {
      this.#window = sector;
      return;
    }
    const into = positive(sector.low - window.low);
    if (into <= window.width) this.#window = { low: sector.low, width: Math.min(sector.width, window.width - into) };
    else if (TURN - into <= sector.width)
      this.#window = { low: window.low, width: Math.min(window.width, sector.width - (TURN - into)) };
    else this.#empty = true;
  }

  #avoid(sector: Sector, isLeft: boolean): void {
    const window = this.#window;
    if (!window || this.#empty) return;
    const into = positive(sector.low - window.low);
    if (into + sector.width <= window.width)
      this.#window = isLeft
        ? { low: window.low, width: into }
        : { low: sector.low + sector.width, width: window.width - into - sector.width };
    else this.#keep({ low: sector.low + sector.width, width: TURN - sector.width });
  }
}
