export interface BoundedMapState<V> {
  readonly evictions: number;
  readonly old: readonly (readonly [string, V])[];
  readonly young: readonly (readonly [string, V])[];
}

/**
 * A map of at most `capacity` entries that forgets what was not used for longest, in two generations: what is used
 * moves to the young one; when that holds half the capacity, the old one is dropped and counted. A hit costs one lookup.
 */
export class BoundedMap<V> {
  readonly #half: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #evictions = 0;

  constructor(capacity: number) {
    if (!(capacity >= 2)) throw new RangeError(`BoundedMap: capacity must be at least 2, got ${capacity}`);
    this.#half = Math.floor(capacity / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#insert(key, old);
    return old;
  }

  set(key: string, value: V): void {
    if (this.#young.has(key)) {
      this.#young.set(key, value);
      return;
    }
    this.#old.delete(key);
    this.#insert(key, value);
  }

  /** The value of a key, made on first use. */
  at(key: string, make: () => V): V {
    const found = this.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.#insert(key, made);
    return made;
  }

  delete(key: string): void {
    if (!this.#young.delete(key)) this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  /** Entries without touching them, least recently used generation first. */
  *entries(): IterableIterator<[string, V]> {
    yield* this.#old;
    yield* this.#young;
  }

  #insert(key: string, value: V): void {
    if (this.#young.size >= this.#half) {
      this.#evictions += this.#old.size;
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** A deep copy; values must be JSON. */
  snapshot(): BoundedMapState<V> {
    return structuredClone({ evictions: this.#evictions, old: [...this.#old], young: [...this.#young] });
  }

  restore(state: BoundedMapState<V>): void {
    const copy = structuredClone(state);
    this.#evictions = copy.evictions;
    this.#old = new Map(copy.old as [string, V][]);
    this.#young = new Map(copy.young as [string, V][]);
  }
}
