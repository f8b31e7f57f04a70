import { grown, grownFloats } from "../signals/grown.ts";
import type { IdHolder } from "../signals/names.ts";
import type { BoundedMapState } from "./bounded-map.ts";
import { Lists, type Records } from "./lists.ts";
import type { Rows } from "./rows.ts";

/** Where the ids of a map come from: `Names`, or `Tuples` of them. */
export interface IdSpace {
  id(text: string): number;
  text(id: number): string;
  hold(holder: IdHolder): void;
}

const NONE = -1;
const [YOUNG, OLD] = [0, 1];
/** Numbers in one line of the processor's cache. */
const LINE = 8;
/** Slots that are in the cache anyway. */
const FEW = 256;

/**
 * The keys of a `BoundedMap`, as ids: at most `capacity` entries, what was not used for longest is forgotten, in two
 * generations. An entry has a slot, a small number that stays its own while it is kept, and `width` numbers of its own
 * beside each other in `numbers`, from `width · slot` on. A hit costs one array read.
 */
export class IdSlots implements IdHolder, Records {
  readonly #space: IdSpace;
  readonly #half: number;
  readonly #forget: (slot: number) => void;
  readonly width: number;
  readonly #lists: Lists[] = [];
  /** An array only until the next `add`. */
  numbers = new Float64Array(0);
  /** By id: twice the slot + 1, and the generation; 0 where there is no slot. */
  #entries = new Int32Array(0);
  /** By slot: id, and the neighbours in the order of its generation. */
  #ids = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** First and last slot, and size, of the generation that is young and of the one that is old. */
  readonly #first = [NONE, NONE];
  readonly #last = [NONE, NONE];
  readonly #sizes = [0, 0];
  /** Which of the two is the young one. */
  #young = YOUNG;
  #used = 0;
  readonly #free: number[] = [];
  #evictions = 0;
  /** Slots that were fetched ahead. */
  #ahead = new Int32Array(0);

  /** `forget` is told of every slot that is given up. */
  constructor(space: IdSpace, capacity: number, width = 0, forget: (slot: number) => void = () => {}) {
    if (!(capacity >= 2)) throw new RangeError(`IdSlots: capacity must be at least 2, got ${capacity}`);
    this.#space = space;
    this.#half = Math.floor(capacity / 2);
    this.width = width;
    this.#forget = forget;
    space.hold(this);
  }

  /** A list of numbers per slot, which is forgotten with it. `LIST` of the slot's numbers, from a place on, are the list's. */
  lists(place: number): Lists {
    const lists = new Lists(this, place);
    this.#lists.push(lists);
    return lists;
  }

