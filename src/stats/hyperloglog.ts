import { hash64 } from "./hash.ts";

/** Registers as one text of base-64 digits: a register holds at most 33 + 32 − precision ranks, below 64. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const alpha = (registers: number): number => {
  if (registers <= 16) return 0.673;
  if (registers === 32) return 0.697;
  return registers === 64 ? 0.709 : 0.7213 / (1 + 1.079 / registers);
};

const RANK_BITS = 6;

/** The register of a text and the rank that it gives it, as one positive integer. O(length). */
export function placeOf(text: string, precision: number): number {
  const [high, low] = hash64(text);
  return ((high >>> (32 - precision)) << RANK_BITS) | Math.min(63, Math.clz32(low) + 1);
}

/**
 * Number of distinct texts from 2^precision one-byte registers: α·m²/Σ2^−register, linear counting while registers are
 * empty and the estimate is below 2.5 m. Standard error 1.04/√m: 1.6 % at precision 12 (4 KiB), 6.5 % at 8 (256 B).
 * add O(length of the text), estimate O(m).
 * Source: Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog", AofA 2007; 64-bit hash after Heule et al. 2013.
 */
export class HyperLogLog {
  readonly #precision: number;
  readonly #registers: Uint8Array;

  constructor(precision = 12, snapshot?: string) {
    if (!(Number.isInteger(precision) && precision >= 4 && precision <= 16)) {
      throw new RangeError(`HyperLogLog: precision must be a whole number from 4 to 16, got ${precision}`);
    }
    this.#precision = precision;
    this.#registers = new Uint8Array(2 ** precision);
    if (snapshot === undefined) return;
    if (snapshot.length !== this.#registers.length) throw new RangeError("HyperLogLog: snapshot of another precision");
    for (let i = 0; i < snapshot.length; i++) this.#registers[i] = DIGITS.indexOf(snapshot.charAt(i));
  }

  add(text: string): void {
    this.put(placeOf(text, this.#precision));
  }

  /** Adds a text by its place of the same precision. */
  put(place: number): void {
    const [index, rank] = [place >>> RANK_BITS, place & ((1 << RANK_BITS) - 1)];
    if (rank > (this.#registers[index] as number)) this.#registers[index] = rank;
  }

  estimate(): number {
    const m = this.#registers.length;
    let sum = 0;
    let empty = 0;
    for (const register of this.#registers) {
      sum += 2 ** -register;
      if (register === 0) empty += 1;
    }
    const raw = (alpha(m) * m * m) / sum;
    return raw <= 2.5 * m && empty > 0 ? m * Math.log(m / empty) : raw;
  }

  /** Adds everything that another sketch of the same precision has seen. */
  merge(other: HyperLogLog): void {
    if (other.#precision !== this.#precision) throw new RangeError("HyperLogLog: cannot merge different precisions");
    other.#registers.forEach((register, i) => {
      if (register > (this.#registers[i] ?? 0)) this.#registers[i] = register;
    });
  }

  snapshot(): string {
    return Array.from(this.#registers, (register) => DIGITS.charAt(register)).join("");
  }
}
