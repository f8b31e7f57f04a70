/** Keeps ids beyond the batch that brought them. At a sweep it marks those that it still needs. */
export interface IdHolder {
  mark(live: Uint8Array): void;
}

/** Least number of names before a sweep is worth its time. */
const MIN_SWEEP = 65_536;
const NO_NUMBERS = new Int32Array(0);

/** A hash of a text's code units; `seed` keeps a log's author from choosing texts that collide. O(length). */
function hashed(text: string, seed: number): number {
  let hash = seed ^ text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
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
  readonly #texts: string[] = [""];
  readonly #free: number[] = [];
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
    return text === "" ? 0 : this.#find(text, hashed(text, this.#seed));
  }

  text(id: number): string {
    return this.#texts[id] as string;
  }

  /**
   * The ids of a column. A text is looked up only where it is neither that of the row before nor what the row's subject
   * had in the column last. What is fetched from memory is fetched in passes of its own, several rows at a time.
   */
  idsOf(cells: readonly string[], column?: string, subjects?: Int32Array): Int32Array {
    const ids = new Int32Array(cells.length);
    this.#heads = grown(this.#heads, cells.length);
    this.#rows = grown(this.#rows, cells.length);
    const heads = this.#headsOf(cells);
    if (column === undefined || subjects === undefined) this.#rows.set(this.#heads.subarray(0, heads));
    const waiting = column && subjects ? this.#guess(cells, ids, heads, this.#habits.of(column), subjects) : heads;
    if (waiting > 0) this.#lookUp(cells, ids, waiting);
    if (column && subjects) this.#habits.learn(this.#habits.of(column), this.#rows, waiting, subjects, ids);
    if (heads < cells.length) spread(ids, this.#heads, heads);
    return ids;
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

  #lookUp(cells: readonly string[], ids: Int32Array, waiting: number): void {
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
        id = cell === "" ? 0 : this.#find(cell, hashes[i] as number);
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
      this.#free.push(id);
      this.#size -= 1;
    }
    this.#rebuild(this.#table.length);
    for (const property of this.#properties) property.reset();
    this.#habits.clear();
    this.#limit = Math.max(MIN_SWEEP, 1.5 * this.#size);
  }

  /** The id of a text that is not empty, which gets one if it has none. */
  #find(text: string, hash: number): number {
    const table = this.#table;
    const mask = table.length - 2;
    let at = (2 * hash) & mask;
    for (let id = table[at + 1] as number; id !== 0; id = table[at + 1] as number) {
      if (table[at] === hash && this.#texts[id] === text) return id;
      at = (at + 2) & mask;
    }
    return this.#add(text, hash, at);
  }

  #add(text: string, hash: number, at: number): number {
    const id = this.#free.pop() ?? this.#texts.length;
    this.#texts[id] = text;
    this.#table[at] = hash;
    this.#table[at + 1] = id;
    this.#size += 1;
    if (4 * this.#size > this.#table.length) this.#rebuild(2 * this.#table.length);
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

/** Columns that a subject's habits are kept of: those of one subject lie in one line of the processor's cache. */
const WIDTH = 16;

/**
 * What each subject had last in the columns that change: people mostly come from where they came before. Only a guess, as
 * ids are given to other texts.
 */
class Habits {
  readonly #columns = new Map<string, number>();
  /** Place of a subject by its id, from 1 on; 0 where it has none. */
  #places = NO_NUMBERS;
  #last = NO_NUMBERS;
  #count = 0;

  of(column: string): number {
    const known = this.#columns.get(column) ?? this.#columns.size % WIDTH;
    this.#columns.set(column, known);
    return known;
  }

  guess(column: number, rows: Int32Array, count: number, subjects: Int32Array, ids: Int32Array): void {
    const [places, last] = [this.#places, this.#last];
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const subject = subjects[row] as number;
      ids[row] = subject < places.length ? (last[WIDTH * (places[subject] as number) + column] as number) : 0;
    }
  }

  learn(column: number, rows: Int32Array, count: number, subjects: Int32Array, ids: Int32Array): void {
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      this.#last[WIDTH * this.#placeOf(subjects[row] as number) + column] = ids[row] as number;
    }
  }

  clear(): void {
    this.#places.fill(0);
    this.#last.fill(0);
    this.#count = 0;
  }

  #placeOf(subject: number): number {
    if (subject >= this.#places.length) this.#places = grown(this.#places, subject + 1);
    const known = this.#places[subject] as number;
    if (known !== 0) return known;
    this.#count += 1;
    this.#places[subject] = this.#count;
    // Place 0 is that of the subjects without one.
    this.#last = grown(this.#last, WIDTH * (this.#count + 1));
    return this.#count;
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

/** An array of at least `length` numbers that begins with those of another one. */
export function grown(numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (numbers.length >= length) return numbers;
  const larger = new Int32Array(Math.max(1024, length, 2 * numbers.length));
  larger.set(numbers);
  return larger;
}

/** As `grown`, for numbers with fractions. */
export function grownFloats(numbers: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (numbers.length >= length) return numbers;
  const larger = new Float64Array(Math.max(256, length, 2 * numbers.length));
  larger.set(numbers);
  return larger;
}

let zeros = NO_NUMBERS;
/** The ids of a column that a batch lacks: all of the empty text. */
export function noIds(length: number): Int32Array {
  zeros = grown(zeros, length);
  return zeros;
}