  get size(): number {
    return (this.#sizes[YOUNG] as number) + (this.#sizes[OLD] as number);
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** Slots that were ever used: arrays by slot need as many elements. */
  get bound(): number {
    return this.#used;
  }

  /** The slot of an id, which is thereby used; −1 where it has none. */
  find(id: number): number {
    const entry = id < this.#entries.length ? (this.#entries[id] as number) : 0;
    if (entry === 0) return NONE;
    const slot = (entry >> 1) - 1;
    if ((entry & 1) !== this.#young) this.#rejuvenate(slot);
    return slot;
  }

  /** The slot of an id as `find` would give it, without using it. */
  peek(id: number): number {
    return id < this.#entries.length ? ((this.#entries[id] as number) >> 1) - 1 : NONE;
  }

  /**
   * Fetches the entries, numbers and lists of rows ahead of their reading: the memory answers many at a time, where a reader
   * would wait for one after the other.
   */
  warm(ids: Int32Array, rows: Rows): void {
    if (this.#used < FEW) return;
    const [count, entries, numbers, width] = [rows.to - rows.from, this.#entries, this.numbers, this.width];
    this.#ahead = grown(this.#ahead, count + 1);
    const ahead = this.#ahead;
    for (let i = 0; i < count; i++) {
      const id = ids[rows.order[rows.from + i] as number] as number;
      ahead[i] = id < entries.length ? ((entries[id] as number) >> 1) - 1 : NONE;
    }
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const at = width * (ahead[i] as number);
      if (at < 0 || at >= numbers.length) continue;
      for (let part = at; part < at + width; part += LINE) sum += numbers[part] as number;
    }
    for (const lists of this.#lists) sum += lists.warm(ahead, count);
    // Kept, or a compiler could leave the reads out.
    ahead[0] = sum;
  }

  /** Gives an id that has none a slot. */
  add(id: number): number {
    this.#makeRoom();
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#ids.length) this.#grow();
    if (id >= this.#entries.length) this.#entries = grown(this.#entries, id + 1);
    this.#ids[slot] = id;
    this.#append(slot);
    return slot;
  }

  delete(id: number): void {
    const slot = this.peek(id);
    if (slot < 0) return;
    this.#unlink(slot);
    this.#drop(slot);
  }

  clear(): void {
    for (let slot = 0; slot < this.#used; slot++) {
      const id = this.#ids[slot] as number;
      // Slots that nothing has belong to id 0, which no text but the empty one has.
      if (this.peek(id) !== slot) continue;
      this.#entries[id] = 0;
      this.#ids[slot] = 0;
      for (const lists of this.#lists) lists.clear(slot);
      this.#forget(slot);
    }
    for (const generation of [YOUNG, OLD])
      [this.#first[generation], this.#last[generation], this.#sizes[generation]] = [NONE, NONE, 0];
    this.#used = 0;
    this.#free.length = 0;
  }

  /** Some of the slots, in the order of `slots`. */
  inOrder(some: { has(slot: number): boolean; readonly size: number }): number[] {
    const found: number[] = [];
    for (const generation of [1 - this.#young, this.#young]) {
      let slot = this.#first[generation] as number;
      for (; slot !== NONE && found.length < some.size; slot = this.#next[slot] as number)
        if (some.has(slot)) found.push(slot);
    }
    return found;
  }

  /** Least recently used generation first, each in the order of use. */
  *slots(): IterableIterator<number> {
    for (const generation of [1 - this.#young, this.#young]) {
      for (let slot = this.#first[generation] as number; slot !== NONE; slot = this.#next[slot] as number) yield slot;
    }
  }

  idOf(slot: number): number {
    return this.#ids[slot] as number;
  }

  textOf(slot: number): string {
    return this.#space.text(this.#ids[slot] as number);
  }

  mark(live: Uint8Array): void {
    for (let slot = 0; slot < this.#used; slot++) live[this.#ids[slot] as number] = 1;
  }

  /** Marks the ids that stand at a place of every slot's numbers. */
  markNumbers(live: Uint8Array, place: number): void {
    for (let slot = 0; slot < this.#used; slot++)
      if (this.#ids[slot] !== 0) live[this.numbers[this.width * slot + place] as number] = 1;
  }

  /** A deep copy, with what `read` makes of each slot, which must be JSON. */
  snapshot<V>(read: (slot: number) => V): BoundedMapState<V> {
    const entries = (generation: number): [string, V][] => {
      const found: [string, V][] = [];
      for (let slot = this.#first[generation] as number; slot !== NONE; slot = this.#next[slot] as number)
        found.push([this.textOf(slot), structuredClone(read(slot))]);
      return found;
    };
    return { evictions: this.#evictions, old: entries(1 - this.#young), young: entries(this.#young) };
  }

  /** Of a new map. `write` gets each slot with a copy of what the snapshot has of it. */
  restore<V>({ evictions, old, young }: BoundedMapState<V>, write: (slot: number, value: V) => void): void {
    const put = (entries: BoundedMapState<V>["old"]): void => {
      for (const [text, value] of entries) write(this.add(this.#space.id(text)), structuredClone(value));
    };
    put(old);
    this.#young = 1 - this.#young;
    put(young);
    this.#evictions = evictions;
  }

  #rejuvenate(slot: number): void {
    this.#unlink(slot);
    this.#makeRoom();
    this.#append(slot);
  }

  /** Where the young generation holds half the capacity, it becomes the old one, and the old one is forgotten. */
  #makeRoom(): void {
    if ((this.#sizes[this.#young] as number) < this.#half) return;
    const old = 1 - this.#young;
    this.#evictions += this.#sizes[old] as number;
    for (let slot = this.#first[old] as number; slot !== NONE; ) {
      const next = this.#next[slot] as number;
      this.#drop(slot);
      slot = next;
    }
    [this.#first[old], this.#last[old], this.#sizes[old]] = [NONE, NONE, 0];
    this.#young = old;
  }

  #append(slot: number): void {
    const young = this.#young;
    const last = this.#last[young] as number;
    this.#entries[this.#ids[slot] as number] = (2 * (slot + 1)) | young;
    this.#previous[slot] = last;
    this.#next[slot] = NONE;
    if (last === NONE) this.#first[young] = slot;
    else this.#next[last] = slot;
    this.#last[young] = slot;
    this.#sizes[young] = (this.#sizes[young] as number) + 1;
  }

  #unlink(slot: number): void {
    const generation = (this.#entries[this.#ids[slot] as number] as number) & 1;
    const [previous, next] = [this.#previous[slot] as number, this.#next[slot] as number];
    if (previous === NONE) this.#first[generation] = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#last[generation] = previous;
    else this.#previous[next] = previous;
    this.#sizes[generation] = (this.#sizes[generation] as number) - 1;
  }

  #drop(slot: number): void {
    this.#entries[this.#ids[slot] as number] = 0;
    this.#ids[slot] = 0;
    this.#free.push(slot);
    for (const lists of this.#lists) lists.clear(slot);
    this.#forget(slot);
  }

  #grow(): void {
    const length = Math.max(64, 2 * this.#ids.length);
    this.#ids = grown(this.#ids, length);
    this.#next = grown(this.#next, length);
    this.#previous = grown(this.#previous, length);
    this.numbers = grownFloats(this.numbers, this.width * this.#ids.length);
  }
}

/** `IdSlots` with a value per entry. */
export class IdMap<V> {
  readonly #slots: IdSlots;
  readonly #values: (V | undefined)[] = [];

  constructor(space: IdSpace, capacity: number) {
    this.#slots = new IdSlots(space, capacity, 0, (slot) => {
      this.#values[slot] = undefined;
    });
  }

  get size(): number {
    return this.#slots.size;
  }

  get evictions(): number {
    return this.#slots.evictions;
  }

  get(id: number): V | undefined {
    const slot = this.#slots.find(id);
    return slot < 0 ? undefined : this.#values[slot];
  }

  set(id: number, value: V): void {
    const found = this.#slots.find(id);
    this.#values[found < 0 ? this.#slots.add(id) : found] = value;
  }

  /** The value of an id, made on first use. */
  at(id: number, make: () => V): V {
    const found = this.#slots.find(id);
    if (found >= 0) return this.#values[found] as V;
    const made = make();
    this.#values[this.#slots.add(id)] = made;
    return made;
  }

  delete(id: number): void {
    this.#slots.delete(id);
  }

  clear(): void {
    this.#slots.clear();
  }

  /** Entries without touching them, least recently used generation first. */
  *entries(): IterableIterator<[text: string, value: V]> {
    for (const slot of this.#slots.slots()) yield [this.#slots.textOf(slot), this.#values[slot] as V];
  }

  *values(): IterableIterator<V> {
    for (const slot of this.#slots.slots()) yield this.#values[slot] as V;
  }

  /** A deep copy of the values, or of what `save` makes of them; either must be JSON. */
  snapshot(): BoundedMapState<V>;
  snapshot<S>(save: (value: V) => S): BoundedMapState<S>;
  snapshot(save = (value: V): unknown => value): BoundedMapState<unknown> {
    return this.#slots.snapshot((slot) => save(this.#values[slot] as V));
  }

  restore(state: BoundedMapState<V>): void;
  restore<S>(state: BoundedMapState<S>, load: (saved: S, id: number) => V): void;
  restore(state: BoundedMapState<unknown>, load = (saved: unknown, _id: number): V => saved as V): void {
    this.#slots.restore(state, (slot, saved) => {
      this.#values[slot] = load(saved, this.#slots.idOf(slot));
    });
  }
}
