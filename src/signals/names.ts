/** Keeps ids beyond the batch that brought them. At a sweep it marks those that it still needs. */
export interface IdHolder {
  mark(live: Uint8Array): void;
}

/** Least number of names before a sweep is worth its time. */
const MIN_SWEEP = 65_536;
const NO_NUMBERS = new Int32Array(0);

/**
 * Texts as small integers: the empty one is 0, equal texts have equal ids, and `text` gives one object per id, so that
 * texts compare by pointer. An id stays valid while a holder marks it; `sweep` gives the others to new texts. id O(length).
 */
export class Names {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [""];
  readonly #free: number[] = [];
  readonly #holders: IdHolder[] = [];
  readonly #properties: NameProperty[] = [];
  readonly #guesses = new Map<string, Int32Array<ArrayBuffer>>();
  #limit = MIN_SWEEP;

  /** One more than the largest id that was ever given. */
  get bound(): number {
    return this.#texts.length;
  }

  /** Whether so many names came since the last sweep that one pays. */
  get isCrowded(): boolean {
    return this.#ids.size > this.#limit;
  }

  id(text: string): number {
    if (text === "") return 0;
    const found = this.#ids.get(text);
    return found === undefined ? this.#add(text) : found;
  }

  text(id: number): string {
    return this.#texts[id] as string;
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
      const text = this.#texts[id] as string;
      if (live[id] === 1 || text === "") continue;
      this.#ids.delete(text);
      this.#texts[id] = "";
      this.#free.push(id);
    }
    for (const property of this.#properties) property.reset();
    this.#limit = Math.max(MIN_SWEEP, 1.5 * this.#ids.size);
  }

  #add(text: string): number {
    const id = this.#free.pop() ?? this.#texts.length;
    this.#ids.set(text, id);
    this.#texts[id] = text;
    return id;
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
