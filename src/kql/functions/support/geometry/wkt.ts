import { isCoordinate } from "./vectors.ts";

/** Well-known text to GeoJSON. */

type Coordinates = number[] | Coordinates[];
export type Geometry =
  | { readonly type: string; readonly coordinates: Coordinates }
  | { readonly type: "GeometryCollection"; readonly geometries: readonly Geometry[] };

/** Names, and how deep their coordinates nest. */
const TYPES: Readonly<Record<string, readonly [name: string, depth: number]>> = {
  POINT: ["Point", 0],
  LINESTRING: ["LineString", 1],
  MULTIPOINT: ["MultiPoint", 1],
  POLYGON: ["Polygon", 2],
  MULTILINESTRING: ["MultiLineString", 2],
  MULTIPOLYGON: ["MultiPolygon", 3],
};
const TOKEN = /\s*([A-Za-z]+|[(),]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/y;
const MAX_DEPTH = 64;

class Reader {
  readonly tokens: readonly string[];
  at = 0;

  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }

  peek(): string {
    return this.tokens[this.at] ?? "";
  }

  take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at++;
    return true;
  }

  /** One or more items in parentheses. */
  list<T>(read: () => T | undefined): T[] | undefined {
    if (!this.take("(")) return undefined;
    const found: T[] = [];
    do {
      const item = read();
      if (item === undefined) return undefined;
      found.push(item);
    } while (this.take(","));
    return this.take(")") ? found : undefined;
  }

  position(): number[] | undefined {
    const [longitude, latitude] = [Number(this.peek() || Number.NaN), Number(this.tokens[this.at + 1] ?? Number.NaN)];
    if (!isCoordinate(longitude, latitude)) return undefined;
    this.at += 2;
    return [longitude, latitude];
  }

  /** Coordinates that nest to a depth; the points of a MULTIPOINT may stand in parentheses of their own. */
  coordinates(depth: number): Coordinates | undefined {
    if (depth > 0) return this.list<Coordinates>(() => this.coordinates(depth - 1));
    return this.peek() === "(" ? this.list(() => this.position())?.[0] : this.position();
  }

  geometry(depth: number): Geometry | undefined {
    const word = this.peek().toUpperCase();
    this.at++;
    if (word === "GEOMETRYCOLLECTION") {
      const geometries = depth < MAX_DEPTH ? this.list(() => this.geometry(depth + 1)) : undefined;
      return geometries && { type: "GeometryCollection", geometries };
    }
    const type = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
    const coordinates = type && this.coordinates(type[1]);
    return type && coordinates && { type: type[0], coordinates };
  }
}

/** The geometry of a text, or undefined when it is none. */
export function parseWkt(text: string): Geometry | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trimEnd();
  while (TOKEN.lastIndex < trimmed.length) {
    const token = TOKEN.exec(trimmed)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  const reader = new Reader(tokens);
  const geometry = reader.geometry(0);
  return reader.at === tokens.length ? geometry : undefined;
}
