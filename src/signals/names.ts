import { grown } from "./grown.ts";
import { Habits } from "./habits.ts";

/** Keeps ids beyond the batch that brought them. At a sweep it marks those that it still needs. */
export interface IdHolder {
  mark(live: Uint8Array): void;
}

/** Least number of names before a sweep is worth its time. */
const MIN_SWEEP = 65_536;
const NO_NUMBERS = new Int32Array(0);
/** Ids that a kind of names gets at first, and then at a time. */
const [FEW, MANY] = [64, 1024];

/**
 * Names that came in one column have ids beside each other, so that what is kept by the ids of subjects, or of addresses,
 * lies close together.
 */
interface Kind {
  readonly free: number[];
  next: number;
  end: number;
}

/** A hash of a text's code units, two at a time; `seed` keeps a log's author from choosing texts that collide. O(length). */
function hashed(text: string, seed: number): number {
  const { length } = text;
  let hash = seed ^ length;
  for (let i = 1; i < length; i += 2) {
    hash = Math.imul(hash ^ text.charCodeAt(i - 1) ^ (text.charCodeAt(i) << 16), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  if ((length & 1) === 1) {
    hash = Math.imul(hash ^ text.charCodeAt(length - 1), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash;
}

/**
 * Texts as small integers: the empty one is 0, equal texts have equal ids, and `text` gives one object per id, so that
 * texts compare by pointer. An id stays valid while a holder marks it; `sweep` gives the others to new texts. id O(length).
 */
export class Names {
  /** Open addressing with linear probing: hash and id, side by side. Twice as many places as ids at least. */
  #table = new Int32Array(2 * 1024);
  #size = 0;
  readonly #seed = (Math.random() * 2 ** 32) | 0;
  readonly #texts: string[] = new Array<string>(FEW).fill("");
  /** Of names that came in no column; the empty text is the first of them. */
  readonly #others: Kind = { free: [], next: 1, end: FEW };
  readonly #kinds = new Map<string, Kind>();
  /** The kind of every `FEW` ids. */
  readonly #owners: Kind[] = [this.#others];
  readonly #holders: IdHolder[] = [];
  readonly #properties: NameProperty[] = [];
  readonly #habits = new Habits();
  #limit = MIN_SWEEP;
  /** Rows of a column whose text is another one than that of the row before; of those, the ones still to be looked up. */
  #heads = NO_NUMBERS;
  #rows = NO_NUMBERS;
  #hashes = NO_NUMBERS;
  readonly #fetched = new Int32Array(1);

  /** One more than the largest id that was ever given. */
  get bound(): number {
    return this.#texts.length;
  }

  /** Whether so many names came since the last sweep that one pays. */
  get isCrowded(): boolean {
    return this.#size > this.#limit;
  }

  id(text: string): number {
    return text === "" ? 0 : this.#find(text, hashed(text, this.#seed), this.#others);
  }

  text(id: number): string {
    return this.#texts[id] as string;
  }

  /**
   * Writes the ids of a column to `ids`, which must be zeros. A text is looked up only where it is neither that of the row before nor what the row's subject
   * had in the column last. What is fetched from memory is fetched in passes of its own, several rows at a time.
   */
  idsOf(cells: readonly string[], ids: Int32Array, column: string, subjects?: Int32Array): void {
    this.#heads = grown(this.#heads, cells.length);
    this.#rows = grown(this.#rows, cells.length);
    const heads = this.#headsOf(cells);
    if (subjects === undefined) {
      this.#rows.set(this.#heads.subarray(0, heads));
      this.#lookUp(cells, ids, heads, this.#kindOf(column));
    } else {
      const habit = this.#habits.of(column);
      const waiting = this.#guess(cells, ids, heads, habit, subjects);
      this.#lookUp(cells, ids, waiting, this.#kindOf(column));
      this.#habits.learn(habit, this.#rows, waiting, subjects, ids);
    }
    if (heads < cells.length) spread(ids, this.#heads, heads);
  }

  #headsOf(cells: readonly string[]): number {
    const heads = this.#heads;
    let [count, last] = [0, ""];
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] as string;
      if (cell === last && row > 0) continue;
      heads[count++] = row;
      last = cell;
    }
    return count;
  }

  /** Gives the heads that were guessed their ids and lists the others; answers how many those are. */
  #guess(cells: readonly string[], ids: Int32Array, count: number, column: number, subjects: Int32Array): number {
    const [heads, rows, texts] = [this.#heads, this.#rows, this.#texts];
    this.#habits.guess(column, heads, count, subjects, ids);
    this.#fetch(heads, count, ids);
    let waiting = 0;
    for (let i = 0; i < count; i++) {
      const row = heads[i] as number;
      const guess = ids[row] as number;
      if (guess === 0 || texts[guess] !== cells[row]) rows[waiting++] = row;
    }
    return waiting;
  }

  /** Brings the texts that rows may have into the cache. */
  #fetch(rows: Int32Array, count: number, ids: Int32Array): void {
    const texts = this.#texts;
    let length = 0;
    for (let i = 0; i < count; i++) length += (texts[ids[rows[i] as number] as number] as string).length;
    // Kept, or a compiler could leave the reads out.
    this.#fetched[0] = length;
  }

  #lookUp(cells: readonly string[], ids: Int32Array, waiting: number, kind: Kind): void {
    if (waiting === 0) return;
    this.#hashes = grown(this.#hashes, waiting);
    const [rows, hashes, seed] = [this.#rows, this.#hashes, this.#seed];
    for (let i = 0; i < waiting; i++) hashes[i] = hashed(cells[rows[i] as number] as string, seed);
    const [table, texts] = [this.#table, this.#texts];
    const mask = table.length - 2;
    for (let i = 0; i < waiting; i++) {
      const at = (2 * (hashes[i] as number)) & mask;
      ids[rows[i] as number] = table[at] === hashes[i] ? (table[at + 1] as number) : 0;
    }
    this.#fetch(rows, waiting, ids);
    let [id, last] = [0, ""];
    for (let i = 0; i < waiting; i++) {
      const row = rows[i] as number;
      const cell = cells[row] as string;
      const likely = ids[row] as number;
      if (likely !== 0 && texts[likely] === cell) continue;
      if (cell !== last) {
        id = cell === "" ? 0 : this.#find(cell, hashes[i] as number, kind);
        last = cell;
      }
      ids[row] = id;
    }
  }

  /** What `read` says of a text, asked once per text; any 32-bit integer but 0. */
  property(read: (text: string) => number): NameProperty {
    const property = new NameProperty(this, read);
    this.#properties.push(property);
    return property;
  }

  /** Takes part in every sweep from now on. */
  hold(holder: IdHolder): void {
    this.#holders.push(holder);
  }

  /** Forgets the texts that neither a holder nor `visitors` mark. Amortised O(1) per new text. */
  sweep(visitors: readonly IdHolder[]): void {
    const live = new Uint8Array(this.#texts.length);
    for (const holder of [...this.#holders, ...visitors]) holder.mark(live);
    for (let id = 1; id < live.length; id++) {
      if (live[id] === 1 || this.#texts[id] === "") continue;
      this.#texts[id] = "";
      (this.#owners[Math.floor(id / FEW)] as Kind).free.push(id);
      this.#size -= 1;
    }
    this.#rebuild(this.#table.length);
    for (const property of this.#properties) property.reset();
    this.#habits.clear();
    this.#limit = Math.max(MIN_SWEEP, 1.5 * this.#size);
  }

  /** The id of a text that is not empty, which gets one if it has none. */
  #find(text: string, hash: number, kind: Kind): number {
    const table = this.#table;
    const mask = table.length - 2;
    let at = (2 * hash) & mask;
    for (let id = table[at + 1] as number; id !== 0; id = table[at + 1] as number) {
      if (table[at] === hash && this.#texts[id] === text) return id;
      at = (at + 2) & mask;
    }
    return this.#add(text, hash, at, kind);
  }

  #add(text: string, hash: number, at: number, kind: Kind): number {
    const id = kind.free.pop() ?? this.#next(kind);
    this.#texts[id] = text;
    this.#table[at] = hash;
    this.#table[at + 1] = id;
    this.#size += 1;
    if (4 * this.#size > this.#table.length) this.#rebuild(2 * this.#table.length);
    return id;
  }

  #kindOf(column: string): Kind {
    const known = this.#kinds.get(column) ?? { free: [], next: 0, end: 0 };
    this.#kinds.set(column, known);
    return known;
  }

  /** An id that no name has had. */
  #next(kind: Kind): number {
    if (kind.next === kind.end) {
      const count = kind.end === 0 ? FEW : MANY;
      kind.next = this.#texts.length;
      kind.end = kind.next + count;
      for (let i = 0; i < count; i++) this.#texts.push("");
      for (let i = 0; i < count; i += FEW) this.#owners.push(kind);
    }
    const id = kind.next;
    kind.next += 1;
    return id;
  }

  /** Places the ids that still have a text. */
  #rebuild(length: number): void {
    const [old, table, texts] = [this.#table, new Int32Array(length), this.#texts];
    const mask = length - 2;
    for (let from = 0; from < old.length; from += 2) {
      const id = old[from + 1] as number;
      if (id === 0 || texts[id] === "") continue;
      let at = (2 * (old[from] as number)) & mask;
      while (table[at + 1] !== 0) at = (at + 2) & mask;
      table[at] = old[from] as number;
      table[at + 1] = id;
    }
    this.#table = table;
  }
}

/** Gives every row the id of the head before it. */
function spread(ids: Int32Array, heads: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const row = heads[i] as number;
    const end = i + 1 < count ? (heads[i + 1] as number) : ids.length;
    if (end - row > 1) ids.fill(ids[row] as number, row + 1, end);
  }
}

/** An integer per name, worked out when it is first asked for. */
export class NameProperty {
  readonly #names: Names;
  readonly #read: (text: string) => number;
  #known = NO_NUMBERS;

  constructor(names: Names, read: (text: string) => number) {
    this.#names = names;
    this.#read = read;
  }

  of(id: number): number {
    const known = this.#known[id];
    return known === undefined || known === 0 ? this.#ask(id) : known;
  }

  /** Ids may belong to other texts now. */
  reset(): void {
    this.#known.fill(0);
  }

  #ask(id: number): number {
    this.#known = grown(this.#known, id + 1);
    const value = this.#read(this.#names.text(id));
    this.#known[id] = value;
    return value;
  }
}

let zeros = NO_NUMBERS;
/** The ids of a column that a batch lacks: all of the empty text. */
export function noIds(length: number): Int32Array {
  zeros = grown(zeros, length);
  return zeros;
}
