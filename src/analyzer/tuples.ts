import { grown } from "../signals/grown.ts";
import type { IdHolder, Names } from "../signals/names.ts";
import type { IdSpace } from "./id-map.ts";
import type { Rows } from "./rows.ts";

const MIN_SWEEP = 16_384;
/** Numbers of a tuple in the list of all; the last of them is not used. */
const WIDTH = 4;

/** Mixes three ids to a table index; the finaliser is MurmurHash3's. */
function mixed(a: number, b: number, c: number): number {
  let x = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Pairs of names, with a 32-bit number, as small integers: open addressing with linear probing. As with `Names`, an id stays
 * valid while a holder marks it; the others are given up when the table would have to grow. id O(1).
 */
export class Tuples implements IdSpace, IdHolder {
  readonly #names: Names;
  readonly #holders: IdHolder[] = [];
  /** Two names and a number by id, beside each other. */
  #parts = new Int32Array(0);
  /** Id + 1, by hash. Twice as many places as ids at least. */
  #table = new Int32Array(1024);
  #count = 0;
  readonly #free: number[] = [];
  #limit = MIN_SWEEP;
  /** By row, the ids that were fetched ahead; and what was read of them, or a compiler could leave the reads out. */
  #ahead = new Int32Array(0);
  readonly #warmth = new Float64Array(1);

  constructor(names: Names) {
    this.#names = names;
    names.hold(this);
  }

  hold(holder: IdHolder): void {
    this.#holders.push(holder);
  }

  of(a: number, b: number, c = 0): number {
    const known = this.#find(a, b, c);
    if (known >= 0) return known;
    if (this.#count - this.#free.length >= this.#limit) this.#sweep();
    return this.#add(a, b, c);
  }

  /**
   * The ids of rows' tuples ahead of their reading, as `IdSlots.warm`: 0 where there is none yet. Without `c` the number is
   * 0. Not to be kept: `of` may give an id away.
   */
  ahead(a: Int32Array, b: Int32Array, rows: Rows, c?: (row: number) => number): Int32Array {
    const [count, table, parts] = [rows.to - rows.from, this.#table, this.#parts];
    const mask = table.length - 1;
    this.#ahead = grown(this.#ahead, a.length);
    const ahead = this.#ahead;
    for (let i = 0; i < count; i++) {
      const row = rows.order[rows.from + i] as number;
      const at = mixed(a[row] as number, b[row] as number, c === undefined ? 0 : c(row)) & mask;
      ahead[row] = Math.max(0, (table[at] as number) - 1);
    }
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const part = WIDTH * (ahead[rows.order[rows.from + i] as number] as number);
      if (part < parts.length) sum += parts[part] as number;
    }
    this.#warmth[0] = sum;
    return ahead;
  }

  #find(a: number, b: number, c: number): number {
    const mask = this.#table.length - 1;
    let at = mixed(a, b, c) & mask;
    const parts = this.#parts;
    for (let id = this.#table[at] as number; id !== 0; id = this.#table[at] as number) {
      const part = WIDTH * (id - 1);
      if (parts[part] === a && parts[part + 1] === b && parts[part + 2] === c) return id - 1;
      at = (at + 1) & mask;
    }
    return -1;
  }

  first(id: number): number {
    return this.#parts[WIDTH * id] as number;
  }

  second(id: number): number {
    return this.#parts[WIDTH * id + 1] as number;
  }

  third(id: number): number {
    return this.#parts[WIDTH * id + 2] as number;
  }

  text(id: number): string {
    const [a, b] = [this.#names.text(this.first(id)), this.#names.text(this.second(id))];
    return JSON.stringify([a, b, this.third(id)]);
  }

  /** Of a text of `text`, for a snapshot that is restored: gives up no other id. */
  id(text: string): number {
    const [first, second, c] = JSON.parse(text) as [string, string, number];
    const [a, b] = [this.#names.id(first), this.#names.id(second)];
    const known = this.#find(a, b, c);
    return known >= 0 ? known : this.#add(a, b, c);
  }

  mark(live: Uint8Array): void {
    this.#sweep();
    for (const entry of this.#table) {
      if (entry === 0) continue;
      live[this.first(entry - 1)] = 1;
      live[this.second(entry - 1)] = 1;
    }
  }

  #add(a: number, b: number, c: number): number {
    const id = this.#free.pop() ?? this.#count++;
    this.#parts = grown(this.#parts, WIDTH * (id + 1));
    this.#parts[WIDTH * id] = a;
    this.#parts[WIDTH * id + 1] = b;
    this.#parts[WIDTH * id + 2] = c;
    if (2 * (this.#count - this.#free.length) > this.#table.length) this.#rebuild(2 * this.#table.length);
    this.#place(id);
    return id;
  }

  #place(id: number): void {
    const mask = this.#table.length - 1;
    let at = mixed(this.first(id), this.second(id), this.third(id)) & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = id + 1;
  }

  /** Places the ids that the old table has and that are live; all of them without `live`. */
  #rebuild(length: number, live?: Uint8Array): void {
    const old = this.#table;
    this.#table = new Int32Array(length);
    for (let at = 0; at < old.length; at++) {
      const id = (old[at] as number) - 1;
      if (id >= 0 && (live === undefined || live[id] === 1)) this.#place(id);
    }
  }

  #sweep(): void {
    const live = new Uint8Array(this.#count);
    for (const holder of this.#holders) holder.mark(live);
    this.#free.length = 0;
    for (let id = this.#count - 1; id >= 0; id--) if (live[id] === 0) this.#free.push(id);
    this.#rebuild(this.#table.length, live);
    this.#limit = Math.max(MIN_SWEEP, 2 * (this.#count - this.#free.length));
  }
}
