import { grown, type IdHolder, type Names } from "../signals/names.ts";
import type { IdSpace } from "./id-map.ts";

const MIN_SWEEP = 16_384;

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
  #a = new Int32Array(0);
  #b = new Int32Array(0);
  #c = new Int32Array(0);
  /** Id + 1, by hash. Twice as many places as ids at least. */
  #table = new Int32Array(1024);
  #count = 0;
  readonly #free: number[] = [];
  #limit = MIN_SWEEP;

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

  #find(a: number, b: number, c: number): number {
    const mask = this.#table.length - 1;
    let at = mixed(a, b, c) & mask;
    for (let id = this.#table[at] as number; id !== 0; id = this.#table[at] as number) {
      if (this.#a[id - 1] === a && this.#b[id - 1] === b && this.#c[id - 1] === c) return id - 1;
      at = (at + 1) & mask;
    }
    return -1;
  }

  first(id: number): number {
    return this.#a[id] as number;
  }

  second(id: number): number {
    return this.#b[id] as number;
  }

  third(id: number): number {
    return this.#c[id] as number;
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
      live[this.#a[entry - 1] as number] = 1;
      live[this.#b[entry - 1] as number] = 1;
    }
  }

  #add(a: number, b: number, c: number): number {
    const id = this.#free.pop() ?? this.#count++;
    if (id >= this.#a.length) {
      this.#a = grown(this.#a, id + 1);
      this.#b = grown(this.#b, id + 1);
      this.#c = grown(this.#c, id + 1);
    }
    this.#a[id] = a;
    this.#b[id] = b;
    this.#c[id] = c;
    if (2 * (this.#count - this.#free.length) > this.#table.length) this.#rebuild(2 * this.#table.length);
    else this.#place(id);
    return id;
  }

  #place(id: number): void {
    const mask = this.#table.length - 1;
    let at = mixed(this.#a[id] as number, this.#b[id] as number, this.#c[id] as number) & mask;
    while (this.#table[at] !== 0) at = (at + 1) & mask;
    this.#table[at] = id + 1;
  }

  #rebuild(length: number): void {
    const free = new Set(this.#free);
    this.#table = new Int32Array(length);
    for (let id = 0; id < this.#count; id++) if (!free.has(id)) this.#place(id);
  }

  #sweep(): void {
    const live = new Uint8Array(this.#count);
    for (const holder of this.#holders) holder.mark(live);
    this.#free.length = 0;
    for (let id = this.#count - 1; id >= 0; id--) if (live[id] === 0) this.#free.push(id);
    this.#rebuild(this.#table.length);
    this.#limit = Math.max(MIN_SWEEP, 2 * (this.#count - this.#free.length));
  }
}
