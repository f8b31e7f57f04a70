import type { IdSlots } from "./id-map.ts";
import type { Lists } from "./lists.ts";

/** Numbers of a target in a list: its id, and the moment that counted it. */
const WIDTH = 2;
/** Targets from which on a list is searched by an index. */
const LONG = 32;

/** The targets of each slot, with the moment that counted each: what counts only once in a while. */
export class RecentTargets {
  readonly lists: Lists;
  /** By slot, of long lists: the place of each target. */
  readonly #places = new Map<number, Map<number, number>>();

  /** As `IdSlots.lists`; `clear` has to be called for a slot that is forgotten. */
  constructor(slots: IdSlots, place: number) {
    this.lists = slots.lists(place);
  }

  /**
   * Whether a target was not counted within the last `span` moments; from now on it is. A target that is not known is
   * remembered only when there is `room`.
   */
  count(slot: number, target: number, now: number, span: number, room: boolean): boolean {
    const place = this.#find(slot, target);
    if (place < 0) {
      if (room) this.#add(slot, target, now);
      return true;
    }
    const at = this.lists.start(slot) + place + 1;
    if (now - (this.lists.numbers[at] as number) < span) return false;
    this.lists.numbers[at] = now;
    return true;
  }

  /** Marks the targets of all slots. */
  mark(live: Uint8Array): void {
    this.lists.mark(live, 0, WIDTH);
  }

  /** Targets of a slot. */
  size(slot: number): number {
    return this.lists.length(slot) / WIDTH;
  }

  /** Forgets the targets of a slot that were counted before a moment. */
  forget(slot: number, before: number): void {
    const length = this.lists.length(slot);
    if (length === 0) return;
    const [start, numbers] = [this.lists.start(slot), this.lists.numbers];
    let kept = 0;
    for (let at = 0; at < length; at += WIDTH) {
      if ((numbers[start + at + 1] as number) < before) continue;
      numbers[start + kept] = numbers[start + at] as number;
      numbers[start + kept + 1] = numbers[start + at + 1] as number;
      kept += WIDTH;
    }
    if (kept === length) return;
    this.lists.remove(slot, kept, length - kept);
    this.#places.delete(slot);
  }

  /** Forgets all of a slot. */
  clear(slot: number): void {
    this.lists.clear(slot);
    this.#places.delete(slot);
  }

  /** Targets with their moments, in the order in which they came. */
  of(slot: number): (readonly [target: number, moment: number])[] {
    const numbers = this.lists.of(slot);
    return Array.from({ length: numbers.length / WIDTH }, (_, i) => [
      numbers[WIDTH * i] as number,
      numbers[WIDTH * i + 1] as number,
    ]);
  }

  set(slot: number, targets: readonly (readonly [target: number, moment: number])[]): void {
    this.clear(slot);
    for (const [target, moment] of targets) this.#add(slot, target, moment);
  }

  #add(slot: number, target: number, moment: number): void {
    this.#places.get(slot)?.set(target, this.lists.length(slot));
    this.lists.push(slot, target);
    this.lists.push(slot, moment);
  }

  #find(slot: number, target: number): number {
    if (this.lists.length(slot) < WIDTH * LONG) return this.lists.indexOf(slot, target, WIDTH);
    let places = this.#places.get(slot);
    if (!places) {
      places = new Map(this.of(slot).map(([known], i) => [known, WIDTH * i]));
      this.#places.set(slot, places);
    }
    return places.get(target) ?? -1;
  }
}
