import { isCoordinate } from "./vectors.ts";

/** Geohash: longitude and latitude halved in turn, five bits per character. */
const ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";
export const MAX_GEOHASH = 18;

/** A rectangle in degrees. */
export interface Rectangle {
  readonly west: number;
  readonly south: number;
  readonly width: number;
  readonly height: number;
}

/** Bits of longitude and latitude that a geohash of this length holds. */
const bitsOf = (length: number): readonly [longitude: number, latitude: number] => [
  Math.ceil((length * 5) / 2),
  Math.floor((length * 5) / 2),
];

/** The geohash of column x and row y of the grid that its length makes. */
function write(x: number, y: number, length: number): string {
  let [longitude, latitude] = bitsOf(length);
  const bit = (value: number, at: number): number => Math.floor(value / 2 ** at) % 2;
  let text = "";
  for (let i = 0, even = true; i < length; i++) {
    let digit = 0;
    for (let k = 0; k < 5; k++, even = !even) digit = digit * 2 + (even ? bit(x, --longitude) : bit(y, --latitude));
    text += ALPHABET[digit];
  }
  return text;
}

function grid(text: string): { x: number; y: number; columns: number; rows: number } | undefined {
  if (text.length === 0 || text.length > MAX_GEOHASH) return undefined;
  let [x, y, even] = [0, 0, true];
  for (const letter of text.toLowerCase()) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return undefined;
    for (let k = 4; k >= 0; k--, even = !even) {
      const bit = (digit >> k) & 1;
      if (even) x = x * 2 + bit;
      else y = y * 2 + bit;
    }
  }
  const [longitude, latitude] = bitsOf(text.length);
  return { x, y, columns: 2 ** longitude, rows: 2 ** latitude };
}

/** The geohash of a point in degrees, '' for what cannot have one. */
export function geohashOf(longitude: number, latitude: number, length: number): string {
  if (!isCoordinate(longitude, latitude) || length < 1 || length > MAX_GEOHASH) return "";
  const [columns, rows] = bitsOf(length).map((bits) => 2 ** bits) as [number, number];
  const place = (share: number, count: number): number => Math.min(count - 1, Math.floor(share * count));
  return write(place((longitude + 180) / 360, columns), place((latitude + 90) / 180, rows), length);
}

export function rectangleOf(text: string): Rectangle | undefined {
  const cell = grid(text);
  if (!cell) return undefined;
  const [width, height] = [360 / cell.columns, 180 / cell.rows];
  return { west: cell.x * width - 180, south: cell.y * height - 90, width, height };
}

/** The rectangles around one, row by row from the north-west; there is none beyond a pole. */
export function geohashNeighbors(text: string): string[] | undefined {
  const cell = grid(text);
  if (!cell) return undefined;
  const found: string[] = [];
  for (const dy of [1, 0, -1])
    for (const dx of [-1, 0, 1]) {
      const y = cell.y + dy;
      if ((dx !== 0 || dy !== 0) && y >= 0 && y < cell.rows)
        found.push(write((cell.x + dx + cell.columns) % cell.columns, y, text.length));
    }
  return found;
}
