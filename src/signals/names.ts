/** Keeps ids beyond the batch that brought them. At a sweep it marks those that it still needs. */
export interface IdHolder {
  mark(live: Uint8Array): void;
}

/** Least number of names before a sweep is worth its time. */
const MIN_SWEEP = 65_536;
const NO_NUMBERS = new Int32Array(0);

/** Where the ids of a column may be found without a look at the table: 0 where nothing is known. */
export type Guesses = Int32Array;

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
  readonly #guesses = new Map<string, Int32Array<ArrayBuffer>>();
  #limit = MIN_SWEEP;
  /** Rows of a column that are still to be looked up, with their hashes. */
  #rows = NO_NUMBERS;
  #hashes = NO_NUMBERS;

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
   * The ids of a column. A text is looked up only where it is neither that of the row before nor guessed. Hashes,
   * places and texts are fetched in passes of their own: the memory then answers several rows at a time.
   */
  idsOf(cells: readonly string[], guesses?: Guesses): Int32Array {
    const texts = this.#texts;
    const ids = new Int32Array(cells.length);
    this.#rows = grown(this.#rows, cells.length);
    const rows = this.#rows;
    let [waiting, id, last] = [0, 0, ""];
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] as string;
      if (cell !== last) {
        id = guesses === undefined ? 0 : (guesses[row] as number);
        last = texts[id] as string;
        if (cell !== last) {
          rows[waiting++] = row;
          continue;
        }
      }
      ids[row] = id;
    }
    if (waiting > 0) this.#lookUp(cells, ids, waiting);
    return ids;
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

  /**
   * By the id of a subject, the id that its last row had in a column: people mostly come from where they came before.
   * Only a guess, as ids are given to other texts.
   */
  guesses(column: string): Int32Array {
    const known = grown(this.#guesses.get(column) ?? NO_NUMBERS, this.#texts.length);
    this.#guesses.set(column, known);
    return known;
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

let zeros = NO_NUMBERS;
/** The ids of a column that a batch lacks: all of the empty text. */
export function noIds(length: number): Int32Array {
  zeros = grown(zeros, length);
  return zeros;
}
